"""What can be configured, with its defaults: the fields are the keys, their comments the documentation."""

from __future__ import annotations

from dataclasses import dataclass, field

from shiplane.config.image_settings import Cache, Component, Images, Prune, Signing

CHOICES = {
    ("Config", "default_target"): ("lab", "remote"),
    ("Config", "rollout"): ("rolling", "recreate"),
    ("Config", "server_login"): ("short", "kept"),
    ("Vpn", "provider"): ("none", "tailscale"),
    ("Hook", "on"): ("local", "host"),
    ("Cache", "kind"): ("registry", "gha", "local", "none"),
    ("Cache", "compression"): ("zstd", "gzip"),
}
"""What a text may be, where it is one of a few; by class and field."""


@dataclass(frozen=True, slots=True)
class EnvironmentConfig:
    """Describe an environment on the target `remote`."""

    name: str
    url: str
    """Public address, without a slash at the end."""
    branches: tuple[str, ...]
    """Branches whose pushes are deployed here; `*` stands for anything."""
    ssh_host: str = ""
    """Server's address, or a name that ssh's configuration knows; SERVER_HOST in the environment wins."""
    ssh_user: str = ""
    """Account on the server; SERVER_USER in the environment wins."""
    ssh_port: int = 0
    """Port of sshd; SERVER_PORT in the environment wins. 0: as ssh's configuration says, else 22."""
    ssh_jump: str = ""
    """Jump host, `user@host:port` or a name that ssh knows, several with commas; SERVER_JUMP wins, `none` is none."""
    proxy_bind: str = "0.0.0.0"  # noqa: S104 - the proxy is the one public port
    """Address of the server on which the proxy is published."""
    proxy_port: int = 80
    """Port for HTTP on the server."""
    proxy_tls_port: int = 443
    """Port for HTTPS on the server, where TLS_CERTIFICATE and TLS_KEY are given."""

    @property
    def overlay(self) -> str:
        """Give the compose overlay's file name."""
        return f"compose.{self.name}.yml"


@dataclass(frozen=True, slots=True)
class Limits:
    """Set time limits of stages in seconds; build, test and publish share the first."""

    build: int = 2700
    """Build, test and publish together."""
    staging: int = 1200
    """The deploy to staging."""
    e2e: int = 1800
    """The browser tests against staging."""
    production: int = 1200
    """The deploy to production."""

    def of(self, stage: str) -> tuple[str, int]:
        """Give the clock and the limit of a stage."""
        clock = stage if stage in ("staging", "e2e", "production") else "build"
        return clock, int(getattr(self, clock))


@dataclass(frozen=True, slots=True)
class StepSettings:
    """Limit a step, and say how often it may be tried: a table `[tool.shiplane.steps.test.backend]`."""

    name: str
    timeout_seconds: int = 0
    """Limit of each try; without one, the limit of its stage alone."""
    tries: int = 1
    """So often it may be tried in all, where its failure may pass by itself."""
    wait_seconds: int = 5
    """Pause before the second try; before each further one it is twice as long."""
    reason: str = ""
    """Why it may fail though nothing is broken: has to be said, and is shown with each further try."""


@dataclass(frozen=True, slots=True)
class Vpn:
    """Connect to a VPN before a remote deploy."""

    provider: str = "none"
    """Which VPN: `tailscale` joins by TS_OAUTH_CLIENT_ID and TS_OAUTH_SECRET."""
    tags: tuple[str, ...] = ("tag:ci",)
    """Tags by which this machine is known in the VPN."""


_DUMP = 'export PGPASSWORD="${POSTGRES_PASSWORD-}"; user=${POSTGRES_USER:-postgres}; exec pg_dump -Fc -U "$user" '
_DUMP += '-d "${POSTGRES_DB:-$user}"'


@dataclass(frozen=True, slots=True)
class Backup:
    """Say how the database is kept before migrations run."""

    service: str = "db"
    """Service of the database; empty: no backups."""
    command: tuple[str, ...] = ("sh", "-c", _DUMP)
    """Command that prints a backup, run in the service's container; its environment holds the password."""
    verify: tuple[str, ...] = ("pg_restore", "--list")
    """Command that reads a backup on standard input and fails where it is none."""
    kept: int = 5
    """How many are kept, of releases that are kept."""
    seconds: int = 900
    """Time that one may take."""


@dataclass(frozen=True, slots=True)
class Development:
    """Say what the development stack holds for a person; its commands run in the container of `release_service`."""

    seed: tuple[str, ...] = ()
    """Command that adds example data after a start; it has to do nothing where they are there."""
    shell: tuple[str, ...] = ("python", "manage.py", "shell")
    """Command that opens the application's own shell."""
    login: str = ""
    """How to log in, in a line that a start ends with. {NAME} stands for a variable of `release_service`.

    Its value is told where everybody knows it (development); of another one its name, and what sets it.
    """
    media: str = ""
    """Folder, in a volume, of the files that people upload; empty: there are none."""
    static: str = ""
    """Folder, in a volume, of the static files that were collected; empty: there are none."""


@dataclass(frozen=True, slots=True)
class Hook:
    """Describe a command that runs around a deploy, with variables SHIPLANE_… that tell what it runs for."""

    command: tuple[str, ...]
    """Program and arguments; no shell is involved."""
    on: str = "local"
    """`local`: in the checkout; `host`: on the server, in a container of the new release's backend."""
    seconds: int = 300
    """Time that it may take."""
    undo: bool = False
    """Of a command after a deploy: whether its failure undoes the deploy."""


@dataclass(frozen=True, slots=True)
class Hooks:
    """List the commands around a deploy, each a table `[[tool.shiplane.hooks.pre-deploy]]`, and so on."""

    pre_deploy: tuple[Hook, ...] = ()
    """Before anything that serves changes; one that fails ends the deploy."""
    post_deploy: tuple[Hook, ...] = ()
    """After the release serves; one that fails is told, and undoes nothing unless it has `undo = true`."""
    on_failure: tuple[Hook, ...] = ()
    """After a deploy that failed and was undone, or could not be."""


@dataclass(frozen=True, slots=True)
class Flaky:
    """Say from when tests that fail and then pass block production."""

    blocks_production_from: int = 0
    """In how many of the last runs one test must have been flaky; 0: never."""
    of_runs: int = 20
    """How many of the last runs that ran tests are looked at."""


@dataclass(frozen=True, slots=True)
class GithubSettings:
    """Say what becomes of the issues that failures open on GitHub."""

    close_when_green: bool = False
    """Whether a green run on the branch closes them; else it comments, and a commit "Fix issue #N" on main closes."""


@dataclass(frozen=True, slots=True)
class SecretSources:
    """Say where the secrets of the target `remote` come from that no variable holds; none stands here itself."""

    command: tuple[str, ...] = ()
    """Command that prints them, as `NAME=value` lines or a JSON object; `{environment}` is the environment's name."""
    file: str = ""
    """File that holds the same, readable by its owner alone; for what neither a variable nor the command gives."""
    seconds: int = 60
    """Time that the command may take; a person may have to confirm it."""


@dataclass(frozen=True, slots=True)
class Config:
    """Hold the whole configuration."""

    name: str = "app"
    """Application name: images are `<registry>/<owner>/<name>-<component>`."""
    default_target: str = "lab"
    """Where environments live when `--target` is not given: `lab` or `remote`."""
    registry: str = "ghcr.io"
    """Registry of the target `remote`; CONTAINER_REGISTRY in the environment wins."""
    owner: str = ""
    """Owner within the registry; REPOSITORY_OWNER or GITHUB_REPOSITORY_OWNER in the environment wins."""
    registry_through_ssh: bool = True
    """Whether servers see a registry of this machine (`127.0.0.1:PORT`) through SSH; false: they reach it there too."""
    server_login: str = "short"
    """How servers get into the registry: `short`, a login for the time of a pull; `kept`, one that may only read.

    What is kept is REGISTRY_PULL_USER with REGISTRY_PULL_PASSWORD, in a file of mode 600.
    """
    hub_mirror: str = ""
    """Registry that answers for Docker Hub's images, with a path where it has one; empty: Docker Hub itself.

    It is asked for their digests first. Servers pull by what their own engines know as a mirror.
    """
    main_branch: str = "main"
    """Branch whose releases may go to production."""
    release_command: tuple[str, ...] = ()
    """Command run once in a container of the new backend image before traffic moves, such as migrations."""
    rollout: str = "rolling"
    """How a release takes the place of the one before: `rolling`, without a gap, or `recreate`."""
    profiles: tuple[str, ...] = ()
    """Compose profiles that run on the environments, such as `with-celery`."""
    data_services: tuple[str, ...] = ("db", "redis")
    """Services that keep state: up before the release command, and never two of one at a time."""
    release_service: str = "backend"
    """Service in whose image the release command runs."""
    status_path: str = "/api/v1/status/"
    """Where the public address answers with the release, as `{"release": "…"}`."""
    proxy: str = "proxy"
    """Service that stands before the others and reads `served/upstreams/`."""
    pending_command: tuple[str, ...] = ()
    """Command in the same image that prints the pending migrations as JSON; empty: neither check nor backup."""
    migration_files: tuple[str, ...] = ()
    """Patterns of the files that decide which migrations there are; where none is found, the pending command is asked.

    Where none of them differs from those of the release that serves, nothing can be pending.
    """
    health_seconds: int = 120
    """Time in which all services of a new release must be healthy."""
    verify_tries: int = 12
    """So often the public address is asked for the release that was just deployed."""
    verify_interval_seconds: int = 5
    """Pause between two of these questions."""
    keep_releases: int = 5
    """So many releases stay on a server, with their images, to roll back to."""
    changelog: str = "CHANGELOG.md"
    """File in which `version.bump` writes the commits since the version before; empty: in none."""
    keep_runs: int = 200
    """So many runs stay in `.shiplane/runs`, beside those of the last day and those whose results are kept."""
    results_mb: int = 500
    """Room for the results of steps in `.shiplane/results`; those not used for the longest time go first."""
    parallel: int = 0
    """So many steps may run side by side; not given: as many as the machine has cores, at least 2."""
    components: tuple[Component, ...] = ()
    environments: tuple[EnvironmentConfig, ...] = ()
    backup: Backup = field(default_factory=Backup)
    development: Development = field(default_factory=Development)
    limits: Limits = field(default_factory=Limits)
    steps: tuple[StepSettings, ...] = ()
    vpn: Vpn = field(default_factory=Vpn)
    hooks: Hooks = field(default_factory=Hooks)
    flaky: Flaky = field(default_factory=Flaky)
    cache: Cache = field(default_factory=Cache)
    images: Images = field(default_factory=Images)
    signing: Signing = field(default_factory=Signing)
    prune: Prune = field(default_factory=Prune)
    github: GithubSettings = field(default_factory=GithubSettings)
    secrets: SecretSources = field(default_factory=SecretSources)

    def environment(self, name: str) -> EnvironmentConfig:
        """Give an environment by name; `UnknownName` where there is none."""
        from shiplane.errors import UnknownName  # noqa: PLC0415 - keeps the nouns free of imports

        for environment in self.environments:
            if environment.name == name:
                return environment
        raise UnknownName("environment", name, [environment.name for environment in self.environments])
