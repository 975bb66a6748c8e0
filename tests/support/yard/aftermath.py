"""What a fault left: which release serves, and whether the server looks as after a deploy that nothing happened to."""

from __future__ import annotations

import json
import re
import time
from typing import TYPE_CHECKING

import httpx

from helpers.engine import docker
from shiplane.lab import lifecycle as lab
from shiplane.runners.http import trust

if TYPE_CHECKING:
    from collections.abc import Collection

    from yard.checkout import Yard

_SETTLE_SECONDS = 90.0
_IN_A_ROW = 8
_FOLDER = "/home/deploy/deployments/app-staging"
_TITLE = re.compile(r"<title>([^<]+)</title>")
# What differs from one good deploy to the next; a backup is named by its time and its release.
_NAMES = (
    (re.compile(r"^(?:backups/)\S+\.(\w+)"), r"backups/BACKUP.\1"),
    # Those of a release that served for a moment stay for the pages that were opened then.
    (re.compile(r"^served/assets/\S+"), "served/assets/ASSET"),
    (re.compile(r"[a-z]+-\d+(?=[/ ]|$)"), "RELEASE"),
)
# Containers that never start hold the images of kept releases: as many as there are images.
_LOOK = f"""
cd {_FOLDER} && find . -mindepth 1 -printf 'file %P %m %y %l\\n'
find /home/deploy -mindepth 1 -maxdepth 1 -printf 'home %f %m\\n'
find /tmp /var/tmp -mindepth 1 -user deploy -printf 'temporary %p\\n'
service='{{{{.Label "com.docker.compose.service"}}}}' kept='{{{{.Label "dev.shiplane.kept"}}}}'
docker ps -a --format "$kept|container $service {{{{.State}}}}" | sed -n 's/^|//p'
docker volume ls --format 'volume {{{{.Name}}}}'
docker network ls --filter type=custom --format 'network {{{{.Name}}}}'
ps -u deploy -o args= | grep -v '^sshd' | sed 's/^/process /'
[ ! -s .lock/holder.json ] || echo lock
for folder in releases/*/; do [ -s "$folder/manifest.json" ] || echo "half $folder"; done
"""


def served(yard: Yard) -> tuple[str, str, str] | None:
    """Give release and kind that the backend names, and the kind of the page; None where one does not answer."""
    try:
        with httpx.Client(base_url=yard.url, timeout=3, trust_env=False, verify=trust(yard.state.ca_file)) as client:
            status = client.get("/api/v1/status/")
            page = client.get("/")
            if status.status_code != httpx.codes.OK or page.status_code != httpx.codes.OK:
                return None
            title = _TITLE.search(page.text)
            data = status.json()
            return data["release"], data["kind"], title[1] if title else ""
    except (httpx.HTTPError, ValueError, KeyError):
        return None


def settled(yard: Yard, allowed: Collection[str], seconds: float = _SETTLE_SECONDS) -> tuple[str, list[str]]:
    """Wait until one release serves, wholly, time after time; give it, and what is wrong where none does."""
    deadline, row, last, seen = time.monotonic() + seconds, 0, None, None
    while time.monotonic() < deadline:
        seen = served(yard)
        whole = seen is not None and seen[0] in allowed and seen[1] == seen[2]
        row = row + 1 if whole and seen == last else int(whole)
        if row >= _IN_A_ROW and seen is not None:
            return seen[0], []
        last = seen
        time.sleep(0.25)
    return seen[0] if seen else "nothing", [f"{seen or 'nothing'} serves instead of one of {sorted(allowed)}"]


def look(yard: Yard) -> list[str]:
    """List what is on the server, names of releases and backups taken out; the number of containers counts."""
    lines = []
    for line in yard.on_server(_LOOK).splitlines():
        kind, _, rest = line.partition(" ")
        for pattern, name in _NAMES if kind in ("file", "half") else ():
            rest = pattern.sub(name, rest)
        lines.append(f"{kind} {rest}")
    return sorted(_unique(lines))


def _unique(lines: list[str]) -> list[str]:
    counted = [line for line in lines if line.startswith(("container", "process", "lock", "half"))]
    return [*dict.fromkeys(line for line in lines if line not in counted), *counted]


def differences(before: list[str], after: list[str]) -> list[str]:
    """Tell what is there now and was not after a good deploy, and what is missing."""
    extra, rest = list(after), []
    for line in before:
        if line in extra:
            extra.remove(line)
        else:
            rest.append(line)
    return [f"left: {line}" for line in extra] + [f"missing: {line}" for line in rest]


def exposed(yard: Yard) -> list[str]:
    """Name files that others than the owner may read and that hold a secret."""
    secrets = lab.secrets(yard.folder)["staging"]
    hidden = [value for name, value in secrets.items() if name not in ("REGISTRY_USER", "TLS_CERTIFICATE")]
    # A key has several lines; an empty one would be found everywhere.
    lines = [line for value in hidden for line in value.splitlines() if line.strip("- ")]
    needles = "\n".join(lines).encode()
    script = "find /home/deploy /tmp /var/tmp -xdev -type f -perm /044 -exec grep -lF -f /dev/stdin {} +"
    places = f"cat >/run/needles; {script.replace('/dev/stdin', '/run/needles').replace('-xdev ', '')}; rm /run/needles"
    found = docker("exec", "-i", yard.part("staging"), "sh", "-c", f"{places} || :", stdin=needles).decode()
    return [f"a secret is in {name}" for name in found.split()]


def recorded(yard: Yard) -> tuple[str, str]:
    """Give action and release of the last line of the audit."""
    last = json.loads(yard.on_server(f"tail -n 1 {_FOLDER}/audit.jsonl"))
    return last["action"], last["release"]


def audit(yard: Yard) -> list[str]:
    """Tell of lines of the audit that cannot be read."""
    wrong = []
    for line in yard.on_server(f"cat {_FOLDER}/audit.jsonl").splitlines():
        try:
            json.loads(line)
        except ValueError:
            wrong.append(f"the audit holds {line[:60]!r}")
    return wrong
