from __future__ import annotations

from shiplane.commands.login import RegistryLogin, login, prepare, remove
from shiplane.model import Secret


def test_the_password_goes_by_standard_input() -> None:
    entry = RegistryLogin("registry.test:5000", "robot", Secret("REGISTRY_PASSWORD", "p)$'\""))
    command = login(entry, ".login", "folder", 30.0)
    assert command.masked() == (
        "docker --config .login login --username robot --password-stdin registry.test:5000 < <REGISTRY_PASSWORD>"
    )
    assert command.input_text() == "p)$'\""
    assert (command.cwd, command.timeout) == ("folder", 30.0)
    assert "p)" not in repr(command)


def test_the_credentials_live_in_a_folder_that_is_removed() -> None:
    assert prepare(".login", "folder").argv[2].startswith("umask 077 && rm -rf .login .registry && mkdir .login ")
    assert remove(".login", "folder").argv == ("rm", "-rf", ".login")
