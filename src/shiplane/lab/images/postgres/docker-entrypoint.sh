#!/usr/bin/env bash
# Make the database cluster at the first start, as the official image does, then run the server as postgres.
set -Eeo pipefail

# setting NAME [DEFAULT]: export NAME, read from the file in NAME_FILE where that is given.
setting() {
    local file=${1}_FILE
    if [[ ${!1} && ${!file} ]]; then
        echo >&2 "error: both $1 and $file are set (but are exclusive)"
        exit 1
    fi
    local value=${!1:-$2}
    [[ ! ${!file} ]] || value=$(<"${!file}")
    export "$1=$value"
    unset "$file"
}

read_settings() {
    setting POSTGRES_PASSWORD
    setting POSTGRES_USER postgres
    setting POSTGRES_DB "$POSTGRES_USER"
    setting POSTGRES_INITDB_ARGS
    : "${POSTGRES_HOST_AUTH_METHOD:=scram-sha-256}"
}

make_folders() {
    mkdir -p "$PGDATA" /var/run/postgresql
    chmod 00700 "$PGDATA" || :
    chmod 03775 /var/run/postgresql || :
    [[ $(id -u) -ne 0 ]] || find "$PGDATA" /var/run/postgresql \! -user postgres -exec chown postgres '{}' +
}

require_password() {
    if [[ -z $POSTGRES_PASSWORD && $POSTGRES_HOST_AUTH_METHOD != trust ]]; then
        cat >&2 <<'EOE'
Error: Database is uninitialized and superuser password is not specified.
       You must specify POSTGRES_PASSWORD to a non-empty value for the superuser.
EOE
        exit 1
    fi
}

make_cluster() {
    # shellcheck disable=SC2086 # POSTGRES_INITDB_ARGS holds words.
    initdb --username="$POSTGRES_USER" --pwfile=<(printf '%s\n' "$POSTGRES_PASSWORD") -D "$PGDATA" $POSTGRES_INITDB_ARGS
    printf '\nhost all all all %s\n' "$POSTGRES_HOST_AUTH_METHOD" >>"$PGDATA/pg_hba.conf"
}

# process_sql DATABASE ARGUMENTS...: run psql as the superuser on the server that listens on the socket alone.
process_sql() {
    PGHOST='' PGHOSTADDR='' psql -v ON_ERROR_STOP=1 --username "$POSTGRES_USER" --no-password --no-psqlrc \
        --dbname "$1" "${@:2}"
}

make_database() {
    local exists
    exists=$(process_sql postgres --set db="$POSTGRES_DB" --tuples-only \
        <<<"SELECT 1 FROM pg_database WHERE datname = :'db' ;")
    [[ -n $exists ]] || process_sql postgres --set db="$POSTGRES_DB" <<<'CREATE DATABASE :"db" ;'
}

run_init_files() {
    local file
    for file in /docker-entrypoint-initdb.d/*; do
        case $file in
        *.sh)
            echo "$0: running $file"
            # shellcheck disable=SC1090 # a file of the user's.
            if [[ -x $file ]]; then "$file"; else . "$file"; fi
            ;;
        *.sql) echo "$0: running $file" && process_sql "$POSTGRES_DB" -f "$file" ;;
        *.sql.gz) echo "$0: running $file" && gunzip -c "$file" | process_sql "$POSTGRES_DB" ;;
        *.sql.xz) echo "$0: running $file" && xzcat "$file" | process_sql "$POSTGRES_DB" ;;
        *) [[ ! -e $file ]] || echo "$0: ignoring $file" ;;
        esac
    done
}

initialize() {
    require_password
    make_cluster
    export PGPASSWORD=${PGPASSWORD:-$POSTGRES_PASSWORD}
    pg_ctl -D "$PGDATA" -o "-c listen_addresses='' -p ${PGPORT:-5432}" -w start
    make_database
    run_init_files
    PGUSER="${PGUSER:-postgres}" pg_ctl -D "$PGDATA" -m fast -w stop
    unset PGPASSWORD
    echo 'PostgreSQL init process complete; ready for start up.'
}

main() {
    [[ ${1:0:1} != - ]] || set -- postgres "$@"
    case " $* " in *' --help '* | *' --version '* | *' -V '*) exec "$@" ;; esac
    if [[ $1 == postgres ]]; then
        read_settings
        make_folders
        [[ $(id -u) -ne 0 ]] || exec gosu postgres "${BASH_SOURCE[0]}" "$@"
        if [[ -s $PGDATA/PG_VERSION ]]; then
            echo 'PostgreSQL Database directory appears to contain a database; Skipping initialization'
        else
            initialize
        fi
    fi
    exec "$@"
}

main "$@"
