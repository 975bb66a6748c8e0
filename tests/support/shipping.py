"""The workflows run by act with the project's own commands: real builds, a real registry, real servers."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

from acting import Actor, program
from helpers.clone import ROOT
from helpers.servers import ENVIRONMENTS
from helpers.story import write_docs
from hub.github import REPOSITORY, TOKEN
from shiplane.commands.buildx import CA_VARIABLES
from shiplane.lab.layout import Layout

if TYPE_CHECKING:
    from pathlib import Path

    from helpers.servers import Servers

# What the machine has is used; only the place of each job is another, with its sources and its own empty records.
_BOOTSTRAP = """\
#!/bin/bash
set -euo pipefail
ln -s {root}/.venv .venv
mkdir -p .shiplane
ln -s {results} .shiplane/results
echo "$PWD/.venv/bin" >>"$GITHUB_PATH"
echo "PYTHONPATH=$PWD/src" >>"$GITHUB_ENV"
"""


class Shipper(Actor):
    """Act for GitHub in a clone of a clone: the lab of the latter holds the servers and the registry.

    To the workflows these are remote ones. `hub` is the address of a played GitHub; `base` is the commit on which the
    one that is pushed stands, which changes no component.
    """

    def __init__(self, folder: Path, servers: Servers, hub: str, base: str) -> None:
        self.servers = servers
        self.clone = servers.clone
        self.layout = Layout.of(self.clone.folder)
        self.hub = hub
        self.base = base
        super().__init__(folder)

    def lay_out(self) -> None:
        """Clone, and commit what is pushed."""
        subprocess.run(["git", "clone", "--quiet", str(self.clone.folder), str(self.repository)], check=True)
        self.git("checkout", "--quiet", "-B", "main", self.base)
        self.git("remote", "set-url", "origin", f"https://github.com/{REPOSITORY}.git")
        write_docs(self.repository)
        self.git("commit", "--quiet", "--all", "--message", "Write more")
        results = self.clone.folder / ".shiplane" / "results"
        program(self.played / "bootstrap", _BOOTSTRAP.format(root=ROOT, results=results))
        for file in self.workflows.iterdir():
            file.write_text(file.read_text().replace("./scripts/bootstrap", str(self.played / "bootstrap")))

    def given(self) -> dict[str, str]:
        """Give the repository's secrets: those of the lab."""
        names = ("DB_PASSWORD", "REDIS_PASSWORD")
        return {
            **{name: self.clone.environ[name] for name in names},
            "SERVER_HOST": "127.0.0.1",
            "STAGING_SERVER_HOST": "127.0.0.1",
            "SERVER_USER": "deploy",
            "SSH_PRIVATE_KEY": self.layout.key_file.read_text(),
            "GITHUB_TOKEN": TOKEN,
        }

    def variables(self) -> dict[str, str]:
        """Give the repository's variables."""
        return {"SSH_KNOWN_HOSTS": self.layout.known_hosts.read_text()}

    def environ(self) -> dict[str, str]:
        """Give what a project has in its configuration: the registry, addresses, ports and certificates."""
        login = self.servers.secrets["staging"]
        found = {
            "CONTAINER_REGISTRY": self.servers.registry,
            "REPOSITORY_OWNER": "lab",
            "SHIPLANE_SET_REGISTRY_THROUGH_SSH": "false",
            "SHIPLANE_SET_HUB_MIRROR": self.servers.registry,
            "REGISTRY_USER": login["REGISTRY_USER"],
            "REGISTRY_PASSWORD": login["REGISTRY_PASSWORD"],
            "TLS_CA": str(self.layout.ca_file),
            "GITHUB_API_URL": self.hub,
        }
        for name in ENVIRONMENTS:
            found |= {
                f"SHIPLANE_SET_ENVIRONMENTS__{name.upper()}__URL": self.servers.url(name),
                f"{name.upper()}_SERVER_PORT": str(self.servers.state["ports"][f"{name}-ssh"]),
                f"{name.upper()}_TLS_CERTIFICATE": str(self.layout.certificate(name)),
                f"{name.upper()}_TLS_KEY": str(self.layout.certificate_key(name)),
            }
        return found | {name: os.environ[name] for name in CA_VARIABLES if os.environ.get(name)}
