"""What Compose makes of the files: the four models, resolved by Compose itself."""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
Model = dict[str, Any]

ENVIRONMENTS = ("development", "test", "staging", "production")
RELEASED = ("staging", "production")
SERVICES = {"db", "redis", "backend", "frontend", "proxy", "celery"}
RELEASE_VARIABLES = {
    "BACKEND_IMAGE": "registry.example/owner/app-backend:1",
    "FRONTEND_IMAGE": "registry.example/owner/app-frontend:1",
    "DB_PASSWORD": "database",
    "REDIS_PASSWORD": "redis",
    "RELEASE": "1",
}


def compose(folder: Path, environment: str, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    files = (
        ["docker-compose.yml"] if environment == "development" else ["docker-compose.yml", f"compose.{environment}.yml"]
    )
    options = [option for file in files for option in ("-f", file)]
    environ = {"PATH": os.environ["PATH"], "HOME": os.environ["HOME"], **variables}
    argv = ["docker", "compose", *options, *arguments]
    return subprocess.run(argv, cwd=folder, env=environ, capture_output=True, text=True, check=False, timeout=60)


def copy_project(folder: Path, environment: str) -> Path:
    """Copy what a server receives of the project."""
    for name in ("docker-compose.yml", f"compose.{environment}.yml", ".env.docker"):
        if (ROOT / name).exists():
            shutil.copy(ROOT / name, folder)
    (folder / f".env.{environment}").write_text("ENVIRONMENT_NAME=x\n")
    return folder


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Model]:
    resolved: dict[str, Model] = {}
    for environment in ENVIRONMENTS:
        folder = copy_project(tmp_path_factory.mktemp(environment), environment)
        variables = RELEASE_VARIABLES if environment in RELEASED else {}
        done = compose(folder, environment, "--profile", "*", "config", "--format", "json", **variables)
        assert done.returncode == 0, done.stderr
        assert not done.stderr
        resolved[environment] = json.loads(done.stdout)
    return resolved


def published(service: Model) -> set[tuple[str, str, int]]:
    return {(port.get("host_ip", ""), port["published"], port["target"]) for port in service.get("ports", ())}


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_services_are_those_of_the_specification(models: dict[str, Model], environment: str) -> None:
    expected = SERVICES | {"test": {"test-runner"}, "development": set()}.get(environment, {"edge"})
    assert set(models[environment]["services"]) == expected
    profiles = {
        name: service["profiles"] for name, service in models[environment]["services"].items() if "profiles" in service
    }
    assert profiles == {"celery": ["with-celery"]} | ({"test-runner": ["e2e"]} if environment == "test" else {})


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_every_service_has_a_health_check_that_probes_each_second_at_first(
    models: dict[str, Model], environment: str
) -> None:
    for name, service in models[environment]["services"].items():
        assert service["healthcheck"]["test"], name
        assert service["healthcheck"]["start_interval"] == "1s", name
        assert service["healthcheck"]["start_period"], name


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_services_wait_for_the_layer_before_them(models: dict[str, Model], environment: str) -> None:
    layers = {
        "db": set(),
        "redis": set(),
        "backend": {"db", "redis"},
        "frontend": {"backend"},
        "proxy": {"backend", "frontend"},
        "celery": {"db", "redis"},
        "test-runner": {"proxy"},
        "edge": set(),
    }
    for name, service in models[environment]["services"].items():
        needs = service.get("depends_on", {})
        assert set(needs) == layers[name], name
        assert {need["condition"] for need in needs.values()} <= {"service_healthy"}, name


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_the_proxy_reaches_neither_database_nor_redis(models: dict[str, Model], environment: str) -> None:
    networks = {name: set(service.get("networks", ())) for name, service in models[environment]["services"].items()}
    assert networks.get("edge", {"edge"}) == {"edge"}
    assert {name: networks[name] for name in SERVICES} == {
        "db": {"data"},
        "redis": {"data"},
        "celery": {"data"},
        "backend": {"edge", "data"},
        "frontend": {"edge"},
        "proxy": {"edge"},
    }
    assert networks.get("test-runner", {"edge"}) == {"edge"}


@pytest.mark.parametrize("environment", RELEASED)
def test_only_the_edge_of_the_proxy_is_published_and_the_data_have_no_way_out(
    models: dict[str, Model], environment: str
) -> None:
    model = models[environment]
    ports = {name: published(service) for name, service in model["services"].items() if published(service)}
    assert ports == {"edge": {("0.0.0.0", "80", 80), ("127.0.0.1", "0", 443)}}  # noqa: S104 # a server's proxy is public.
    assert model["networks"]["data"]["internal"] is True


def test_development_publishes_the_proxy_everywhere_and_the_rest_on_loopback(models: dict[str, Model]) -> None:
    ports = {name: published(service) for name, service in models["development"]["services"].items()}
    assert ports == {
        "proxy": {("", "8080", 80)},
        "db": {("127.0.0.1", "5432", 5432)},
        "redis": {("127.0.0.1", "6379", 6379)},
        "backend": {("127.0.0.1", "8000", 8000), ("127.0.0.1", "0", 5678)},
        "frontend": {("127.0.0.1", "5173", 5173)},
        "celery": set(),
    }


def test_the_test_environment_has_ports_of_its_own_on_loopback(models: dict[str, Model]) -> None:
    ports = {name: published(service) for name, service in models["test"]["services"].items() if published(service)}
    assert ports == {
        "proxy": {("127.0.0.1", "8081", 80)},
        "db": {("127.0.0.1", "5433", 5432)},
        "redis": {("127.0.0.1", "6380", 6379)},
        "backend": {("127.0.0.1", "8001", 8000)},
        "frontend": {("127.0.0.1", "5174", 5173)},
    }


def test_no_two_environments_share_a_name(models: dict[str, Model]) -> None:
    names = [model["name"] for model in models.values()]
    assert names == ["app-dev", "app-test", "app-staging", "app-production"]
    for kind in ("networks", "volumes"):
        used = [entry["name"] for model in models.values() for entry in model.get(kind, {}).values()]
        assert len(used) == len(set(used)), used


def test_test_data_live_in_memory(models: dict[str, Model]) -> None:
    services = models["test"]["services"]
    mounts = [mount for service in services.values() for mount in service.get("volumes", ())]
    assert {mount["target"] for mount in mounts if mount["type"] == "tmpfs"} == {"/var/lib/postgresql/data"}
    assert services["redis"]["tmpfs"] == ["/data:uid=999,gid=999"]
    assert {mount["target"] for mount in mounts if mount["type"] != "tmpfs"} == {"/reports", "/etc/nginx/templates"}


@pytest.mark.parametrize("environment", RELEASED)
def test_released_services_run_published_images_and_nothing_of_the_checkout(
    models: dict[str, Model], environment: str
) -> None:
    services = models[environment]["services"]
    images = {name: service["image"] for name, service in services.items()}
    assert images == {
        "db": "postgres:17",
        "redis": "redis:8",
        "proxy": "nginx:1.30",
        "backend": RELEASE_VARIABLES["BACKEND_IMAGE"],
        "celery": RELEASE_VARIABLES["BACKEND_IMAGE"],
        "frontend": RELEASE_VARIABLES["FRONTEND_IMAGE"],
        "edge": "nginx:1.30",
    }
    assert [name for name, service in services.items() if "build" in service] == []
    binds = {mount["target"] for s in services.values() for mount in s.get("volumes", ()) if mount["type"] == "bind"}
    assert binds == {"/etc/nginx/templates", "/etc/nginx/served"}
    assert services["backend"].get("command") is None


@pytest.mark.parametrize("environment", RELEASED)
def test_released_services_are_limited_and_hardened(models: dict[str, Model], environment: str) -> None:
    for name, service in models[environment]["services"].items():
        limits = service["deploy"]["resources"]["limits"]
        assert set(limits) == {"cpus", "memory", "pids"}, name
        assert service["restart"] == "unless-stopped", name
        assert service["logging"] == {"driver": "json-file", "options": {"max-size": "10m", "max-file": "3"}}, name
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert service["stop_grace_period"], name


@pytest.mark.parametrize("environment", RELEASED)
def test_no_service_needs_another_one_to_be_started(models: dict[str, Model], environment: str) -> None:
    """An engine that starts again starts all side by side, and tries once."""
    for name, service in models[environment]["services"].items():
        shared = [service.get(key) for key in ("network_mode", "pid", "ipc", "links", "volumes_from")]
        assert not any(shared), name


@pytest.mark.parametrize("environment", RELEASED)
def test_released_backend_takes_its_environment_from_the_files_alone(
    models: dict[str, Model], environment: str
) -> None:
    base = dict(
        line.split("=", 1) for line in (ROOT / ".env.docker").read_text().splitlines() if line and line[0] != "#"
    )
    found = {name: models[environment]["services"][name]["environment"] for name in ("backend", "celery")}
    assert found["celery"] == base | {"ENVIRONMENT_NAME": "x"}
    # The release is the backend's alone: a commit that changes no image leaves the others as they are.
    release = {"RELEASE": "1", "RELEASE_COMMIT": "", "RELEASE_VERSION": ""}
    assert found["backend"] == found["celery"] | release


@pytest.mark.parametrize("environment", RELEASED)
def test_a_proxy_can_serve_beside_another(models: dict[str, Model], environment: str, tmp_path: Path) -> None:
    services = models[environment]["services"]
    assert services["proxy"]["stop_signal"] == "SIGQUIT"
    port = services["edge"]["labels"]["dev.shiplane.proxy-port"]
    assert f" proxy:{port} resolve " in services["edge"]["command"][-1]
    behind = (ROOT / "proxy/templates/parts/behind-edge.conf.template").read_text()
    assert f"listen {port} proxy_protocol deferred;" in behind
    folder = copy_project(tmp_path, environment)
    both = [
        compose(folder, environment, "config", "--hash", "edge,proxy", **RELEASE_VARIABLES, PROXY_FILES=files).stdout
        for files in ("one", "two")
    ]
    hashes = [dict(line.split() for line in lines.splitlines()) for lines in both]
    assert hashes[0]["edge"] == hashes[1]["edge"]
    assert hashes[0]["proxy"] != hashes[1]["proxy"]


def test_staging_and_production_differ_in_size_alone(models: dict[str, Model]) -> None:
    def shape(model: Model) -> Model:
        text = json.dumps(model["services"]).replace(model["name"], "app")
        services: Model = json.loads(text)
        for service in services.values():
            service["deploy"] = service["volumes"] = None
        return services

    assert shape(models["staging"]) == shape(models["production"])


@pytest.mark.parametrize("environment", RELEASED)
@pytest.mark.parametrize("variable", sorted(RELEASE_VARIABLES))
def test_a_missing_variable_is_named_with_its_fix(tmp_path: Path, environment: str, variable: str) -> None:
    folder = copy_project(tmp_path, environment)
    variables = {name: value for name, value in RELEASE_VARIABLES.items() if name != variable}
    done = compose(folder, environment, "config", **variables)
    assert done.returncode != 0
    assert f"required variable {variable} is missing" in done.stderr
    assert f"invoke deploy --env {environment}" in done.stderr


@pytest.mark.parametrize("environment", RELEASED)
@pytest.mark.parametrize("name", [".env.docker", ".env.{environment}"])
def test_a_missing_environment_file_stops_everything(tmp_path: Path, environment: str, name: str) -> None:
    file = name.format(environment=environment)
    folder = copy_project(tmp_path, environment)
    (folder / file).unlink()
    done = compose(folder, environment, "config", **RELEASE_VARIABLES)
    assert done.returncode != 0
    assert file in done.stderr


def test_development_needs_no_file_and_no_variable(tmp_path: Path) -> None:
    shutil.copy(ROOT / "docker-compose.yml", tmp_path)
    assert compose(tmp_path, "development", "config", "--quiet").returncode == 0


@pytest.mark.parametrize(
    ("variables", "tag"),
    [({}, "app-dev"), ({"DEV_PROJECT_NAME": "app-dev-2"}, "app-dev-2"), ({"COMPOSE_PROJECT_NAME": "mine"}, "mine")],
)
def test_the_images_of_development_are_the_project_s_own(tmp_path: Path, variables: dict[str, str], tag: str) -> None:
    shutil.copy(ROOT / "docker-compose.yml", tmp_path)
    told = compose(tmp_path, "development", "--profile", "*", "config", "--format", "json", **variables).stdout
    images = {name: one["image"] for name, one in json.loads(told)["services"].items() if "-dev:" in one["image"]}
    backend = f"backend-dev:{tag}"
    assert images == {"backend": backend, "celery": backend, "frontend": f"frontend-dev:{tag}"}


def test_the_name_of_the_development_stack_is_none_of_the_test_environment_s() -> None:
    told = compose(ROOT, "test", "config", "--format", "json", DEV_PROJECT_NAME="app-dev-2").stdout
    assert json.loads(told)["name"] == "app-test"


@pytest.mark.parametrize(
    ("variables", "file"),
    [
        ({}, "/dev/null"),
        ({"NODE_EXTRA_CA_CERTS": "/n.pem"}, "/n.pem"),
        ({"NODE_EXTRA_CA_CERTS": "/n.pem", "SSL_CERT_FILE": "/s.pem"}, "/s.pem"),
        ({"CA_BUNDLE": "/c.pem", "SSL_CERT_FILE": "/s.pem"}, "/c.pem"),
    ],
)
def test_builds_get_the_certificates_that_the_machine_names(
    tmp_path: Path, variables: dict[str, str], file: str
) -> None:
    shutil.copy(ROOT / "docker-compose.yml", tmp_path)
    model = json.loads(compose(tmp_path, "development", "config", "--format", "json", **variables).stdout)
    assert model["secrets"]["ca"]["file"] == file
    for name in ("backend", "frontend"):
        assert model["services"][name]["build"]["secrets"][0]["source"] == "ca"


def test_what_the_proxy_reads_as_it_runs_does_not_go_with_the_release_that_started_it() -> None:
    """The templates are those of that release, which may be removed long before the proxy changes."""
    for file in (ROOT / "proxy/templates").rglob("*"):
        if file.is_file():
            assert file.suffix == ".template", f"{file.name} is read, and not rendered when the container starts"
            assert "/etc/nginx/templates" not in file.read_text(encoding="utf-8"), file.name
