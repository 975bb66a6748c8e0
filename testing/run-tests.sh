#!/usr/bin/env bash
# Run the application's test suites, beside whatever else runs here: a call of `invoke test` (docs/testing.md).
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
readonly ROOT

usage() {
    cat <<'USAGE'
usage: testing/run-tests.sh [options]

  --suite NAME   all (default), unit, integration, e2e, visual or performance; repeat it, or use commas
  --clean        begin with a fresh environment: containers, networks and data of an earlier one are removed
  --verbose      show what the builds and the start print, and each test by name
  --headed       show the browser on this screen
  --keep         leave the environment running afterwards
  --help         this text

All options of `invoke test` are taken: --changed, --last-failed, --watch, --update-baseline, --dry-run, --json.
Reports: .shiplane/reports. Ports: TEST_PROXY_PORT and the like, see .env.example; those that are taken are left alone.
Exit code: 0 passed, 2 usage or no engine, 3 a suite failed or the environment did not start.
USAGE
}

case ${1:-} in
    --help | -h) usage && exit 0 ;;
esac
if [[ ! -x $ROOT/.venv/bin/invoke ]]; then
    printf 'error: the Python environment of this checkout is not there\n  fix: run ./scripts/bootstrap\n' >&2
    exit 2
fi
cd "$ROOT"
exec "$ROOT/.venv/bin/invoke" test "$@"
