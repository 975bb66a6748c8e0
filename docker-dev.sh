#!/usr/bin/env bash
# The development stack, for newcomers: each command is one call of invoke, which does the work.
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
readonly ROOT

usage() {
    cat <<'USAGE'
usage: ./docker-dev.sh COMMAND [arguments]

  start [SERVICE...]         start what does not run or has changed, wait until healthy, show the addresses
  stop [SERVICE...]          stop; containers and data stay
  restart [SERVICE...]       make containers anew, with the configuration as it is now
  build [SERVICE...]         build the development images; --no-cache: without the cache
  rebuild [SERVICE...]       build without the cache, then restart
  logs [SERVICE...]          follow the logs; --since=10m
  status                     health, addresses, ports, memory, versions, images behind their lock files
  ps                         the same
  watch                      what becomes of the services, as it happens; --json for machines
  preflight                  what would keep the stack from starting, and the fixes; --fix does what is safe
  check                      what answers through the proxy; --recovery: also without the database
  validate                   check the compose files of every environment
  volumes                    the volumes, with their sizes
  shell SERVICE              a shell in a service
  exec SERVICE COMMAND...    run a command in a service
  backend-shell              Django's shell
  backend-migrate            apply migrations
  backend-makemigrations     write migrations into backend/
  frontend-shell             a shell beside Vite
  db-shell                   psql
  redis-cli                  redis-cli
  backup                     keep the database, media and static files
  backup-db                  keep the database
  backups                    what is kept
  restore BACKUP             bring a backup back: its name, a file, or last; --part=media: a part of it
  reset                      remove the data and start anew, with example data
  clean [DEGREE]             remove containers (the default), logs, caches, or all, with the data
  help                       this text

What loses something asks first; --yes agrees beforehand, --dry-run shows what would be done. Options are those of the
Invoke task of the same name (invoke --help dev.up), written --name=value.
The stack is the compose project app-dev (DEV_PROJECT_NAME names another); .env.example lists the ports.
Exit code: 2 for a wrong call or where no container engine answers, 3 where something failed.
USAGE
}

# fail MESSAGE
fail() {
    echo "error: $1" >&2
    exit 2
}

# task NAME WORD...: go on as that task of Invoke.
task() {
    local program=$ROOT/.venv/bin/invoke
    [[ -x $program ]] || fail "the Python environment is not there; run ./scripts/bootstrap"
    cd "$ROOT"
    exec "$program" "$@"
}

# with OPTION NAME WORD...: the same, where each word that is no option is a value of OPTION.
with() {
    local option=$1 name=$2 word words=()
    shift 2
    for word in "$@"; do
        [[ $word == -* ]] || word=$option=$word
        words+=("$word")
    done
    task "$name" ${words[@]+"${words[@]}"}
}

# client SERVICE WORD...: the service's own shell, which is handed the words.
client() {
    local service=$1
    shift
    (($#)) || task dev.shell --service="$service"
    task dev.shell --service="$service" --client -- "$@"
}

# A file is named from where the caller is.
restore() {
    (($#)) || fail "restore needs a backup: ./docker-dev.sh restore last, or see ./docker-dev.sh backups"
    local backup=$1
    shift
    [[ ! -f $backup ]] || backup=$(cd "$(dirname "$backup")" && pwd)/${backup##*/}
    task dev.restore "$backup" "$@"
}

main() {
    local command=${1:-help}
    shift || true
    case $command in
        help | --help | -h) usage ;;
        start) with --service dev.up "$@" ;;
        stop | restart | build | rebuild) with --service "dev.$command" "$@" ;;
        logs) with --service dev.logs --follow --tail=100 "$@" ;;
        ps) task dev.status "$@" ;;
        status | watch | preflight | check | validate | volumes | backups | reset) task "dev.$command" "$@" ;;
        backup) with --part dev.backup "$@" ;;
        backup-db) task dev.backup --part=database "$@" ;;
        restore) restore "$@" ;;
        clean) with --degree dev.clean "$@" ;;
        shell)
            [[ $# -eq 1 ]] || fail "shell needs a service: ./docker-dev.sh shell backend"
            task dev.shell --service="$1" --bash
            ;;
        exec)
            [[ $# -ge 2 ]] || fail "exec needs a service and a command: ./docker-dev.sh exec backend python --version"
            local service=$1
            shift
            task dev.shell --service="$service" -- "$@"
            ;;
        backend-shell) client backend "$@" ;;
        backend-migrate) task dev.shell --service=backend -- python manage.py migrate "$@" ;;
        backend-makemigrations) task dev.shell --service=backend --mine -- python manage.py makemigrations "$@" ;;
        frontend-shell) task dev.shell --service=frontend "$@" ;;
        db-shell) client db "$@" ;;
        redis-cli) client redis "$@" ;;
        *)
            usage >&2
            fail "unknown command: $command; the list is above"
            ;;
    esac
}

main "$@"
