"""Scripts that run on servers, before an engine that fails as no real one does when asked."""

from __future__ import annotations

import hashlib
import os
import re
import signal
import subprocess
import time
from dataclasses import replace
from pathlib import Path

import pytest

from certificates import issue
from homes import Home
from shiplane.commands import dotenv, remote
from shiplane.commands import job as jobs
from shiplane.config import Backup
from shiplane.deploy import backups, maintenance, phases, tls
from shiplane.deploy.audit import Deed
from shiplane.deploy.survey import parse, survey_command
from shiplane.model import Command, Secret

DEED = Deed("certificate", "2026-01-01T00:00:00.000Z", "ada@laptop", "r1", "")
ISSUED = issue("staging.test"), issue("staging.test")


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def install(home: Home, number: int = 0) -> subprocess.CompletedProcess[str]:
    issued = ISSUED[number]
    certificate = tls.Certificate(issued.pem, Secret(tls.KEY, issued.key_pem))
    return home.run(tls.command(home.site, "gateway", certificate, DEED))


def served(home: Home) -> str:
    """Give the digest of the certificate that a survey tells of."""
    told = home.run(survey_command(home.site))
    assert told.returncode == 0, told.stderr
    return parse(told.stdout.splitlines()).certificate


def digest(number: int) -> str:
    return tls.Certificate(ISSUED[number].pem, Secret(tls.KEY, "")).digest


KEY = "ssh-ed25519 BBBB of the deploys"
SCRIPTS = Path(remote.__file__).with_name("scripts")
FUNCTIONS = """
source <(sed -n '/^has_key()/,/^}/p; /^make_authorized_key()/,/^}/p' "$1")
make_authorized_key "$(id -un)" - "$2" "$3"
"""


@pytest.mark.parametrize("there", ["", "ssh-rsa AAAA ada@laptop", "ssh-rsa AAAA ada@laptop\n", "ssh-rsa AAAA", None])
def test_a_key_gets_a_line_of_its_own(tmp_path: Path, there: str | None) -> None:
    keys = tmp_path / ".ssh/authorized_keys"
    if there is not None:
        keys.parent.mkdir()
        keys.write_text(there)
    for _ in range(2):
        subprocess.run(("bash", "-euc", FUNCTIONS, "bash", SCRIPTS / "prepare.sh", tmp_path, KEY), check=True)
        assert keys.read_text().splitlines() == [*filter(None, [(there or "").strip()]), KEY]


def test_a_key_that_was_glued_to_the_line_before_gets_one_too(tmp_path: Path) -> None:
    keys = tmp_path / ".ssh/authorized_keys"
    keys.parent.mkdir()
    keys.write_text(f"ssh-rsa AAAA ada@laptop{KEY}\n")
    subprocess.run(("bash", "-euc", FUNCTIONS, "bash", SCRIPTS / "prepare.sh", tmp_path, KEY), check=True)
    assert keys.read_text().splitlines()[1:] == [KEY]


def test_a_certificate_that_nobody_could_be_told_of_is_not_taken(home: Home) -> None:
    home.docker('case "$1 $2" in "ps -q") echo c1 ;; esac')
    assert install(home).stdout == "replaced\n"
    [asked, reloaded] = home.asked()
    assert "label=com.docker.compose.service=gateway" in asked
    assert reloaded == "exec c1 nginx -s reload"
    assert served(home) == digest(0)
    home.docker('case "$1 $2" in "ps -q") echo the engine is away >&2; exit 1 ;; esac')
    done = install(home, 1)
    assert (done.returncode, done.stdout) == (1, "")
    assert "the engine is away" in done.stderr
    home.docker("")
    assert served(home) == digest(0)
    assert (home.place / "audit.jsonl").read_text() == f"{DEED.line()}\n"


def test_a_certificate_whose_install_was_cut_off_is_told_to_the_proxies_again(home: Home) -> None:
    home.docker('case "$1 $2" in "ps -q") echo c1 ;; esac')
    install(home)
    home.docker("kill -KILL $PPID; sleep 1")
    assert install(home, 1).returncode != 0
    home.docker('case "$1 $2" in "ps -q") echo c1 ;; esac')
    assert served(home) == "", "it is there, and no proxy has read it"
    home.asked()
    assert install(home, 1).stdout == "replaced\n"
    assert home.asked()[-1] == "exec c1 nginx -s reload"
    assert served(home) == digest(1)
    assert sorted(path.name for path in (home.place / "served").iterdir()) == ["tls"]


JOB = jobs.Job("j1", "say it", 20.0, (Command(("sh", "-c", "echo begun; sleep 3; echo done")),))
ROLLED = """
case "$*" in
    *'--format json'*) echo '{}' ;;
    *--hash*) printf 'gateway h1\\nweb h2\\n' ;;
    *proxy-port*) echo 'e1 81 running' ;;
    'ps -a '*)
        printf 'gateway p%s app-gateway-%s h%s running Up 1 second (healthy)\\n' 3 3 1 2 2 0
        echo 'web w4 app-web-4 h2 running Up 1 second'
        ;;
    inspect*) echo 'web running - 0 0 always' ;;
    top*) printf 'PID COMMAND\\n%s nginx: worker process\\n' "$(cat ~/"$2" 2>/dev/null || echo 1)" ;;
    exec*) date +%N >~/"$2" ;;
esac
"""


@pytest.fixture
def released(home: Home) -> Home:
    """Give a server with the files of release r2."""
    (home.place / "releases/r2").mkdir(parents=True)
    (home.place / "releases/r2/manifest.json").write_text("{}")
    return home


def test_what_holds_the_ports_is_told_of_another_proxy_once(released: Home) -> None:
    home, upstreams = released, released.place / "served/upstreams"
    upstreams.mkdir(parents=True)
    words = ("app", "compose.staging.yml", "r2", "20", "gateway", "web:8000", "-", "roll:web:1")
    roll = remote.script("roll", home.site.folder, *words)
    told = "exec e1 sh -c kill -HUP 1"
    for again in (False, True):
        home.docker(ROLLED)
        done = home.run(roll)
        assert (done.returncode, done.stderr) == (0, "")
        assert (upstreams / "web.conf").read_text() == "server app-web-4:8000 resolve;\n"
        assert (upstreams / "gateway.conf").read_text() == "server app-gateway-3:81 resolve;\n"
        assert (upstreams / "gateway.conf").stat().st_mode & 0o777 == 0o644
        assert [each for each in home.asked() if each.startswith("exec")] == [
            *(f"exec {proxy} nginx -s reload" for proxy in ("p3", "p2")),
            *(() if again else (told,)),
        ]
    (upstreams / "gateway.conf").unlink()
    home.docker(ROLLED.replace("exec*)", "'exec e1 '*) echo it is away >&2; exit 1 ;; exec*)"))
    done = home.run(roll)
    assert (done.returncode, done.stderr) == (1, "it is away\n")


ENDING = """
case "$*" in
    *'--format json'*) echo '{}' ;;
    *--hash*) printf 'web h2\\n' ;;
    *proxy-port*) ;;
    *' create '*) touch ~/made ;;
    'ps -a '*)
        [ -e ~/gone ] || echo 'web w4 app-web-4 h2 running Up 1 second (healthy)'
        [ ! -e ~/made ] || echo 'web w5 app-web-5 h2 running Up 1 second (healthy)'
        ;;
    'inspect --format {{range .Mounts'*) printf '%064d\\nscratch\\n' 7 ;;
    inspect*) echo 'web running healthy 0 0 always' ;;
    'rm '*) touch ~/gone ;;
esac
"""


def test_an_undo_does_not_count_on_what_was_told_to_stop(released: Home) -> None:
    """The engine goes on to stop it, though the one who asked was ended."""
    home = released
    (home.place / ".job").mkdir()
    (home.place / ".job/ending").write_text("w3\nw4\n")
    words = ("app", "compose.staging.yml", "r2", "20", "gateway", "web:8000", "-", "roll:web:1")
    home.docker(ENDING)
    done = home.run(remote.script("roll", home.site.folder, *words))
    assert (done.returncode, done.stderr) == (0, "")
    assert (home.place / "served/upstreams/web.conf").read_text() == "server app-web-5:8000 resolve;\n"
    asked = home.asked()
    assert [line for line in asked if line.startswith(("stop", "rm", "volume"))] == [
        "stop w4",
        "rm -fv w4",
        f"volume rm {7:064d}",
    ]
    assert (home.place / ".job/ending").read_text().split() == ["w3", "w4", "w4"]


# An engine whose containers are what the files c1, c2, ... in the home folder say: each its service and what it needs.
MADE = """
state() { cat ~/"$1.state" 2>/dev/null || echo created - 0; }
case "$*" in
    'compose '*) for id in db web gateway edge once; do rm -f ~/$id.state; done; touch ~/made ;;
    *proxy-port*) echo 'edge 81 running' ;;
    top*) printf 'PID COMMAND\\n%s nginx: worker process\\n' "$(cat ~/told 2>/dev/null || echo 1)" ;;
    exec*) echo 2 >~/told ;;
    *depends_on*)
        shift 3
        for id in "$@"; do
            case $id in
                web) needs=db:service_healthy:false,mail:service_started:false ;;
                gateway) needs=web:service_healthy:false,once:service_completed_successfully:false ;;
                once) needs=db:service_started:false ;;
                *) needs= ;;
            esac
            echo "$id $id $(state $id) $needs"
        done
        ;;
    inspect*) shift 3; for id in "$@"; do set -- $(state $id); echo "$id $1 $2 $3 0 no"; done ;;
    'ps -a '*'.ID}} {{.Label'*) for id in db web gateway edge once; do echo "$id $id"; done ;;
    'ps -a '*)
        for id in db web gateway edge once; do
            echo "$id $id app-$id-1 h $(if [ -e ~/made ]; then echo created Created; else echo running Up; fi)"
        done
        ;;
    'start once') echo 'exited - 0' >~/once.state ;;
    'start '*) echo 'running - 0' >~/"$2.state" ;;
esac
"""


def test_what_is_made_anew_stops_and_starts_in_the_order_of_need(released: Home) -> None:
    home, upstreams = released, released.place / "served/upstreams"
    words = ("app", "compose.staging.yml", "r2", "20", "gateway", "web:8000,shop:80", "db")
    home.docker(MADE)
    done = home.run(remote.script("recreate", home.site.folder, *words))
    assert (done.returncode, done.stderr) == (0, "")
    asked = [each for each in home.asked() if each.startswith(("stop", "start", "compose", "exec"))]
    files = "-p app -f docker-compose.yml -f compose.staging.yml"
    assert [set(asked[0].split()), asked[1]] == [
        {"stop", "web", "gateway", "edge", "once"},
        f"compose {files} create --force-recreate --no-build --pull never --remove-orphans",
    ]
    started = [{"start db", "start edge"}, {"start once", "start web"}, {"start gateway"}]
    assert [{*asked[2:4]}, {*asked[4:6]}, {*asked[6:7]}] == started
    assert asked[7:] == ["exec edge sh -c kill -HUP 1"]
    assert {path.name: path.read_text() for path in upstreams.iterdir()} == {
        "web.conf": "server app-web-1:8000 resolve;\n",
        "gateway.conf": "server app-gateway-1:81 resolve;\n",
    }
    assert {path.stat().st_mode & 0o777 for path in (upstreams, upstreams.parent)} == {0o755}


@pytest.mark.parametrize("broken", ["stop*", "compose*", "start*", "'start gateway'", "exec*", "*depends_on*"])
def test_a_recreate_whose_engine_refuses_ends_at_once(released: Home, broken: str) -> None:
    released.docker(f'case "$*" in {broken}) echo the port is taken >&2; exit 1 ;; esac\n{MADE}')
    words = ("app", "compose.staging.yml", "r2", "600", "gateway", "web:8000", "db")
    done = released.run(remote.script("recreate", released.site.folder, *words))
    assert done.returncode != 0
    assert "the port is taken" in done.stderr + done.stdout


JOB = jobs.Job("j1", "say it", 20.0, (Command(("sh", "-c", "echo begun; sleep 1; echo done")),))


@pytest.fixture
def begun(home: Home) -> Home:
    """Let a job have been begun by one who was gone before it could say so."""
    start = jobs.start(home.site.folder, JOB)
    text, count = re.subn(r"^ *setsid bash .* &$", r"\g<0> kill -KILL $$", str(start.stdin), flags=re.MULTILINE)
    assert count == 1
    assert home.run(replace(start, stdin=text)).returncode == -signal.SIGKILL
    told = home.place / ".job/id"
    for _ in range(1000):
        if told.exists() and told.read_text():
            return home
        time.sleep(0.02)
    pytest.fail("nobody says that it was begun")


def test_a_job_is_followed_though_the_one_who_began_it_could_not_say_so(begun: Home) -> None:
    followed = begun.run(jobs.follow(begun.site.folder, JOB))
    assert (followed.returncode, followed.stdout.splitlines()) == (0, ["@@ commands 0", "begun", "done"])
    other = replace(JOB, id="j2")
    assert begun.run(jobs.follow(begun.site.folder, other)).returncode == jobs.NEVER_BEGUN


def test_a_job_whose_end_nobody_asks_about_is_not_waited_for(home: Home) -> None:
    """Its parent is gone, and whoever has taken it over lets it lie: it stays in the list of processes."""
    quick = jobs.Job("j1", "say it", 20.0, (Command(("echo", "done")),))
    assert home.run(jobs.start(home.site.folder, quick)).returncode == 0
    with subprocess.Popen(("true",)) as dead:
        os.waitid(os.P_PID, dead.pid, os.WEXITED | os.WNOWAIT)
        (home.place / ".job/pid").write_text(f"{dead.pid}\n")
        for lost, code, said in ((False, 0, "done"), (True, 1, "it ended without a word")):
            if lost:
                (home.place / ".job/code").unlink()
            followed = home.run(jobs.follow(home.site.folder, quick))
            assert (followed.returncode, said in followed.stdout + followed.stderr) == (code, True)


def test_a_job_is_waited_for_though_the_one_who_began_it_could_not_say_so(begun: Home) -> None:
    after = begun.run(jobs.start(begun.site.folder, replace(JOB, id="j2", title="say it again")))
    assert (after.returncode, after.stdout.splitlines()[0]) == (0, "@@ earlier say it")


def test_what_was_there_before_a_first_deploy_stays_where_it_is(home: Home) -> None:
    for name in ("one", "two"):
        (home.place / "releases" / name).mkdir(parents=True)
        (home.place / "releases" / name / "manifest.json").write_text("{}")
        (home.place / "releases" / name / f"only-{name}.yml").write_text("")
    home.docker('case "$1 $2" in "ps -aq") printf "c1\\nc2\\n" ;; esac')

    def cleared(current: str | None) -> list[str]:
        """Let release two be what a deploy has begun, take it back, and list what is there then."""
        (home.place / "served/upstreams").mkdir(parents=True, exist_ok=True)
        activate = remote.script("activate", "two", cwd=home.site.folder)
        for command in (activate, phases.clear(home.site, current, ("c1", "old"))):
            done = home.run(command)
            assert (done.returncode, done.stderr) == (0, "")
        return sorted(path.name for path in home.place.iterdir())

    assert cleared("one") == ["current", "only-one.yml", "releases", "served"]
    assert (home.place / "current").readlink().name == "one"
    assert [line for line in home.asked() if line.startswith("rm")] == ["rm -fv c2"]
    assert cleared(None) == ["releases", "served"], "a container that stays may have it as a volume"
    home.docker("")
    assert cleared(None) == ["releases"]


def test_files_of_before_a_first_deploy_are_kept_and_come_back(home: Home) -> None:
    """As of a server that was set up by hand: its `.env` may be the one place that has the database's password."""
    mine = {".env": "DB_PASSWORD=mine", "compose.staging.yml": "mine", "proxy/nginx.conf": "mine"}
    for name, text in mine.items():
        (home.place / name).parent.mkdir(parents=True, exist_ok=True)
        (home.place / name).write_text(text)
    (home.place / ".env").chmod(0o600)
    new = home.place / "releases/two"
    for name in ("manifest.json", *mine):
        (new / name).parent.mkdir(parents=True, exist_ok=True)
        (new / name).write_text("theirs")
    home.docker("")
    assert home.run(remote.script("activate", "two", cwd=home.site.folder)).returncode == 0
    assert {(home.place / name).read_text() for name in mine} == {"theirs"}
    (kept,) = home.place.glob(".env.before-*")
    assert (kept.read_text(), kept.stat().st_mode & 0o777) == ("DB_PASSWORD=mine", 0o600)
    assert home.run(phases.clear(home.site, None, ())).returncode == 0
    assert {name: (home.place / name).read_text() for name in mine} == mine
    assert sorted(path.name for path in home.place.iterdir()) == [".env", "compose.staging.yml", "proxy", "releases"]


def test_a_database_that_is_too_old_is_told_before_anything_changes(home: Home) -> None:
    (home.place / "backups").mkdir()
    home.docker('case "$1" in ps) echo c1 ;; exec) cat >>~/said; echo 110022 ;; esac')
    done = home.run(backups.load(home.site, Backup(), "b1"))
    assert (done.returncode, done.stderr) == (1, "PostgreSQL 11 serves, and 12 is the least for this\n")
    asked = (home.folder / "said").read_text().splitlines()
    assert [line for line in asked if not line.startswith("\\set ")] == ["SHOW server_version_num;"]


def test_no_word_is_said_to_a_database_that_version_12_does_not_know(home: Home) -> None:
    (home.place / "backups").mkdir()
    (home.place / "backups/b1.dump").write_text("dump")
    (home.place / "backups/b1.json").write_text(f'{{"sha256": "{hashlib.sha256(b"dump").hexdigest()}"}}')
    home.docker('case "$1" in ps) echo c1 ;; exec) cat >>~/said; echo 120000 ;; esac')
    for command in (backups.load(home.site, Backup(), "b1"), backups.finish(home.site, Backup())):
        assert home.run(command).returncode == 0
    said = (home.folder / "said").read_text()
    assert said.count("DROP DATABASE") == 4
    assert "FORCE" not in said, "since 13"
    assert "d.datlocprovider" not in said, "since 15"


DUMP = r"""
ALTER DATABASE shop OWNER TO nobody;
ALTER DATABASE shop SET search_path TO 'p)$''"#\\ ü', public;
ALTER ROLE app IN DATABASE shop SET work_mem TO '8MB';
ALTER ROLE gone IN DATABASE shop SET work_mem TO '8MB';
GRANT CONNECT,TEMPORARY ON DATABASE shop TO app;
GRANT CONNECT ON DATABASE shop TO grafana;
-- Name: a; Type: TABLE; Schema: public; Owner: never
ALTER TABLE public.a OWNER TO app;
"""
OWNED = 'ALTER TABLE public.b OWNER TO "old ""app"" TO x";\nALTER TABLE public.c OWNER TO stranger;\n'
GRANTED = """
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT SELECT(id) ON TABLE public.a TO grafana WITH GRANT OPTION;
SET SESSION AUTHORIZATION "the boss";
GRANT SELECT ON TABLE public.a TO "a TO b";
RESET SESSION AUTHORIZATION;
ALTER DEFAULT PRIVILEGES FOR ROLE "x y" IN SCHEMA public GRANT SELECT ON TABLES TO app;
"""
STRANGERS = """
case "$1 ${*:8}" in
    ps*) echo c1 ;;
    *' --list') cat >/dev/null ;;
    *--create*) cat ~/text ;;
    *' pg_restore '*) grep -v DATABASE ~/text || : ;;
    *' psql')
        said=$(cat)
        printf '%s\\n' "$said" >>~/said
        case $said in *version_num*) echo 120000 ;; *'SELECT rolname'*) cat ~/roles ;; esac
        ;;
esac
"""


@pytest.fixture
def kept(home: Home) -> Home:
    """Let there be a backup, and an engine whose database knows only its own user."""
    (home.place / "backups").mkdir()
    (home.place / "backups/b1.dump").write_text("dump")
    (home.place / "backups/b1.json").write_text(f'{{"sha256": "{hashlib.sha256(b"dump").hexdigest()}"}}')
    (home.folder / "roles").write_text("app\nPUBLIC\n")
    home.docker(STRANGERS)
    return home


@pytest.mark.parametrize(
    ("more", "flags", "said"),
    [
        ("", "", []),
        (OWNED, " --no-owner", ['not known here: old "app" TO x,stranger, to whom parts of backup b1 belong']),
        (GRANTED, " --no-acl", ["not known here: a TO b,grafana,the boss,x y, named by rights in backup b1"]),
        (OWNED + GRANTED, " --no-owner --no-acl", ["to whom parts", "named by rights"]),
    ],
)
def test_only_what_a_stranger_has_in_a_backup_is_left_out(kept: Home, more: str, flags: str, said: list[str]) -> None:
    (kept.folder / "text").write_text(DUMP + more)
    done = kept.run(backups.load(kept.site, Backup(), "b1"))
    assert (done.returncode, done.stderr, done.stdout.count("\n")) == (0, "", len(said))
    assert all(each in done.stdout for each in said)
    assert kept.asked()[-1].endswith(f" sh load{flags}")


def test_nobody_is_a_stranger_to_a_server_that_cannot_be_asked(kept: Home) -> None:
    (kept.folder / "text").write_text(DUMP)
    (kept.folder / "roles").unlink()
    assert kept.run(backups.load(kept.site, Backup(), "b1")).returncode == 1
    assert not [each for each in kept.asked() if " sh load" in each]
    fresh = backups.make(kept.site, Backup(), "b2", "new", "old")
    assert kept.run(backups.swap(kept.site, Backup(), "b1", ("db",), "b2", fresh)[2]).returncode == 1
    assert "BEGIN" not in (kept.folder / "said").read_text()


def test_the_rights_of_another_database_become_those_of_ours_but_a_stranger_s(kept: Home) -> None:
    (kept.folder / "text").write_text(DUMP)
    fresh = backups.make(kept.site, Backup(), "b2", "new", "old")
    done = kept.run(backups.swap(kept.site, Backup(), "b1", ("db",), "b2", fresh)[2])
    assert (done.returncode, done.stderr) == (0, "")
    assert (kept.folder / "said").read_text().splitlines()[-5:] == [
        'ALTER DATABASE :"new" RENAME TO :"name";',
        r"""ALTER DATABASE :"name" SET search_path TO 'p)$''"#\\ ü', public;""",
        """ALTER ROLE app IN DATABASE :"name" SET work_mem TO '8MB';""",
        'GRANT CONNECT,TEMPORARY ON DATABASE :"name" TO app;',
        "COMMIT;",
    ]


def test_what_a_restore_that_was_cut_off_has_left(home: Home) -> None:
    (home.place / "backups").mkdir()
    (home.place / "served").mkdir()
    (home.place / "backups/b1.dump").write_text("dump")
    (home.place / "backups/b1.json").write_text(f'{{"sha256": "{hashlib.sha256(b"dump").hexdigest()}"}}')
    home.docker('case "$1" in ps) echo c1 ;; exec) cat >/dev/null; echo 120000 ;; esac')

    def after(command: Command) -> tuple[set[str], bool]:
        """Run a command, and give what a survey then tells of, and whether people see the page of maintenance."""
        assert home.run(command).returncode == 0
        told = home.run(survey_command(home.site)).stdout.splitlines()
        restored.append(parse(told).restored)
        return set(parse(told).restore), (home.place / "served/maintenance").exists()

    settings, restored = Backup(), list[tuple[str, str] | None]()
    fresh = backups.make(home.site, settings, "b2", "new", "old")
    stop, _, swap = backups.swap(home.site, settings, "b1", ("db",), "b2", fresh)
    assert after(backups.load(home.site, settings, "b1")) == ({"beside"}, False)
    assert after(stop) == ({"beside", "stopped"}, True)
    assert after(swap) == ({"beside", "stopped"}, True)
    assert after(backups.back(home.site, settings)) == ({"stopped"}, True)
    assert after(backups.reopen(home.site, settings)) == (set(), False)
    assert restored == [None, None, ("b1", "b2"), None, None]
    (home.place / "served/maintenance").write_text("closed by ada")
    assert after(stop) == ({"stopped"}, True)
    assert after(backups.reopen(home.site, settings)) == (set(), True), "a person closed it"
    (home.place / "served/maintenance").unlink()
    (home.place / "current").mkdir()
    deed = Deed("maintenance.on", "2026-01-01T00:00:00.000Z", "ada@laptop", "r1", "")
    for end in (True, False):
        after(stop)
        assert home.run(maintenance.command(home.site, deed, on=True)).stdout == "changed\n"
        assert home.run(maintenance.command(home.site, deed, on=True)).stdout == "same\n"
        assert end is False or after(backups.reopen(home.site, settings)) == (set(), True), "closed meanwhile"
        assert "ada@laptop" in (home.place / "served/maintenance").read_text()
        assert home.run(maintenance.command(home.site, deed, on=False)).stdout == "changed\n"
        assert after(backups.reopen(home.site, settings)) == (set(), False)
    home.docker(
        'case "$1 $4" in ps*) echo c1 ;; "exec sh") [[ $* != *" load" ]] || exit 1; cat >/dev/null; echo 120000 ;; esac'
    )
    assert home.run(backups.load(home.site, settings, "b1")).returncode == 1
    assert not (home.place / ".restore-beside").exists()


def test_what_a_server_that_lost_its_power_has_left(home: Home) -> None:
    home.docker("")
    for name, manifest in (("one", ""), ("two", None)):
        folder = home.place / "releases" / name
        folder.mkdir(parents=True)
        if manifest is not None:
            (folder / "manifest.json").write_text(manifest)
            (folder / "tested.json").write_text("")
    (home.place / "current").symlink_to("releases/one")
    told = home.run(survey_command(home.site))
    assert told.returncode == 0, told.stderr
    state = parse(told.stdout.splitlines())
    assert (state.current, state.releases, state.tested) == ("one", {}, {})
    assert state.damaged == {"one", "two"}


def test_a_survey_tells_the_secrets_of_every_release_to_who_changes_something(home: Home) -> None:
    home.docker("")
    hard = "p)$'\"#\\ ü"
    for name, secret in (("one", hard), ("two", "other"), ("three", "other")):
        folder = home.place / "releases" / name
        folder.mkdir(parents=True)
        (folder / ".env").write_text(dotenv.render({"RELEASE": name, "DB_PASSWORD": secret}))
        (folder / ".env.staging").write_text(dotenv.render({"BOARD_TOKEN": f"t-{secret}"}))
    told = home.run(survey_command(home.site, services=True))
    assert told.returncode == 0, told.stderr
    found = [(each.name, each.value) for each in parse(told.stdout.splitlines()).secrets]
    assert sorted(found) == sorted(
        [("DB_PASSWORD", hard), ("DB_PASSWORD", "other"), ("BOARD_TOKEN", f"t-{hard}"), ("BOARD_TOKEN", "t-other")]
    )
    assert "secret\t" not in home.run(survey_command(home.site)).stdout


@pytest.mark.parametrize("verb", ["ps", "volume", "*"])
def test_an_engine_that_does_not_answer_is_not_one_that_has_nothing(home: Home, verb: str) -> None:
    home.docker("")
    assert home.run(survey_command(home.site)).returncode == 0
    home.docker(f'[[ $1 != {verb} ]] || {{ echo "no answer" >&2; exit 1; }}')
    told = home.run(survey_command(home.site))
    assert (told.returncode, told.stderr) == (1, "no answer\n")
