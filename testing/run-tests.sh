#!/usr/bin/env bash
# Run the application's test suites against the test environment, which is started for them and removed after.
set -euo pipefail

readonly SUITES=(unit integration e2e visual performance)
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
readonly ROOT

usage() {
    cat <<'USAGE'
usage: testing/run-tests.sh [options]

  --suite NAME   all (default), unit, integration, e2e, visual or performance
  --clean        remove a test environment that is still there first: fresh containers, networks and data
  --verbose      show what the builds and the start print, and each test by name
  --headed       show the browser on this screen (browser suites; needs npm ci in testing/)
  --keep         leave the environment running afterwards
  --help         this text

Reports: testing/reports. Ports: TEST_PROXY_PORT and the like, see .env.example. TEST_PROJECT names the environment
(default app-test). Exit code: 0 passed, 2 usage or no engine, 3 a suite failed, 4 the environment did not start.
USAGE
}

# fail CODE MESSAGE
fail() {
    echo "error: $2" >&2
    exit "$1"
}

suite=all clean=no verbose=no headed=no keep=no
parse() {
    while (($#)); do
        case $1 in
            --suite) [[ $# -ge 2 ]] || fail 2 "--suite needs a name; one of: all ${SUITES[*]}" && suite=$2 && shift ;;
            --suite=*) suite=${1#*=} ;;
            --clean) clean=yes ;;
            --verbose) verbose=yes ;;
            --headed) headed=yes ;;
            --keep) keep=yes ;;
            --help | -h) usage && exit 0 ;;
            *) fail 2 "unknown option: $1; see testing/run-tests.sh --help" ;;
        esac
        shift
    done
    case " all ${SUITES[*]} " in
        *" $suite "*) ;;
        *) fail 2 "unknown suite: $suite; one of: all ${SUITES[*]}" ;;
    esac
}

compose() {
    docker compose --project-directory "$ROOT" --project-name "${TEST_PROJECT:-app-test}" \
        --file "$ROOT/docker-compose.yml" --file "$ROOT/compose.test.yml" "$@"
}

# quietly COMMAND...: show what it prints when it fails, or always with --verbose.
quietly() {
    if [[ $verbose == yes ]]; then
        "$@"
        return
    fi
    local output code=0
    output=$("$@" 2>&1) || code=$?
    ((code == 0)) || printf '%s\n' "$output" >&2
    return "$code"
}

check_headed() {
    [[ $headed == yes ]] || return 0
    [[ -n ${DISPLAY:-}${WAYLAND_DISPLAY:-} ]] || fail 2 "--headed needs a screen and DISPLAY is not set; leave it out"
    [[ -x $ROOT/testing/node_modules/.bin/playwright ]] \
        || fail 2 "--headed runs on this machine and its packages are missing; run npm ci in testing/"
}

check_engine() {
    if ! { docker compose version && docker info; } >/dev/null 2>&1; then
        fail 2 "no container engine with Compose answers; run ./scripts/bootstrap"
    fi
}

# What this run started, this run removes; an environment that somebody left running is theirs.
started=no
finish() {
    local code=$?
    if [[ $started == yes && $keep == no ]]; then
        compose --profile '*' down --volumes --remove-orphans >/dev/null 2>&1 || true
    elif [[ $started == yes ]]; then
        echo "left running: http://127.0.0.1:${TEST_PROXY_PORT:-8081}; remove it with testing/run-tests.sh --clean"
    fi
    exit "$code"
}

start() {
    [[ $clean == no ]] || compose --profile '*' down --volumes --remove-orphans >/dev/null 2>&1
    [[ -n $(compose ps --quiet 2>/dev/null) ]] || started=yes
    echo "building the images"
    local services=(backend frontend)
    [[ $headed == yes || $suite == unit ]] || services+=(test-runner)
    quietly compose --profile e2e build "${services[@]}" || fail 3 "an image does not build; its last lines are above"
    echo "starting the environment"
    quietly compose up --detach --wait --wait-timeout 120 && return
    compose ps --all >&2 || true
    compose logs --tail 40 >&2 || true
    fail 4 "the test environment did not start within 120 s; the reason is above"
}

run_unit() {
    local level=()
    [[ $verbose == no ]] || level=(-vv)
    compose exec -T backend pytest -n auto --cov "${level[@]}" && compose exec -T frontend npm run test:run
}

# run_browser SUITE: in the test-runner container, or on this machine's screen.
run_browser() {
    local arguments=(playwright test "--project=$1")
    if [[ $headed == yes ]]; then
        cd "$ROOT/testing"
        BASE_URL=http://127.0.0.1:${TEST_PROXY_PORT:-8081} BOARD_TOKEN=${TEST_BOARD_TOKEN:-test-token} \
            REPORTS_DIR=$reports/$1 npx "${arguments[@]}" --headed
        return
    fi
    compose run --rm -T --no-deps --env "REPORTS_DIR=/reports/$1" test-runner npx "${arguments[@]}"
}

run_suites() {
    local failed=() name chosen=("$suite")
    [[ $suite != all ]] || chosen=("${SUITES[@]}")
    for name in "${chosen[@]}"; do
        echo "suite $name"
        if [[ $name == unit ]]; then
            run_unit || failed+=("$name")
        else
            (run_browser "$name") || failed+=("$name")
        fi
    done
    if ((${#failed[@]})); then
        compose logs --tail 20 backend proxy >&2 || true
        fail 3 "failed: ${failed[*]}; reports in $reports, once more with testing/run-tests.sh --suite ${failed[0]}"
    fi
    echo "passed: ${chosen[*]}"
}

parse "$@"
check_headed
check_engine
reports=${TEST_REPORTS:-$ROOT/testing/reports}
TEST_REPORTS=$reports
TEST_USER=$(id -u):$(id -g)
export TEST_REPORTS TEST_USER
mkdir -p "$reports"
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
start
run_suites
