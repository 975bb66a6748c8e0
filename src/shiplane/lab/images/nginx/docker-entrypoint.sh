#!/bin/sh
# Run what lies in /docker-entrypoint.d before nginx starts.
set -eu
say() { [ -n "${NGINX_ENTRYPOINT_QUIET_LOGS:-}" ] || echo "$0: $*"; }

if [ "${1:-}" = nginx ] || [ "${1:-}" = nginx-debug ]; then
    for file in /docker-entrypoint.d/*; do
        # shellcheck disable=SC1090 # a file of the user's.
        case $file in
        *.envsh) if [ -x "$file" ]; then say "Sourcing $file" && . "$file"; fi ;;
        *.sh)
            if [ -x "$file" ]; then
                say "Launching $file"
                "$file"
            else
                say "Ignoring $file, not executable"
            fi
            ;;
        *) [ ! -e "$file" ] || say "Ignoring $file" ;;
        esac
    done
    say "Configuration complete; ready for start up"
fi
exec "$@"
