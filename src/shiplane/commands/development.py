"""The development stack: each command is one that a person could type, on the stack that `docker compose up` starts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shiplane.commands.stack import DEVELOPMENT
from shiplane.model import Command

if TYPE_CHECKING:
    from collections.abc import Sequence

DEBUGGER_PORT = 5678
DEBUGGER_VARIABLE = "DEV_DEBUG_PORT"
WITH_CELERY = "with-celery"
_HEALTHY_SECONDS = 180
_SECONDS = 60
# With attestations every build is another image, and a service that did not change would be made anew.
_REPEATABLE = (("BUILDX_NO_DEFAULT_ATTESTATIONS", "1"),)
_EVERY = "*"
_FOLDERS = "{{range .Volumes}}{{.Name}}\t{{.Size}}\n{{end}}"


def compose(
    *words: str, profile: str = "", env: tuple[tuple[str, str], ...] = (), timeout: float | None = None
) -> Command:
    """Call Compose for the development stack; `.env` and the environment name its project and ports."""
    chosen = ("--profile", profile) if profile else ()
    return Command(("docker", "compose", "--file", DEVELOPMENT[0], *chosen, *words), env=env, timeout=timeout)


def up(
    services: Sequence[str] = (), *, celery: bool = False, debugger: str = "", build: bool = True, anew: bool = False
) -> Command:
    """Start services (none named: all) and what they need, and wait until they are healthy.

    What runs and did not change is left alone, but with `anew`. `debugger` is the port on which one is waited for.
    """
    flags = ["--detach", "--wait", "--wait-timeout", str(_HEALTHY_SECONDS), "--build" if build else "--no-build"]
    flags += ["--force-recreate"] if anew else []
    env = (*_REPEATABLE, *(((DEBUGGER_VARIABLE, debugger),) if debugger else ()))
    return compose("up", *flags, *services, profile=WITH_CELERY if celery else "", env=env)


def build(services: Sequence[str] = (), *, cached: bool = True) -> Command:
    """Build the development images."""
    return compose("build", *(() if cached else ("--no-cache",)), *services, profile=_EVERY, env=_REPEATABLE)


def stop(services: Sequence[str] = ()) -> Command:
    """Stop containers; they stay, and their data."""
    return compose("stop", *services, profile=_EVERY)


def down(*, volumes: bool = False) -> Command:
    """Remove the containers and networks, and with `volumes` the data."""
    return compose("down", "--remove-orphans", *(("--volumes",) if volumes else ()), profile=_EVERY)


def containers() -> Command:
    """Ask for the stack's containers, as JSON."""
    return compose("ps", "--all", "--format", "json", profile=_EVERY, timeout=_SECONDS)


def inside(service: str, words: Sequence[str], *, terminal: bool = False, user: str = "") -> Command:
    """Run a command in a container that runs; `terminal`: it is given one, behind ours."""
    flags = (() if terminal else ("--no-TTY",)) + (("--user", user) if user else ())
    return compose("exec", *flags, service, *words)


def beside(service: str) -> tuple[str, ...]:
    """Give the words that start sh in a new container of a service, with its volumes, as root and alone."""
    flags = ("--rm", "--no-deps", "--no-TTY", "--user", "0:0", "--entrypoint", "sh")
    return ("docker", "compose", "--progress", "quiet", "--file", DEVELOPMENT[0], "run", *flags, service)


def usage(containers: Sequence[str]) -> Command:
    """Ask what running containers use, a JSON object a line; takes two seconds."""
    return Command(("docker", "stats", "--no-stream", "--no-trunc", "--format", "json", *containers), timeout=_SECONDS)


def volumes(project: str) -> Command:
    """Ask for the names of a project's volumes."""
    chosen = ("--filter", f"label=com.docker.compose.project={project}")
    return Command(("docker", "volume", "ls", *chosen, "--format", "{{.Name}}"), timeout=_SECONDS)


def volume_sizes() -> Command:
    """Ask for the sizes of all volumes: name, tab, size."""
    return Command(("docker", "system", "df", "--verbose", "--format", _FOLDERS), timeout=_SECONDS)


def build_cache() -> Command:
    """Ask for kinds of things that the engine holds, and what of each could go: kind, tab, size."""
    return Command(("docker", "system", "df", "--format", "{{.Type}}\t{{.Reclaimable}}"), timeout=_SECONDS)


def forget_build_cache() -> Command:
    """Remove the engine's build cache, which belongs to all projects of this machine."""
    return Command(("docker", "builder", "prune", "--force"))


def log_size(container: str) -> Command:
    """Ask how many bytes the logs of a container hold."""
    return Command(("sh", "-c", 'docker logs "$1" 2>&1 | wc -c', "sh", container), timeout=_SECONDS)


def changes(project: str) -> Command:
    """Go on telling what happens to a project's containers: action, tab, service, tab, exit code."""
    label = '{{index .Actor.Attributes "com.docker.compose.service"}}'
    chosen = ("type=container", f"label=com.docker.compose.project={project}", "label=com.docker.compose.oneoff=False")
    wanted = (*chosen, "event=start", "event=die", "event=oom", "event=health_status")
    filters = tuple(word for one in wanted for word in ("--filter", one))
    form = f'{{{{.Action}}}}\t{label}\t{{{{index .Actor.Attributes "exitCode"}}}}'
    return Command(("docker", "events", *filters, "--format", form))
