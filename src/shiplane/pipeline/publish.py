"""Publishing: what is there already is the result, everything else is pushed and known by its digest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shiplane.commands import engine
from shiplane.errors import StepFailed, Unsafe
from shiplane.facts import image_manifest
from shiplane.model import Image, Release
from shiplane.pipeline.execute import run_checked
from shiplane.pipeline.journal import timestamp
from shiplane.planning.images import production_tag

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from shiplane.config import Config
    from shiplane.facts.checkout import CheckoutFacts
    from shiplane.pipeline.registry import Registry
    from shiplane.pipeline.target import Target
    from shiplane.runners.base import Cancel, Runner


def published(config: Config, facts: CheckoutFacts, target: Target, registry: Registry) -> dict[str, Image]:
    """Ask the registry which components of this commit it holds already."""
    naming = target.naming()
    tags = {c.name: f"{naming.repository(c.name)}:{naming.release_tag(c.name, facts)}" for c in config.components}
    held = registry.digests(tags.values())
    return {name: Image(reference, held[reference]) for name, reference in tags.items() if reference in held}


def refuse_unsafe(facts: CheckoutFacts, target: Target, stand_ins: bool) -> None:  # noqa: FBT001 - a fact
    """Refuse what must not reach this target; raises `Unsafe`."""
    if facts.edits and not target.allows_edits:
        cause = f"uncommitted changes cannot be published to the target {target.name}"
        if facts.let_through:
            first, ignored = facts.let_through[0], dict.fromkeys(each.ignored for each in facts.let_through)
            raise Unsafe(f"{cause}: {first.cause}", first.fix, tuple(ignored))
        raise Unsafe(cause, "commit them, or put them aside with git stash")
    if stand_ins and not target.allows_stand_ins:
        raise Unsafe(
            f"these images stand on stand-ins of the official base images and cannot go to the target {target.name}",
            "build where a registry can be reached: remove the stand-ins with docker rmi, then run again",
        )


def has_stand_ins(runner: Runner, images: list[str]) -> bool:
    """Tell whether a local image was made from a stand-in; the label is inherited by all built on one.

    Raises `StepFailed` where an image is not there: what cannot be looked at must not pass.
    """
    return any(_is_stand_in(runner, image) for image in images)


def _is_stand_in(runner: Runner, image: str) -> bool:
    done = runner.run(engine.label(image, engine.STAND_IN_LABEL))
    if not done.ok:
        raise StepFailed(f"image {image} is not in the engine", "build it: invoke build", done.tail())
    return done.stdout.strip() not in ("", "<no value>")


def publish(  # noqa: PLR0913 - the inputs of a release, each a value of its own
    runner: Runner,
    registry: Registry,
    there: Mapping[str, Image],
    config: Config,
    facts: CheckoutFacts,
    target: Target,
    branch: str,
    say: Callable[[str], None],
    cancel: Cancel | None,
    send: Callable[[str, str], Image | None] = lambda _component, _repository: None,
) -> Release:
    """Push every component with its tags and give the release that names their digests.

    What is `there` needs no image here: its tags are moved to the digest that the registry holds. `send` may let the
    builder send a component's image into a repository, under no tag; else the engine pushes it.
    """
    missing = [component.name for component in config.components if component.name not in there]
    local = [production_tag(name, facts) for name in missing]
    refuse_unsafe(facts, target, has_stand_ins(runner, local))
    references = _references(config, facts, target, branch)
    held = registry.digests([each for name in there for each in references[name]])
    images = []
    for name, names in references.items():
        if name in there:
            say(f"{names[0]}: published already as {there[name].digest}")
            behind = [each for each in names if held.get(each) != there[name].digest]
            _move(runner, registry, Image(names[0], there[name].digest), behind, say, cancel)
            digest = registry.digest(names[0]) if behind else held[names[0]]
        else:
            digest = registry.digest(names[0])
            sent = send(name, target.naming().repository(name)) if digest is None else None
            # Tags of a release never change: whoever was first has made it, also while the builder sent it.
            digest = registry.digest(names[0]) if sent else digest
            if digest is not None:
                say(f"{names[0]}: published meanwhile as {digest}")
                _move(runner, registry, Image(names[0], digest), names[1:], say, cancel)
            elif sent is not None:
                for each in names:
                    registry.name(sent.pinned, each)
            else:
                _push(runner, registry, production_tag(name, facts), names, say, cancel)
            digest = digest or registry.digest(names[0])
        if digest is None:
            raise Unsafe(f"{names[0]} is not in the registry after the push", "run: invoke publish")
        say(f"{names[0]} is {digest}")
        images.append((name, Image(names[0], digest)))
    return Release(
        id=facts.suffix,
        commit=facts.commit,
        branch=branch,
        version=facts.version,
        dirty=bool(facts.edits),
        created_at=timestamp(),
        images=tuple(images),
    )


def _push(  # noqa: PLR0913 - see publish()
    runner: Runner,
    registry: Registry,
    source: str,
    references: list[str],
    say: Callable[[str], None],
    cancel: Cancel | None,
) -> None:
    """Push the immutable tag first: the moving ones only ever point at what is whole."""
    for reference in references:
        run_checked(runner, engine.tag(source, reference), "naming the image", say, cancel)
        registry.push(reference)


def _move(  # noqa: PLR0913 - see publish()
    runner: Runner,
    registry: Registry,
    image: Image,
    behind: list[str],
    say: Callable[[str], None],
    cancel: Cancel | None,
) -> None:
    """Let tags point at an image that was published before, with its very digest.

    An engine would push an index as what it pulled of it, the image alone; of an image, imagetools would make an index.
    """
    if behind and image_manifest.images(registry.raw(image.pinned)):
        for reference in behind:
            registry.name(image.pinned, reference)
    elif behind:
        registry.pull(image.pinned)
        _push(runner, registry, image.pinned, behind, say, cancel)


def _references(config: Config, facts: CheckoutFacts, target: Target, branch: str) -> dict[str, list[str]]:
    """Give the names that each component's image gets, the immutable one first."""
    naming, main = target.naming(), branch == config.main_branch
    names = [component.name for component in config.components]
    return {
        name: [f"{naming.repository(name)}:{tag}" for tag in naming.tags(name, facts, branch, main=main)]
        for name in names
    }
