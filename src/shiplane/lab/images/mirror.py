"""Where this machine gets Debian packages from, read from its own package sources."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from shiplane.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

_STANDARD_KEYS = "/usr/share/keyrings/debian-archive"
_OFF = {"no", "false", "off", "0"}


@dataclass(frozen=True, slots=True)
class Source:
    """Describe one entry of the package sources; `signed_by` is a path, or empty."""

    uri: str
    suites: tuple[str, ...]
    components: tuple[str, ...]
    signed_by: str = ""
    trusted: bool = False

    def line(self, suite: str) -> str:
        """Write the one-line entry for another suite of the same mirror."""
        options = [f"signed-by={self.signed_by}"] if self.signed_by else []
        options += ["trusted=yes"] if self.trusted else []
        words = ["deb", *([f"[{' '.join(options)}]"] if options else []), self.uri, suite, "main"]
        return " ".join(words)


def parse_stanzas(text: str) -> Iterator[Source]:
    """Read entries of the deb822 form."""
    text = re.sub(r"^#.*\n?", "", text, flags=re.MULTILINE)
    for stanza in re.split(r"\n\s*\n", text):
        pairs = re.findall(r"^([\w-]+):((?:.*)(?:\n[ \t].*)*)", stanza, flags=re.MULTILINE)
        field = {name.lower(): value.strip() for name, value in pairs}
        if "deb" in field.get("types", "").split() and field.get("enabled", "yes").lower() not in _OFF:
            signed = _key_path(field.get("signed-by", ""))
            trusted = field.get("trusted", "").lower() == "yes"
            words = [tuple(field.get(name, "").split()) for name in ("suites", "components")]
            for uri in field.get("uris", "").split():
                yield Source(uri, words[0], words[1], signed, trusted)


def parse_lines(text: str) -> Iterator[Source]:
    """Read entries of the one-line form."""
    for raw in text.splitlines():
        found = re.match(r"deb\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)\s+(.*)", raw.split("#")[0].strip())
        if found:
            options = dict(word.split("=", 1) for word in (found[1] or "").split() if "=" in word)
            signed = _key_path(options.get("signed-by", ""))
            components = tuple(found[4].split())
            yield Source(found[2], (found[3],), components, signed, options.get("trusted") == "yes")


def _key_path(text: str) -> str:
    """Keep the path of a key that is not Debian's own, which is found without being named."""
    return text if text.startswith("/") and not text.startswith(_STANDARD_KEYS) else ""


def read_sources(folder: Path = Path("/etc/apt")) -> list[Source]:
    """Read all enabled sources of the machine, in apt's order."""
    found: list[Source] = []
    for file in [folder / "sources.list", *sorted((folder / "sources.list.d").glob("*"))]:
        if file.suffix in {".list", ".sources"} and file.is_file():
            parse = parse_stanzas if file.suffix == ".sources" else parse_lines
            found += parse(file.read_text(encoding="utf-8"))
    return found


def mirror_lines(sources: list[Source], codename: str, suite: str) -> tuple[list[str], list[str]]:
    """Give the entries for `suite`, updates of security included, and the keys that they name.

    `codename` is the release that runs here: its mirror is taken. Raises `UsageError` where there is none.
    """
    chosen = [
        (source, wanted)
        for served, wanted in ((codename, suite), (f"{codename}-security", f"{suite}-security"))
        for source in [next((s for s in sources if served in s.suites and "main" in s.components), None)]
        if source is not None
    ]
    if not chosen or chosen[0][1] != suite:
        raise UsageError(
            "the package sources of this machine name no Debian mirror to make base images from",
            "let the engine reach a container registry, or run on Debian",
        )
    return [s.line(wanted) for s, wanted in chosen], sorted({s.signed_by for s, _ in chosen if s.signed_by})


def codename(os_release: str) -> str:
    """Read the release's name from the text of /etc/os-release; empty where it is no Debian."""
    found = dict(re.findall(r'^(\w+)="?([^"\n]*)"?$', os_release, flags=re.MULTILINE))
    return found.get("VERSION_CODENAME", "") if found.get("ID") == "debian" else ""
