#!/usr/bin/env bash
# The development stack, for newcomers: each command is one or two calls of docker compose.
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
readonly ROOT

usage() {
    cat <<'USAGE'
usage: ./docker-dev.sh COMMAND [arguments]

  start [SERVICE...]         check, start and wait until healthy, then show the addresses
  stop [SERVICE...]          stop; containers and data stay
  restart [SERVICE...]       recreate with the configuration as it is now
  build [--no-cache]         build the development images
  rebuild                    build without the cache, then restart
  logs [SERVICE...]          follow the logs
  ps                         the containers
  status                     health and addresses
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
  clean [containers|all] [--yes]   remove the containers; all: the data too
  help                       this text

The stack is the compose project app-dev (COMPOSE_PROJECT_NAME names another); .env.example lists the ports.
Exit code: 2 for a wrong call or where no container engine answers, else that of docker compose.
USAGE
}

# fail CODE MESSAGE
fail() {
    echo "error: $2" >&2
    exit "$1"
}

compose() {
    docker compose --project-directory "$ROOT" --file "$ROOT/docker-compose.yml" "$@"
}

# inside SERVICE COMMAND...: run it there, with a terminal where there is one.
inside() {
    local terminal=()
    [[ -t 0 && -t 1 ]] || terminal=(-T)
    compose exec "${terminal[@]}" "$@"
}

check_engine() {
    if ! { docker compose version && docker info; } >/dev/null 2>&1; then
        fail 2 "no container engine with Compose answers; run ./scripts/bootstrap"
    fi
}

addresses() {
    local service port address
    while read -r service port; do
        address=$(compose port "$service" "$port" 2>/dev/null) || continue
        [[ -n $address ]] || continue
        case $service in
            proxy) echo "board     http://127.0.0.1:${address##*:}" ;;
            db | redis) printf '%-9s %s\n' "$service" "$address" ;;
            *) printf '%-9s http://%s\n' "$service" "$address" ;;
        esac
    done <<<$'proxy 80\nfrontend 5173\nbackend 8000\ndb 5432\nredis 6379'
}

start() {
    compose config --quiet
    compose up --detach --wait --wait-timeout 180 "$@" || {
        compose ps --all >&2
        fail 3 "the stack did not become healthy; look at ./docker-dev.sh logs"
    }
    addresses
}

status() {
    compose ps --all --format 'table {{.Service}}\t{{.Status}}\t{{.Image}}'
    addresses
}

# Placeholders stand for what only a server has.
validate() {
    local environment
    compose --profile '*' config --quiet
    echo "development: valid"
    compose --file "$ROOT/compose.test.yml" --profile '*' config --quiet
    echo "test: valid"
    for environment in staging production; do
        validate_release "$environment"
        echo "$environment: valid"
    done
}

# In a folder as on the server: the files and placeholders for what the deploy makes.
validate_release() (
    folder=$(mktemp -d)
    trap 'rm -rf "$folder"' EXIT
    cp "$ROOT/docker-compose.yml" "$ROOT/compose.$1.yml" "$ROOT/.env.docker" "$folder"
    printf '%s=placeholder\n' BACKEND_IMAGE FRONTEND_IMAGE DB_PASSWORD REDIS_PASSWORD RELEASE >"$folder/.env"
    : >"$folder/.env.$1"
    docker compose --project-directory "$folder" --env-file "$folder/.env" --file "$folder/docker-compose.yml" \
        --file "$folder/compose.$1.yml" --profile '*' config --quiet
)

volumes() {
    local project
    project=$(project_name)
    docker system df --verbose --format '{{range .Volumes}}{{println .Name .Size}}{{end}}' \
        | awk -v prefix="${project}_" 'index($1, prefix) == 1 { printf "%-40s %s\n", $1, $2 }'
}

project_name() {
    compose config --format json | sed -n '/^  "name": "\(.*\)",\{0,1\}$/{s//\1/p;q}'
}

# confirm ANSWER QUESTION: nothing is removed unasked; without a terminal nobody can answer.
confirm() {
    local answer
    [[ -t 0 ]] || fail 2 "clean asks first and there is no terminal; add --yes"
    read -r -p "$2 " answer
    [[ $answer == "$1" ]] || fail 2 "nothing was removed"
}

clean() {
    local degree='' yes=no project
    while (($#)); do
        case $1 in
            --yes) yes=yes ;;
            containers | all) degree=$1 ;;
            *) fail 2 "clean does not know $1; say containers or all, and --yes to not be asked" ;;
        esac
        shift
    done
    project=$(project_name)
    if [[ $degree == all ]]; then
        echo "this removes the containers, networks and ALL DATA of $project:" && volumes
        [[ $yes == yes ]] || confirm "$project" "type $project to go on:"
        compose --profile '*' down --volumes --remove-orphans
    else
        echo "this removes the containers and networks of $project; the data stay"
        [[ $yes == yes ]] || confirm y "go on? [y/N]"
        compose --profile '*' down --remove-orphans
    fi
}

in_shell() {
    [[ $# -eq 1 ]] || fail 2 "shell needs a service; one of: $(compose --profile '*' config --services | tr '\n' ' ')"
    inside "$1" sh -c 'if command -v bash >/dev/null; then exec bash; fi; exec sh'
}

# The variables of both are the container's: their values stay out of every argument list.
# shellcheck disable=SC2016
db_shell() {
    inside db sh -c 'exec psql -U "$POSTGRES_USER" -d "$POSTGRES_DB" "$@"' psql "$@"
}

# shellcheck disable=SC2016
redis_cli() {
    inside redis sh -c 'export REDISCLI_AUTH="$REDIS_PASSWORD"; exec redis-cli "$@"' redis-cli "$@"
}

main() {
    local command=${1:-help}
    shift || true
    case $command in
        help | --help | -h) usage && return ;;
    esac
    known "$command" || { usage >&2 && fail 2 "unknown command: $command; the list is above"; }
    check_engine
    case $command in
        start | status | validate | volumes | clean) "$command" "$@" ;;
        stop | build | ps) compose "$command" "$@" ;;
        restart) compose up --detach --force-recreate --wait --wait-timeout 180 "$@" ;;
        rebuild) compose build --no-cache && compose up --detach --force-recreate --wait --wait-timeout 180 ;;
        logs) compose logs --follow --tail 100 "$@" ;;
        shell) in_shell "$@" ;;
        exec)
            [[ $# -ge 2 ]] || fail 2 "exec needs a service and a command: ./docker-dev.sh exec backend python --version"
            inside "$@"
            ;;
        backend-shell) inside backend python manage.py shell "$@" ;;
        backend-migrate) inside backend python manage.py migrate "$@" ;;
        # As the caller, who owns the folder that the files are written to.
        backend-makemigrations) inside --user "$(id -u):$(id -g)" backend python manage.py makemigrations "$@" ;;
        frontend-shell) in_shell frontend ;;
        db-shell) db_shell "$@" ;;
        redis-cli) redis_cli "$@" ;;
    esac
}

known() {
    usage | sed -n 's/^  \([a-z-]*\) .*/\1/p' | grep -qxF -- "$1"
}

main "$@"
