"""Questions to the engine about one image that it holds."""

from __future__ import annotations

from shiplane.model import Command

_TOLD = ("Name", "Manifest", "Image", "Provenance", "SBOM")


def digests(reference: str) -> Command:
    """Ask by which digests registries know an image, as a JSON list of `name@sha256:…`.

    The containerd store knows the digest of what was just built, under its own name; the classic one that of what was
    pushed or pulled.
    """
    return Command(("docker", "image", "inspect", "--format", "{{json .RepoDigests}}", reference), timeout=60)


def size(reference: str) -> Command:
    """Ask how much an image holds, as the engine writes it; nothing is said of one that is not there."""
    return Command(("docker", "image", "ls", "--format", "{{.Size}}", reference), timeout=60)


def names(*patterns: str) -> Command:
    """Ask for the images whose name is like one of the patterns: the id and the name, a line each."""
    filters = (word for pattern in patterns for word in ("--filter", f"reference={pattern}"))
    return Command(("docker", "image", "ls", "--format", "{{.ID}} {{.Repository}}:{{.Tag}}", *filters), timeout=60)


def save(reference: str, file: str) -> Command:
    """Write an image into a tar file, with its layers and its manifest."""
    return Command(("docker", "image", "save", "--output", file, reference), timeout=600)


def remove(references: tuple[str, ...]) -> Command:
    """Remove the names of images, and what no other name holds; none of them need be there."""
    return Command(("docker", "image", "rm", "--force", *references), timeout=120)


def layers(reference: str) -> Command:
    """Ask for the layers of a local image, as a JSON list, the lowest first."""
    return Command(("docker", "image", "inspect", "--format", "{{json .RootFS.Layers}}", reference), timeout=60)


def described(reference: str) -> Command:
    """Ask a registry for all that it tells of an image, as one JSON object; what it has not is null."""
    asked = ",".join(f'"{name.lower()}":{{{{json .{name}}}}}' for name in _TOLD)
    argv = ("docker", "buildx", "imagetools", "inspect", reference, "--format", f"{{{asked}}}")
    return Command(argv, timeout=120)


def name(pinned: str, reference: str) -> Command:
    """Let a tag of a registry name an index that it holds, with all that is in it."""
    return Command(("docker", "buildx", "imagetools", "create", "--tag", reference, pinned), timeout=120)
