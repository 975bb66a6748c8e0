"""Every failure that a user can meet: what happened, what to do, and the exit code scripts rely on."""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

EXIT_CODES = {
    0: "success, an empty plan included",
    1: "a bug in Shiplane",
    2: "usage or configuration",
    3: "a step failed: tests, lint, build",
    4: "a host, registry or API does not answer or refuses",
    5: "the environment is locked by another run",
    6: "the deploy failed and the release before serves again",
    7: "the deploy failed and could not be undone",
    8: "refused as unsafe",
    124: "a time limit",
    130: "interrupted",
}

_MOST_DETAILS = 100


class ShiplaneError(Exception):
    """Tell one expected failure: `cause` and `fix` are single lines, `details` are log lines (masked).

    `may_pass` tells whether doing the same once more may succeed, so that a step that may be tried again is.
    """

    exit_code: ClassVar[int] = 1
    may_pass: ClassVar[bool] = False

    def __init__(self, cause: str, fix: str, details: Sequence[str] = ()) -> None:
        super().__init__(cause)
        self.cause = cause
        self.fix = fix
        self.details = tuple(details)

    @classmethod
    def section(cls) -> str:
        """Name the section of docs/errors.md that says more: `EngineMissing` has engine-missing."""
        return re.sub(r"(?<!^)(?=[A-Z])", "-", cls.__name__).lower()

    @property
    def page(self) -> str:
        """Name page and section: `EngineMissing` has docs/errors.md#engine-missing."""
        return f"docs/errors.md#{self.section()}"


class UsageError(ShiplaneError):
    """Tell that the command line or the configuration cannot be carried out as written."""

    exit_code = 2


class UnknownName(UsageError):
    """Tell that a name is not one of the known ones, and which one was probably meant."""

    def __init__(self, kind: str, name: str, known: Iterable[str]) -> None:
        names = sorted(known)
        near = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
        hint = f"did you mean {near[0]!r}? " if near else ""
        super().__init__(f"unknown {kind} {name!r}", f"{hint}use one of: {', '.join(names) or 'none'}")


class ConfigError(UsageError):
    """Tell that a key of `[tool.shiplane]` is wrong; `path` is the dotted key."""

    def __init__(self, path: str, problem: str, fix: str) -> None:
        super().__init__(f"{path}: {problem}", fix)


class UnknownKey(ConfigError):
    """Tell that a configuration key is misspelt, with the nearest right one."""

    def __init__(self, path: str, key: str, known: Iterable[str]) -> None:
        names = sorted(known)
        near = difflib.get_close_matches(key, names, n=1, cutoff=0.5)
        fix = f"did you mean {near[0]!r}?" if near else f"known keys: {', '.join(names)}"
        super().__init__(f"{path}.{key}" if path else key, "unknown key", fix)


class VersionMissing(UsageError):
    """Tell that a component's version file holds no version."""

    def __init__(self, file: str, expected: str) -> None:
        super().__init__(f"{file}: no version found", f"write one, as in {expected}")


class VersionUnusable(UsageError):
    """Tell that a component's version cannot be part of an image's tag."""

    def __init__(self, file: str, version: str) -> None:
        super().__init__(
            f"{file}: version {version!r} cannot be an image tag",
            "use letters, digits, dots, dashes and underscores, 60 characters at most",
        )


class NotACheckout(UsageError):
    """Tell that the command was not started inside the project."""

    def __init__(self, folder: str) -> None:
        super().__init__(
            f"{folder} is not a git checkout with a pyproject.toml that holds [tool.shiplane]",
            "change into the project's folder; a new project starts with git init and one commit",
        )


class EngineMissing(UsageError):
    """Tell that no usable container engine answers."""

    def __init__(self, why: str) -> None:
        super().__init__(f"no container engine: {why}", "run ./scripts/bootstrap")


class PlatformRefused(UsageError):
    """Tell that the builder does not build for platforms that the configuration asks for."""

    def __init__(self, image: str, lacking: Iterable[str], builder: str, known: Iterable[str]) -> None:
        super().__init__(
            f"{image} cannot be built for {', '.join(lacking)}: the builder {builder!r} builds for {', '.join(known)}",
            "take it out of the component's platforms, let the engine emulate it (binfmt), or choose another builder:"
            " docker buildx use NAME",
        )


class ManyPlatforms(UsageError):
    """Tell that the engine cannot keep an image of several platforms."""

    def __init__(self, image: str, platforms: Iterable[str]) -> None:
        super().__init__(
            f"{image} cannot be built for {', '.join(platforms)} at once: the engine's image store keeps one platform",
            'switch it to containerd\'s: {"features": {"containerd-snapshotter": true}} in its daemon.json',
        )


class NotAReference(UsageError):
    """Tell that a text cannot name an image."""

    def __init__(self, text: str, why: str) -> None:
        super().__init__(
            f"{text!r} is no image reference: {why}",
            "write it as registry/owner/name:tag or registry/owner/name@sha256:…",
        )


class ImageMissing(UsageError):
    """Tell that a registry has no such image."""

    def __init__(self, reference: str) -> None:
        super().__init__(
            f"{reference} is not in the registry",
            "see what is published: the last lines of invoke publish, or invoke status --env E",
        )


class ComposeUnfit(UsageError):
    """Tell why compose files cannot be deployed; nothing was sent."""

    def __init__(self, what: str, found: Sequence[str]) -> None:
        more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
        super().__init__(
            f"{what}: {found[0]}{more}",
            "mend the compose files as docs/images.md says (images by variable), commit, and publish again",
            found,
        )


class OtherPlan(UsageError):
    """Tell that the last run cannot be gone on with, for its plan was another one."""

    def __init__(self, run: str, differences: Sequence[str]) -> None:
        super().__init__(
            f"run {run} had another plan: {', '.join(differences)}",
            "go back to what it was, or run it anew: invoke pipeline; unchanged steps are not repeated there either",
        )


class NothingToResume(UsageError):
    """Tell that no run of the pipeline is known here."""

    def __init__(self) -> None:
        super().__init__("no run of the pipeline is known in this checkout", "begin one: invoke pipeline")


class SecretsMissing(UsageError):
    """Tell every missing secret at once, by name."""

    def __init__(self, names: Iterable[str], environment: str) -> None:
        listed = ", ".join(sorted(names))
        super().__init__(
            f"secrets missing for {environment}: {listed}",
            "set them as environment variables (in GitHub: as secrets of the environment)",
        )


class SecretsUnreadable(UsageError):
    """Tell that a source of secrets cannot be read, and why; `details` are what its command said beside them."""

    def __init__(self, source: str, why: str, fix: str, details: Sequence[str] = ()) -> None:
        super().__init__(f"the secrets of {source} cannot be read: {why}", fix, details)


class CertificateUnfit(UsageError):
    """Tell that an environment cannot be served by HTTPS with the certificate that is given, and why."""

    def __init__(self, environment: str, why: str, fix: str) -> None:
        super().__init__(f"{environment} cannot be served by HTTPS: {why}", fix)


class NameTaken(UsageError):
    """Tell that the folder of an environment on a server belongs to an environment of another application."""

    def __init__(self, environment: str, folder: str, host: str, other: str) -> None:
        super().__init__(
            f"{environment} cannot be on {host}: another application has its environment {other!r} in ~/{folder}",
            "give one of the two another name in [tool.shiplane], or a server of its own",
        )


class NothingPublished(UsageError):
    """Tell that no release is published for what was asked."""

    def __init__(self, what: str, target: str) -> None:
        super().__init__(
            f"no published release for {what} on the target {target}", f"run: invoke publish --target {target}"
        )


class NothingDeployed(UsageError):
    """Tell that an environment has no release to act on."""

    def __init__(self, environment: str, fix: str = "") -> None:
        super().__init__(
            f"nothing is deployed on {environment}",
            fix or f"run: invoke deploy --env {environment}",
        )


class ReleaseDamaged(UsageError):
    """Tell that the manifest of what an environment runs cannot be read."""

    def __init__(self, environment: str, release: str) -> None:
        super().__init__(
            f"the manifest of {release} on {environment} cannot be read, as after a loss of power there",
            f"write it again: invoke deploy --env {environment} --release {release}",
        )


class NoRun(UsageError):
    """Tell that this checkout remembers no such run, or none at all."""

    def __init__(self, name: str = "") -> None:
        super().__init__(
            f"no run {name!r} is known in this checkout" if name else "nothing has run in this checkout yet",
            "see which there are: invoke history" if name else "run: invoke pipeline",
        )


class NoTerminal(UsageError):
    """Tell that a question cannot be asked without a terminal."""

    def __init__(self, question: str) -> None:
        super().__init__(f"{question}: there is no terminal to ask on", "add --yes to agree beforehand")


class NotAgreed(UsageError):
    """Tell that a person did not agree to what would be lost, so that nothing was done."""

    def __init__(self, question: str) -> None:
        super().__init__(f"{question}: not agreed, so nothing was changed", "run it again and agree, or add --yes")


class NotRunning(UsageError):
    """Tell that the development stack, or one service of it, does not run; `service` may be empty."""

    def __init__(self, service: str = "") -> None:
        option = f" --service {service}" if service else ""
        super().__init__(f"{service or 'the development stack'} does not run", f"start it: invoke dev.up{option}")


class BackupUnknown(UsageError):
    """Tell that there is no such backup of the development stack, or that it does not hold what was asked for."""

    def __init__(self, name: str, why: str) -> None:
        super().__init__(f"backup {name!r} cannot be restored: {why}", "see what there is: invoke dev.backups")


class LabDown(UsageError):
    """Tell that a command needs the lab and it is not up."""

    def __init__(self) -> None:
        super().__init__("the lab is not up", "run: invoke lab.up")


class NotReady(UsageError):
    """Tell what `doctor` found; `found` are the ids of its findings, `mendable` tells whether it may mend some."""

    def __init__(self, found: Sequence[str], *, mendable: bool) -> None:
        more = "; what is safe to do: invoke doctor --fix" if mendable else ""
        super().__init__(f"a run would fail here: {', '.join(found)}", f"mend them as said above, in that order{more}")


class PortTaken(UsageError):
    """Tell that a port that must be bound is in use."""

    def __init__(self, port: int, purpose: str) -> None:
        super().__init__(
            f"port {port} ({purpose}) is taken by another program",
            f"see who holds it: ss -ltnp 'sport = :{port}'; stop it and run the command again",
        )


class DiskFull(UsageError):
    """Tell that there is not enough free disk to start; sizes in bytes."""

    def __init__(self, folder: str, free: int, needed: int) -> None:
        super().__init__(
            f"{free / 2**30:.1f} GiB free on the disk of {folder}, {needed / 2**30:.1f} GiB are needed",
            "make room, for example with: docker image prune && docker builder prune",
        )


class StepFailed(ShiplaneError):
    """Tell that a step (tests, lint, a build) failed; `details` are its last lines."""

    exit_code = 3
    may_pass = True


def _by_image(found: Mapping[str, Sequence[str]]) -> tuple[str, list[str]]:
    """Tell the first of what was found of each image in a line, and all of it, up to a length, as details."""
    told = (
        f"{tag}: {names[0]}" + (f" (and {len(names) - 1} more)" if len(names) > 1 else "")
        for tag, names in found.items()
    )
    return "; ".join(told), [f"{tag}: {name}" for tag, names in found.items() for name in names[:_MOST_DETAILS]]


class NotReproducible(StepFailed):
    """Tell which images differ when they are built twice, and in which files of which layers."""

    may_pass = False

    def __init__(self, found: Mapping[str, Sequence[str]]) -> None:
        told, listed = _by_image(found)
        super().__init__(
            f"built twice, not the same: {told}",
            "give what is named a fixed time, mode or content (docs/images.md)",
            listed,
        )


class ImageUnfit(StepFailed):
    """Tell what is wrong with production images, so that none of them is published."""

    may_pass = False

    def __init__(self, found: Mapping[str, Sequence[str]]) -> None:
        told, listed = _by_image(found)
        super().__init__(
            f"not fit to be published: {told}",
            "mend what is named above, or allow it in the component's table (docs/images.md)",
            listed,
        )


class NotPrepared(StepFailed):
    """Tell what a server lacks, by the checks of `server.prepare`."""

    may_pass = False

    def __init__(self, environment: str, checks: Sequence[str]) -> None:
        again = f"invoke server.prepare --env {environment} --admin root --apply"
        super().__init__(
            f"the server of {environment} is not ready: {', '.join(checks)}",
            f"mend them as said above, or let what can be made be made: {again}",
        )


class Unreachable(ShiplaneError):
    """Tell that a host, registry or API does not answer or refuses."""

    exit_code = 4
    may_pass = True


class ConnectionLost(Unreachable):
    """Tell that the connection to a host ended while a command ran there: what became of that is not known."""


class HostKeyChanged(Unreachable):
    """Tell that a server shows another host key than the pinned one."""

    may_pass = False

    def __init__(self, host: str, known_hosts: str) -> None:
        super().__init__(
            f"{host} does not show the host key that is pinned in {known_hosts}",
            "if the server was rebuilt, replace its line there; if not, somebody answers in its place",
        )


class HostKeyMissing(Unreachable):
    """Tell that no host key is pinned for a server; `name` is the one that `known_hosts` would hold."""

    may_pass = False

    def __init__(self, name: str, address: str, port: int, known_hosts: str, jump: str = "") -> None:
        there = f" (on {jump})" if jump else ""
        super().__init__(
            f"no host key is pinned for {name} in {known_hosts}",
            f"add its line: ssh-keyscan -p {port} {address}{there}, compared with the server's own"
            " /etc/ssh/ssh_host_*_key.pub",
        )


class HostKeysUnreadable(Unreachable):
    """Tell that a file of pinned host keys cannot be used, and why."""

    def __init__(self, file: str, why: str) -> None:
        super().__init__(
            f"the pinned host keys in {file} cannot be read: {why}",
            "mend that line, as ssh-keyscan prints it: name, kind and key, with spaces between",
        )


class RegistryRefused(Unreachable):
    """Tell that a registry refused the login."""

    may_pass = False

    def __init__(self, registry: str, user: str) -> None:
        super().__init__(
            f"registry {registry} refuses the login of {user!r}",
            "check REGISTRY_USER and REGISTRY_PASSWORD (GitHub: GITHUB_ACTOR and GITHUB_TOKEN)",
        )


class RegistryUnauthorized(Unreachable):
    """Tell that a registry wants to know who asks for an image, and does not take what it was told."""

    may_pass = False

    def __init__(self, registry: str, reference: str, details: Sequence[str] = ()) -> None:
        super().__init__(
            f"registry {registry} refuses {reference}: it wants another login",
            "check the registry's user and password: REGISTRY_USER and REGISTRY_PASSWORD, or docker login",
            details,
        )


class RegistryForbids(Unreachable):
    """Tell that a registry knows who asks, and does not let them."""

    may_pass = False

    def __init__(self, registry: str, reference: str, details: Sequence[str] = ()) -> None:
        super().__init__(
            f"registry {registry} refuses {reference}: this user may not do that",
            "check that the registry's user and password may write there (GitHub: packages: write)",
            details,
        )


class RegistryLacks(Unreachable):
    """Tell that a registry answers, and has no such repository or image."""

    may_pass = False

    def __init__(self, registry: str, reference: str, details: Sequence[str] = ()) -> None:
        super().__init__(
            f"registry {registry} has no {reference}",
            "make the repository there, if it makes none by itself; an image that is gone: invoke publish",
            details,
        )


class RegistryLimited(Unreachable):
    """Tell that a registry takes no more requests for now; `seconds` is for how long, 0 where it does not say."""

    def __init__(self, registry: str, seconds: float = 0, details: Sequence[str] = ()) -> None:
        after = f" for another {max(round(seconds / 60), 1)} min" if seconds else ""
        super().__init__(
            f"registry {registry} takes no more requests{after}: too many were sent",
            "run the same command again after that; who is logged in may send more",
            details,
        )
        self.seconds = seconds


class RegistryBroken(Unreachable):
    """Tell that a registry fails by itself."""

    def __init__(self, registry: str, reference: str, details: Sequence[str] = ()) -> None:
        super().__init__(
            f"registry {registry} fails at {reference} by a fault of its own",
            "see its state or its log, and run the same command again",
            details,
        )


class RegistryCut(Unreachable):
    """Tell that a registry, or what stands before it, ended the connection."""

    def __init__(self, registry: str, reference: str, details: Sequence[str] = ()) -> None:
        super().__init__(
            f"registry {registry} cut the connection at {reference}",
            "run the same command again; where it happens each time, see what stands before it (a proxy, its limits)",
            details,
        )


class DeletionRefused(Unreachable):
    """Tell that a registry lets nobody delete by its API."""

    may_pass = False

    def __init__(self, registry: str) -> None:
        super().__init__(
            f"registry {registry} does not let images be deleted this way",
            "delete them as it offers (GitHub: the package's settings, or actions/delete-package-versions);"
            " a registry of your own needs storage.delete.enabled",
        )


class RegistryUntrusted(Unreachable):
    """Tell that a registry shows a certificate that this machine does not trust."""

    may_pass = False

    def __init__(self, registry: str, details: Sequence[str] = ()) -> None:
        super().__init__(
            f"registry {registry} shows a certificate that is not trusted here",
            f"give the engine its authority: /etc/docker/certs.d/{registry}/ca.crt, or the system's",
            details,
        )


class CredentialHelperFailed(Unreachable):
    """Tell that the program fails that keeps this machine's logins for the Docker client."""

    may_pass = False

    def __init__(self, registry: str, details: Sequence[str] = ()) -> None:
        super().__init__(
            f"the login for {registry} cannot be read: the Docker client's credential helper fails",
            "see credsStore and credHelpers in Docker's config.json; or set REGISTRY_USER and REGISTRY_PASSWORD",
            details,
        )


class GithubRefused(Unreachable):
    """Tell that GitHub does not do what it was asked; `said` is its own message."""

    may_pass = False

    def __init__(self, what: str, status: int, said: str, fix: str) -> None:
        super().__init__(f"cannot {what} on GitHub: {status}{f' {said}' if said else ''}", fix)


class GithubLimited(Unreachable):
    """Tell that GitHub takes no more requests for longer than can be waited for."""

    def __init__(self, seconds: float) -> None:
        minutes = max(round(seconds / 60), 1)
        super().__init__(
            f"the rate limit of GitHub is used up for another {minutes} min", "run the same command again after that"
        )


class HistoryMissing(UsageError):
    """Tell that commits cannot be read, for the clone holds the newest alone."""

    def __init__(self) -> None:
        super().__init__(
            "the history of this clone is cut off, so the commits that fix issues cannot be found",
            "fetch it: git fetch --unshallow (in a workflow: actions/checkout with fetch-depth: 0)",
        )


class Locked(ShiplaneError):
    """Tell that another run holds the environment."""

    exit_code = 5

    def __init__(self, environment: str, holder: str) -> None:
        super().__init__(
            f"{environment} is held by {holder}",
            f"wait for it, or, when it is gone for good: invoke unlock --env {environment}",
        )


class HeldTooLong(Locked):
    """Tell that another run held the environment until the time was over that this one had to wait."""

    may_pass = True

    def __init__(self, environment: str, holder: str) -> None:
        super(Locked, self).__init__(
            f"{environment} was held by {holder} until the time limit was reached",
            "run it again when that one has ended; the limits are set in [tool.shiplane.limits]",
        )


class OtherServes(ShiplaneError):
    """Tell that an environment serves another release than the one that was to be tested: it was put there since."""

    exit_code = 5

    def __init__(self, environment: str, serving: str, run: str, wanted: str) -> None:
        since = f" since run {run}" if run else ""
        super().__init__(
            f"{environment} serves {serving}{since}, and not {wanted}: nothing is told of {wanted}",
            f"run it again, deploy and tests in one: invoke deploy --env {environment} --release {wanted} --e2e",
        )


class OlderRelease(ShiplaneError):
    """Tell that what was pushed is older than what serves, as where an old run is run again; nothing was changed."""

    exit_code = 5

    def __init__(self, environment: str, release: str, serving: str, *, served: bool) -> None:
        back = f"to go back: invoke rollback --env {environment} --to {release}; " if served else ""
        super().__init__(
            f"{release} is older than {serving}, which {environment} serves",
            f"{back}to ship it all the same: invoke promote --to {environment} --release {release} --older",
        )


class StillAtWork(Locked):
    """Tell that a lock is not removed: something runs on the server, and without the lock it would end half-way."""

    def __init__(self, environment: str, holder: str, job: str) -> None:
        super(Locked, self).__init__(
            f"{environment} is held by {holder}, and at work on the server: {job!r}",
            f"wait until it has ended; or end it, which undoes it: invoke unlock --env {environment} --end-job",
        )


class DeployUndone(ShiplaneError):
    """Tell that a deploy failed and that the release before (or nothing, as before) serves again."""

    exit_code = 6
    may_pass = True


class DeployBroken(ShiplaneError):
    """Tell that a deploy failed and that the undo failed too or its end is not known."""

    exit_code = 7


class Unsafe(ShiplaneError):
    """Tell that something was refused because it would put untested or foreign parts into service."""

    exit_code = 8


class OtherDigest(Unsafe):
    """Tell that an image built anew is not the one that its immutable tag names; nothing was overwritten."""

    def __init__(self, reference: str, held: str, made: str) -> None:
        super().__init__(
            f"{reference} is {held} in the registry, and built anew it is {made}",
            "keep what is published: invoke publish; what differs needs a commit of its own",
        )


class SignatureRefused(Unsafe):
    """Tell why a release is not taken for one that its signers published."""

    def __init__(self, release: str, why: str, details: Sequence[str] = ()) -> None:
        super().__init__(
            f"{release} is not deployed: {why}",
            "publish it where the key is: invoke publish with signing.key or SIGNING_KEY set (docs/images.md)",
            details,
        )


class NotPassed(Unsafe):
    """Tell that a step cannot be left out, for it never passed for what is here now."""

    def __init__(self, step: str, stage: str) -> None:
        super().__init__(f"{step} has not passed for what is here now, so it cannot be left out", _run_before(stage))


class ImageGone(Unsafe):
    """Tell that a step cannot be left out, for of the images that it made some are not here any more."""

    def __init__(self, step: str, run: str, gone: Sequence[str]) -> None:
        cause = f"{', '.join(gone)} of run {run} is not in the engine any more, so {step} cannot be left out"
        super().__init__(cause, _run_before(step.partition(".")[0]))


def _run_before(stage: str) -> str:
    return f"run that stage before, with the same options: invoke pipeline --only {stage}"


class ReleaseExists(Unsafe):
    """Tell that a version was given out before, and what shows it."""

    def __init__(self, component: str, version: str, where: str) -> None:
        super().__init__(
            f"{component} {version} exists already: {where}",
            f"take the next one: invoke version.bump {component} patch, or name a version that is free",
        )


class BreakingMigrations(Unsafe):
    """Tell that pending migrations would fail the code that serves while they run; `found` are names and findings."""

    def __init__(self, serving: str, found: Sequence[tuple[str, str]], details: Sequence[str]) -> None:
        named = "; ".join(f"{name} ({findings})" for name, findings in found)
        allow = " ".join(f"--allow-migration {name}" for name, _ in found)
        super().__init__(
            f"pending migrations would break {serving}, which serves while they run: {named}",
            f"split them into expand and contract (docs/migrations.md), or allow them by name: {allow}",
            details,
        )


class DatabaseAhead(Unsafe):
    """Tell that migrations that break a release were applied since it served."""

    def __init__(self, environment: str, release: str, breaking: Sequence[str], backup: str) -> None:
        to_it = f"invoke rollback --env {environment} --to {release} --restore-database"
        loses = f"rows written since are then in another backup alone: {to_it}"
        super().__init__(
            f"{release} cannot run on the database as it is now: {', '.join(breaking)} was applied since",
            f"go forward with a fix, or go back with the backup {backup}; {loses}"
            if backup
            else "go forward with a fix: there is no backup from before",
        )


class FlakyTests(Unsafe):
    """Tell which tests are flaky in so many runs that nothing goes to production; `tests` are names with counts."""

    def __init__(self, tests: Sequence[str], limit: int) -> None:
        super().__init__(
            f"flaky tests keep the release from production: {', '.join(tests)}",
            f"mend them: see invoke history; the limit is blocks_production_from = {limit} of [tool.shiplane.flaky]",
        )


class NoBackup(UsageError):
    """Tell that there is no backup to restore for what was asked."""

    def __init__(self, environment: str, why: str) -> None:
        super().__init__(f"no backup to restore on {environment}: {why}", f"see: invoke backups --env {environment}")


class BackupFailed(StepFailed):
    """Tell that the database was not backed up, so that no migration was begun; nothing was changed."""

    def __init__(self, host: str, last: str, details: Sequence[str]) -> None:
        super().__init__(
            f"no backup of the database on {host}, so nothing was changed: {last}",
            "see its disk (df -h) and that the database's container runs; the keys are [tool.shiplane.backup]",
            details,
        )


class RestoreFailed(StepFailed):
    """Tell that a backup was not restored to the development stack; `now` says what the data are."""

    may_pass = False

    def __init__(self, backup: str, what: str, now: str, fix: str, details: Sequence[str]) -> None:
        super().__init__(f"{backup} was not restored, for {what} failed; {now}", fix, details)


class MigrationFailed(StepFailed):
    """Tell that a release command failed: what it had done stays, what serves was not touched.

    Where nothing served (a first deploy) it is the cause of a `DeployUndone`, which says what serves.
    """

    may_pass = False

    def __init__(self, what: str, serving: str | None, fix: str, details: Sequence[str]) -> None:
        super().__init__(f"{what}; {serving} still serves" if serving else what, fix, details)


class TimeLimit(ShiplaneError):
    """Tell that a time limit was reached and what was under way; `table` of the configuration sets the limit."""

    exit_code = 124
    may_pass = True

    def __init__(self, what: str, seconds: float, doing: str = "", table: str = "tool.shiplane.limits") -> None:
        during = f" while: {doing}" if doing else ""
        super().__init__(
            f"{what} reached its time limit of {seconds:g} s{during}",
            f"see its log for where the time went; the limit is set in [{table}]",
        )


class Interrupted(ShiplaneError):
    """Tell that the run was stopped by the user."""

    exit_code = 130

    def __init__(self, doing: str = "") -> None:
        super().__init__(f"interrupted{f' while: {doing}' if doing else ''}", "run the same command again")


class StoppedEarly(Interrupted):
    """Tell that a step was stopped as soon as another one had failed: `--fail-fast`."""

    exit_code = 3

    def __init__(self, failed: str) -> None:
        super(Interrupted, self).__init__(f"stopped because {failed} failed (--fail-fast)", f"mend {failed} first")


class Superseded(Interrupted):
    """Tell that a newer run of the same branch and target took this one's place."""

    def __init__(self, by: str, doing: str = "") -> None:
        during = f" while: {doing}" if doing else ""
        super(Interrupted, self).__init__(f"superseded by run {by}{during}", f"nothing: run {by} goes on in its place")


class StillRunning(ShiplaneError):
    """Tell that an older run of the same branch and target does not end, so that this one cannot begin."""

    exit_code = 5

    def __init__(self, run: str, pid: int) -> None:
        super().__init__(
            f"run {run} (process {pid}) does not end",
            f"see in its terminal what it does, or end it: kill {pid}; then run this again",
        )


class JournalLost(ShiplaneError):
    """Tell that a run cannot be recorded any more, so that it ends."""

    exit_code = 2

    def __init__(self, file: str, why: str) -> None:
        super().__init__(f"{file} cannot be written: {why}", "see its disk (df -h) and its owner; then run it again")
