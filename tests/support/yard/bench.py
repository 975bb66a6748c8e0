"""How long deploys take, beside what plain Compose takes for the same application on the same server."""

from __future__ import annotations

import statistics
import subprocess
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from yard.calls import NOWHERE, Call, Operation
from yard.matrix import short

if TYPE_CHECKING:
    from collections.abc import Sequence

    from yard.checkout import Yard

RAW = "docker compose pull --quiet && docker compose up -d --force-recreate --wait"
_SECONDS = 300
_PORT = 8081
_FOLDER = "app-raw"


@dataclass(slots=True)
class Series:
    """Hold the times of one way to do it; `limit` is in seconds, or in times of the raw command where `relative`."""

    name: str
    limit: float = 0.0
    relative: bool = False
    seconds: list[float] = field(default_factory=list)
    operations: list[Sequence[Operation]] = field(default_factory=list)

    @property
    def median(self) -> float:
        """Give the middle of the times."""
        return statistics.median(self.seconds)

    def row(self, raw: float) -> str:
        """Give the table's line."""
        spread = f"{min(self.seconds):.1f} - {max(self.seconds):.1f} s"
        limit = f"{self.limit:g} times" if self.relative else f"{self.limit:g} s" if self.limit else ""
        return f"| {self.name} | {self.median:.2f} s | {spread} | {self.median / raw:.2f} | {limit} |"

    def missed(self, raw: float) -> bool:
        """Tell whether it takes longer than it may."""
        return bool(self.limit) and self.median > self.limit * (raw if self.relative else 1)

    def phases(self) -> list[str]:
        """Give where the time of the middle run goes: its remote operations, and all that is not one."""
        middle = min(range(len(self.seconds)), key=lambda i: abs(self.seconds[i] - self.median))
        listed = self.operations[middle]
        rest = self.seconds[middle] - sum(each.seconds for each in listed)
        steps = [f"{short(each.what)} {each.seconds:.2f}" for each in listed if each.seconds >= 0.05]
        return [f"- {self.name} ({self.seconds[middle]:.2f} s): {', '.join(steps)}, elsewhere {rest:.2f}"]


class Raw:
    """Deploy by hand: the files of two releases in a folder of their own, one SSH call each time."""

    def __init__(self, yard: Yard, releases: tuple[str, str]) -> None:
        self.yard = yard
        server = yard.state.server("staging")
        options = (
            *("-i", server.key_file, "-p", str(server.port), "-o", f"UserKnownHostsFile={server.known_hosts}"),
            *("-o", "StrictHostKeyChecking=yes", "-o", "BatchMode=yes"),
        )
        self._ssh = ("ssh", *options, f"{server.user}@{server.host}")
        folder = "~/deployments/app-staging/releases"
        for name in releases:
            self._call(
                f"mkdir -p ~/{_FOLDER} && cp -r {folder}/{name}/. ~/{_FOLDER}/ && cd ~/{_FOLDER} && {self._own()}"
            )
            self._call(f"cd ~/{_FOLDER} && for f in .env .env.staging; do cp $f $f.{name}; done")
        self._call(f"mkdir -p ~/{_FOLDER}/served && cp -rp ~/deployments/app-staging/served/tls ~/{_FOLDER}/served/")
        login = f"docker login --username {yard.login.user} --password-stdin {yard.login.registry}"
        self._call(login, yard.login.password.value)

    def _own(self) -> str:
        own = {"COMPOSE_PROJECT_NAME": _FOLDER, "PROXY_PORT": _PORT, "PROXY_TLS_PORT": _PORT + 1}
        changes = "; ".join(f"s/^{name}=.*/{name}={value}/" for name, value in own.items())
        return f"sed -i '{changes}' .env"

    def deploy(self, release: str) -> float:
        """Put a release there and give the seconds that it took."""
        files = " && ".join(f"cp {name}.{release} {name}" for name in (".env", ".env.staging"))
        return self._call(f"cd ~/{_FOLDER} && {files} && {RAW}")

    def remove(self) -> None:
        """Take it away."""
        self._call(
            f"cd ~/{_FOLDER} && docker compose down --volumes --timeout 1; rm -rf ~/{_FOLDER} ~/.docker/config.json"
        )

    def _call(self, line: str, stdin: str = "") -> float:
        started = time.monotonic()
        done = subprocess.run(
            (*self._ssh, line), input=stdin, capture_output=True, text=True, check=False, timeout=_SECONDS
        )
        assert done.returncode == 0, f"{line}: {done.stdout[-2000:]}{done.stderr[-2000:]}"
        return time.monotonic() - started


def timed(yard: Yard, series: Series, *words: str) -> None:
    """Type a command and note its time, from the start of its process to the end."""
    started = time.monotonic()
    with Call(yard, NOWHERE, *words, "--env", "staging", "--plain") as call:
        ended = call.finish(_SECONDS)
        series.seconds.append(time.monotonic() - started)
        series.operations.append(call.operations)
    assert ended.code == 0, ended.story()
