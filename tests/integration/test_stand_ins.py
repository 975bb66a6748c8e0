"""The conventions of the official images that this repository's files rely on.

Each is asked of whatever image carries the official name here, pulled or stand-in, and would hold of the official ones.
"""

import json
import os
import subprocess
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from shiplane.lab.images.ensure import ensure_images, stand_ins_used
from shiplane.runners.local import LocalRunner

HARD = "p)$'\"#\\ ü"
Run = subprocess.CompletedProcess[str]
StartContainer = Callable[..., str]


def docker(*words: str, stdin: str = "", check: bool = True, env: dict[str, str] | None = None) -> Run:
    """Call the engine's client."""
    return subprocess.run(
        ["docker", *words],
        input=stdin,
        env={**os.environ, **(env or {})},
        capture_output=True,
        text=True,
        timeout=120,
        check=check,
    )


def shell(image: str, line: str, *options: str) -> str:
    """Give what a line of shell prints in a fresh container, without the image's entry point."""
    return docker("run", "--rm", *options, "--entrypoint", "sh", image, "-c", line).stdout.strip()


def where(image: str, *programs: str) -> list[str]:
    """Give the paths of programs in an image; what is not on the PATH is left out."""
    return shell(image, f"for name in {' '.join(programs)}; do command -v $name; done").split()


def eventually(line: Callable[[], Run], seconds: float = 30) -> Run:
    """Repeat a call until it succeeds."""
    deadline = time.monotonic() + seconds
    while (done := line()).returncode:
        assert time.monotonic() < deadline, done.stdout + done.stderr
        time.sleep(0.1)
    return done


def settings(image: str) -> dict[str, object]:
    """Give the image's configuration."""
    found: dict[str, object] = json.loads(docker("image", "inspect", image).stdout)[0]["Config"]
    return found


@pytest.fixture(scope="module", autouse=True)
def _images() -> None:
    ensure_images(LocalRunner(Path.cwd(), os.environ), lambda _: None)


@pytest.fixture
def start() -> Iterator[StartContainer]:
    """Start containers that the test's end removes, with their volumes."""
    names: list[str] = []

    def run(image: str, *command: str, options: tuple[str, ...] = (), env: dict[str, str] | None = None) -> str:
        name = f"lab-test-{uuid.uuid4().hex[:12]}"
        names.append(name)
        passed = [word for key in env or {} for word in ("--env", key)]
        docker("run", "--detach", "--name", name, *passed, *options, image, *command, env=env)
        return name

    yield run
    if names:
        docker("rm", "--force", "--volumes", *names)


@pytest.fixture
def network() -> Iterator[str]:
    name = f"lab-test-{uuid.uuid4().hex[:12]}"
    docker("network", "create", name)
    yield name
    docker("network", "rm", name)


def planted(name: str, path: str) -> str:
    """Read a file of a container."""
    return docker("exec", name, "cat", path).stdout


# --- all


def test_a_stand_in_says_what_it_contains() -> None:
    for name, contains in stand_ins_used(LocalRunner(Path.cwd(), os.environ)).items():
        assert any(character.isdigit() for character in contains), (name, contains)


@pytest.mark.parametrize("image", ["postgres:17", "redis:8", "nginx:1.30", "python:3.13-slim", "node:24-slim"])
def test_packages_can_be_installed_and_no_lists_are_left(image: str) -> None:
    assert shell(image, "ls /var/lib/apt/lists | grep -v -e partial -e lock -e auxfiles || true") == ""
    ca = Path("/etc/ssl/certs/ca-certificates.crt")
    trust = ("--volume", f"{ca}:/run/ca.crt:ro") if ca.is_file() else ()
    option = "-o Acquire::https::CAInfo=/run/ca.crt" if trust else ""
    line = f"apt-get -qq {option} update && apt-get -qq {option} install -y --no-install-recommends tree >/dev/null"
    assert shell(image, f"{line} && tree --version", "--user", "root", *trust).startswith("tree v")


@pytest.mark.parametrize("image", ["postgres:17", "redis:8", "nginx:1.30", "python:3.13-slim", "node:24-slim"])
def test_no_secret_of_the_build_is_left(image: str) -> None:
    assert shell(image, "cat /run/secrets/* 2>/dev/null | wc -c", "--user", "root") == "0"
    own = Path("/usr/local/share/ca-certificates")
    assert shell(image, f"ls {own} 2>/dev/null | wc -l", "--user", "root") == "0"


# --- postgres


def test_postgres_has_the_official_settings() -> None:
    found = settings("postgres:17")
    assert found["Entrypoint"] == ["docker-entrypoint.sh"]
    assert found["Cmd"] == ["postgres"]
    assert found["StopSignal"] == "SIGINT"
    assert found["Volumes"] == {"/var/lib/postgresql/data": {}}
    assert list(found["ExposedPorts"]) == ["5432/tcp"]  # type: ignore[call-overload]
    environment = dict(item.split("=", 1) for item in found["Env"])  # type: ignore[attr-defined]
    assert (environment["PGDATA"], environment["PG_MAJOR"]) == ("/var/lib/postgresql/data", "17")
    assert environment["PG_VERSION"].startswith("17.")


def test_postgres_has_its_user_and_programs() -> None:
    assert shell("postgres:17", "id -u postgres; id -g postgres").split() == ["999", "999"]
    programs = ("postgres", "initdb", "psql", "pg_isready", "pg_dump", "pg_restore", "pg_ctl", "gosu")
    assert len(where("postgres:17", *programs)) == len(programs)
    assert shell("postgres:17", "psql --version").split()[2].startswith("17.")


def test_postgres_needs_a_password() -> None:
    done = docker("run", "--rm", "postgres:17", check=False)
    assert done.returncode == 1
    assert "superuser password is not specified" in done.stdout + done.stderr


def test_postgres_takes_any_password_over_tcp_and_refuses_another(network: str, start: StartContainer) -> None:
    env = {"POSTGRES_USER": "app", "POSTGRES_PASSWORD": HARD, "POSTGRES_DB": "board"}
    name = start("postgres:17", env=env, options=("--network", network))
    eventually(lambda: docker("exec", name, "pg_isready", "-h", "127.0.0.1", "-U", "app", "-d", "board", check=False))

    def select(password: str) -> Run:
        words = ("run", "--rm", "--network", network, "--env", "PGPASSWORD", "postgres:17", "psql", "-h", name)
        query = ("-U", "app", "-d", "board", "-Atc", "SHOW password_encryption; SHOW server_encoding")
        return docker(*words, *query, env={"PGPASSWORD": password}, check=False)

    assert select(HARD).stdout.split() == ["scram-sha-256", "UTF8"]
    assert "password authentication failed" in select("wrong").stderr
    assert "scram-sha-256" in planted(name, "/var/lib/postgresql/data/pg_hba.conf").splitlines()[-1]
    who = docker("exec", name, "sh", "-c", "stat -c '%u %a' $PGDATA; awk '/^Uid/ {print $2}' /proc/1/status").stdout
    assert who.split() == ["999", "700", "999"]


def test_postgres_runs_init_files_once_and_keeps_its_data(start: StartContainer, tmp_path: Path) -> None:
    (tmp_path / "1.sql").write_text("CREATE TABLE made (by text);")
    (tmp_path / "2.sh").write_text(
        """psql -U "$POSTGRES_USER" -d "$POSTGRES_DB" -c "INSERT INTO made VALUES ('sh')"\n"""
    )
    folder = tmp_path
    for path in (folder, *folder.iterdir()):
        path.chmod(0o755)
    env = {"POSTGRES_USER": "app", "POSTGRES_PASSWORD": HARD, "POSTGRES_DB": "app"}
    name = start("postgres:17", env=env, options=("--volume", f"{folder}:/docker-entrypoint-initdb.d:ro"))
    select = ("exec", name, "psql", "-h", "127.0.0.1", "-U", "app", "-Atc", "SELECT by FROM made")
    assert eventually(lambda: docker(*select, check=False)).stdout.strip() == "sh"
    docker("restart", name)
    assert eventually(lambda: docker(*select, check=False)).stdout.strip() == "sh"
    assert "Skipping initialization" in docker("logs", name).stdout


def test_postgres_reads_its_password_from_a_file(start: StartContainer, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text(f"{HARD}\n")
    secret.chmod(0o644)
    options = ("--env", "POSTGRES_PASSWORD_FILE=/run/pw", "--volume", f"{secret}:/run/pw:ro")
    name = start("postgres:17", "-c", "max_connections=17", options=options)
    select = ("exec", name, "psql", "-h", "127.0.0.1", "-U", "postgres", "-Atc", "SHOW max_connections")
    assert eventually(lambda: docker(*select, check=False)).stdout.strip() == "17"


# --- redis


def test_redis_has_the_official_settings() -> None:
    found = settings("redis:8")
    assert found["Entrypoint"] == ["docker-entrypoint.sh"]
    assert found["Cmd"] == ["redis-server"]
    assert found["WorkingDir"] == "/data"
    assert found["Volumes"] == {"/data": {}}
    assert shell("redis:8", "id -u redis; stat -c %U /data").split() == ["999", "redis"]
    assert shell("redis:8", "redis-server --version").split()[2].startswith("v=8.")


def test_redis_answers_other_containers_and_runs_as_redis(network: str, start: StartContainer) -> None:
    name = start("redis:8", options=("--network", network))
    ping = ("run", "--rm", "--network", network, "redis:8", "redis-cli", "-h", name, "ping")
    assert eventually(lambda: docker(*ping, check=False)).stdout.strip() == "PONG"
    assert "999" in docker("exec", name, "awk", "/^Uid/ {print $2}", "/proc/1/status").stdout


def test_redis_reads_its_configuration_from_standard_input(start: StartContainer) -> None:
    line = 'printf "user default on #%s ~* &* +@all\\n" "$(printf %s "$PW" | sha256sum | cut -d " " -f 1)"'
    name = start("redis:8", "sh", "-c", f"({line}) | exec redis-server -", env={"PW": HARD})

    def ping(password: str) -> Run:
        words = ("exec", "--env", "REDISCLI_AUTH", name, "redis-cli", "ping")
        return docker(*words, env={"REDISCLI_AUTH": password}, check=False)

    eventually(lambda: docker("exec", name, "redis-cli", "ping", check=False))
    assert ping(HARD).stdout.strip() == "PONG"
    assert "NOAUTH" in ping("wrong").stdout


def test_redis_takes_options_and_files(start: StartContainer, tmp_path: Path) -> None:
    config = tmp_path / "redis.conf"
    config.write_text("maxmemory 5mb\nprotected-mode no\n")
    config.chmod(0o644)
    by_options = start("redis:8", "--maxmemory", "7mb")
    by_file = start("redis:8", "/etc/redis.conf", options=("--volume", f"{config}:/etc/redis.conf:ro"))
    for name, expected in ((by_options, 7), (by_file, 5)):
        ask = ("exec", name, "redis-cli", "config", "get", "maxmemory")
        answer = eventually(lambda ask=ask: docker(*ask, check=False)).stdout.split()
        assert answer == ["maxmemory", str(expected * 2**20)]


# --- nginx


def test_nginx_has_the_official_settings() -> None:
    found = settings("nginx:1.30")
    assert found["Entrypoint"] == ["/docker-entrypoint.sh"]
    assert found["Cmd"] == ["nginx", "-g", "daemon off;"]
    assert found["StopSignal"] == "SIGQUIT"
    assert shell("nginx:1.30", "id -u nginx; id -g nginx").split() == ["101", "101"]
    assert shell("nginx:1.30", "nginx -v 2>&1").startswith("nginx version: nginx/1.30.")
    files = ("/etc/nginx/conf.d/default.conf", "/etc/nginx/mime.types", "/usr/share/nginx/html/index.html")
    assert shell("nginx:1.30", f"ls {' '.join(files)}").split() == list(files)


def test_nginx_serves_and_logs_to_the_container(start: StartContainer) -> None:
    name = start("nginx:1.30")
    page = eventually(lambda: docker("exec", name, "curl", "-fsS", "http://127.0.0.1/?seen", check=False))
    assert "Welcome to nginx!" in page.stdout
    assert docker("exec", name, "curl", "-s", "-o", "/dev/null", "http://127.0.0.1/missing").returncode == 0
    logs = docker("logs", name)
    assert "GET /?seen" in logs.stdout
    assert "missing" in logs.stderr
    workers = docker("exec", name, "sh", "-c", "cat /proc/[0-9]*/status | awk '/^Uid/ {print $2}' | sort -u").stdout
    assert workers.split() == ["0", "101"]


def test_nginx_renders_templates_with_defined_variables_only(start: StartContainer, tmp_path: Path) -> None:
    template = tmp_path / "site.conf.template"
    template.write_text("server { listen 81; return 200 '${GREETING} $request_method'; } # ${HIDDEN}\n")
    tmp_path.chmod(0o755)
    template.chmod(0o644)
    env = {"GREETING": "hello", "HIDDEN": "shown", "NGINX_ENVSUBST_FILTER": "^GREET"}
    name = start("nginx:1.30", env=env, options=("--volume", f"{tmp_path}:/etc/nginx/templates:ro"))
    eventually(lambda: docker("exec", name, "test", "-s", "/etc/nginx/conf.d/site.conf", check=False))
    rendered = planted(name, "/etc/nginx/conf.d/site.conf")
    assert rendered == "server { listen 81; return 200 'hello $request_method'; } # ${HIDDEN}\n"


def test_nginx_renders_into_another_folder(start: StartContainer, tmp_path: Path) -> None:
    template = tmp_path / "sub" / "x.tpl"
    template.parent.mkdir()
    template.write_text("$UNDEFINED_HERE ${PLACE}")
    for path in (tmp_path, template.parent, template):
        path.chmod(0o755)
    env = {"PLACE": "out", "NGINX_ENVSUBST_OUTPUT_DIR": "/srv", "NGINX_ENVSUBST_TEMPLATE_SUFFIX": ".tpl"}
    env["NGINX_ENVSUBST_TEMPLATE_DIR"] = "/etc/mine"
    name = start("nginx:1.30", env=env, options=("--volume", f"{tmp_path}:/etc/mine:ro"))
    eventually(lambda: docker("exec", name, "test", "-s", "/srv/sub/x", check=False))
    assert planted(name, "/srv/sub/x") == "$UNDEFINED_HERE out"


def test_nginx_runs_without_root_when_told_where_to_write(start: StartContainer, tmp_path: Path) -> None:
    config = tmp_path / "nginx.conf"
    paths = "".join(f"{kind}_temp_path /tmp/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    config.write_text(f"pid /tmp/pid; events {{}} http {{ {paths} server {{ listen 8080; return 204; }} }}")
    config.chmod(0o644)
    options = ("--user", "101:101", "--volume", f"{config}:/etc/nginx/nginx.conf:ro")
    name = start("nginx:1.30", options=options)
    eventually(lambda: docker("exec", name, "curl", "-fsS", "http://127.0.0.1:8080/", check=False))


def test_nginx_hands_connections_on(start: StartContainer, tmp_path: Path) -> None:
    config = tmp_path / "nginx.conf"
    config.write_text(
        "include /etc/nginx/modules-enabled/*.conf; include /etc/nginx/nginx.conf;"
        "stream { server { listen 81 proxy_protocol; set_real_ip_from 0.0.0.0/0; pass 0.0.0.0:80; } }"
    )
    config.chmod(0o644)
    name = start("nginx:1.30", "nginx", "-c", "/x.conf", "-g", "daemon off;", options=("-v", f"{config}:/x.conf:ro"))
    ask = ("curl", "-fsS", "--haproxy-protocol", "--haproxy-clientip", "192.0.2.7", "http://127.0.0.1:81/?through")
    page = eventually(lambda: docker("exec", name, *ask, check=False))
    assert "Welcome to nginx!" in page.stdout
    assert "192.0.2.7 - - [" in docker("logs", name).stdout


# --- python


def test_python_has_the_official_layout() -> None:
    programs = ("python", "python3", "pip")
    assert where("python:3.13-slim", *programs) == [f"/usr/local/bin/{name}" for name in programs]
    found = shell("python:3.13-slim", "python -c 'import sys; print(sys.prefix)'; python3 --version").split()
    assert found[0] == "/usr/local"
    environment = dict(item.split("=", 1) for item in settings("python:3.13-slim")["Env"])  # type: ignore[attr-defined]
    assert environment["PYTHON_VERSION"] == found[2]
    assert settings("python:3.13-slim")["Cmd"] == ["python3"]
    assert shell("python:3.13-slim", "test -s /etc/ssl/certs/ca-certificates.crt && echo there") == "there"


def test_python_makes_environments_and_pip_may_install() -> None:
    code = "import bz2, ctypes, lzma, sqlite3, ssl, zoneinfo; zoneinfo.ZoneInfo('Europe/Berlin')"
    shell("python:3.13-slim", f'python -c "{code}"')
    line = "python -m venv /opt/venv && /opt/venv/bin/pip --version && /opt/venv/bin/python --version"
    assert "from /opt/venv/lib/python3.13/site-packages/pip" in shell("python:3.13-slim", line)
    line = 'cd /tmp && printf \'[project]\nname="x"\nversion="1"\n\' > pyproject.toml && pip uninstall --yes nothing'
    assert "externally-managed" not in shell("python:3.13-slim", f"{line} 2>&1")
    assert shell("python:3.13-slim", "find / -xdev -name EXTERNALLY-MANAGED -path '/usr/local/*'") == ""


# --- node


def test_node_has_the_official_layout() -> None:
    found = settings("node:24-slim")
    assert (found["Entrypoint"], found["Cmd"]) == (["docker-entrypoint.sh"], ["node"])
    programs = ("node", "npm", "npx", "corepack")
    assert where("node:24-slim", *programs) == [f"/usr/local/bin/{name}" for name in programs]
    assert shell("node:24-slim", "id -u node; id -g node; echo ~node").split() == ["1000", "1000", "/home/node"]
    environment = dict(item.split("=", 1) for item in found["Env"])  # type: ignore[attr-defined]
    assert shell("node:24-slim", "node --version") == f"v{environment['NODE_VERSION']}"
    assert environment["NODE_VERSION"].startswith("24.")


def test_node_entry_point_knows_programs_from_scripts() -> None:
    assert docker("run", "--rm", "node:24-slim", "--print", "6 * 7").stdout.strip() == "42"
    assert docker("run", "--rm", "node:24-slim", "npm", "--version").stdout.strip()[0].isdigit()
    assert docker("run", "--rm", "--user", "node", "node:24-slim", "npx", "--version").stdout.strip()[0].isdigit()


# --- registry


def test_registry_serves_the_configuration_that_it_is_given(start: StartContainer) -> None:
    found = settings("registry:3")
    assert found["Volumes"] == {"/var/lib/registry": {}}
    assert found["Entrypoint"] == ["/entrypoint.sh"]
    name = start("registry:3", options=("--publish", "127.0.0.1::5000"))
    address = docker("port", name, "5000").stdout.strip()
    probe = ["curl", "-fsS", f"http://{address}/v2/"]
    eventually(lambda: subprocess.run(probe, capture_output=True, text=True, check=False))
