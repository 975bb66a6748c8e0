# shellcheck shell=bash
# database VERB FOLDER PROJECT SERVICE NAME ...: keep and bring back what the container of the service holds.
#   backup ... NAME WORD... -- WORD...   keep what the first command prints as backups/NAME.dump, if the second one
#                                        can read it; on standard input what is known of it: `"key": value, ...`
#   load ... NAME                        check a backup and load it into a database beside the one that serves
#   stop ... SERVICE...                  stop all but these services, within their grace periods, and show the
#                                        maintenance page meanwhile, unless somebody does already
#   open ...                             show it no longer: they were started again
#   swap ... NAME [FRESH]                let the two change places, in one transaction; FRESH is the backup that was made
#                                        just before
#   back ...                             let them change back, where they did, and remove the one that was loaded
#   finish ...                           remove the database that served before
# From `load` on PostgreSQL is spoken to, 12 or newer, as the user of the official image.
# What is cut off can be seen by two files: .restore-beside from `load` until one database is left, .restore-stopped from
# `stop` until `open`. Once the two have changed places the first one names the backups.
main() {
    local verb=$1
    cd "$2" || return
    project=$3 service=$4
    shift 4
    "do_$verb" "$@"
}

container() {
    local ids
    ids=$(docker ps -q --filter "label=com.docker.compose.project=$project" --filter label=com.docker.compose.oneoff=False \
        --filter "label=com.docker.compose.service=$service" | head -n 1)
    [ -n "$ids" ] || { echo "no container of service $service runs" >&2; return 1; }
    echo "$ids"
}

# A backup counts when both of its files have their names; nothing is left of one that failed.
do_backup() {
    local name=$1 dump=() about id
    shift
    while [ "$1" != -- ]; do
        dump+=("$1")
        shift
    done
    shift
    IFS= read -r about
    id=$(container)
    mkdir -p backups
    chmod 700 backups
    rm -f backups/.*.part
    part=backups/.$name.part
    trap 'rm -f "$part" "${part%.part}.json.part"' EXIT
    # By a program that fails where the disk is full.
    docker exec "$id" "${dump[@]}" </dev/null | cat >"$part"
    [ -s "$part" ] || { echo "the dump is empty" >&2; return 1; }
    docker exec -i "$id" "$@" <"$part" >/dev/null
    sync "$part"
    printf '{"name": "%s", "made_at": "%s", "size": %s, "sha256": "%s", %s}\n' "$name" \
        "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$(stat -c %s "$part")" "$(checksum "$part")" "$about" >"${part%.part}.json.part"
    mv -T "${part%.part}.json.part" "backups/$name.json"
    mv -T "$part" "backups/$name.dump"
    echo "backup $name: $(stat -c %s "backups/$name.dump") bytes"
}

checksum() { sha256sum <"$1" | cut -d ' ' -f 1; }

# client WORD...: run a program of PostgreSQL in the container, as its user, and with its password where one is asked.
client() {
    # The variables are the container's.
    # shellcheck disable=SC2016
    docker exec -i "$id" sh -c 'export PGPASSWORD="${POSTGRES_PASSWORD-}" PGUSER="${POSTGRES_USER:-postgres}" PGOPTIONS="-c client_min_messages=warning"
        name=${POSTGRES_DB:-$PGUSER}; program=$1; shift; case $program in psql) exec psql -qtAX -v ON_ERROR_STOP=1 -v "name=$name" -d template1 "$@" ;;
        load) exec pg_restore --exit-on-error --single-transaction -d "${name}_restore_new" "$@" ;; esac; exec "$program" "$@"' sh "$@"
}

# sql: run what stands on standard input; :new and :old are the databases beside the one that serves.
sql() { { printf '%s\n' '\set new :name _restore_new' '\set old :name _restore_old' && cat; } | client psql; }

# A name in PostgreSQL's text, as an expression of sed in which it takes two groups.
NAME='("([^"]|"")*"|[^" ;]+)'
OWNERS="s/^ALTER .* OWNER TO $NAME;\$/\1/p"
RIGHTS="
/^(GRANT|REVOKE|ALTER DEFAULT PRIVILEGES) /{
    h
    s/.* (TO|FROM) $NAME( WITH GRANT OPTION)?;\$/\2/p
    g
}
s/^(ALTER DEFAULT PRIVILEGES FOR ROLE|ALTER ROLE|SET SESSION AUTHORIZATION) $NAME( .*)?;\$/\2/p"

# text FILE FLAG...: print what a backup says, but for the rows.
text() { client pg_restore --section=pre-data --section=post-data "${@:2}" -f - <"$1"; }

known_roles() { sql <<<"SELECT rolname FROM pg_roles UNION SELECT 'PUBLIC';"; }

# strangers EXPRESSION: print the roles that the expression finds in the text on standard input and nobody `known` here is.
strangers() {
    sed -nE "$1" | sed -E '/^"/{s/^"(.*)"$/\1/; s/""/"/g}' | sort -u | { grep -vxF -e "$known" || [ $? = 1 ]; }
}

do_load() {
    local file=backups/$1.dump version text known found flags=()
    id=$(container)
    version=$(sql <<<"SHOW server_version_num;")
    [ "$version" -ge 120000 ] || { echo "PostgreSQL $((version / 10000)) serves, and 12 is the least for this" >&2; return 1; }
    grep -qF "\"sha256\": \"$(checksum "$file")\"" "backups/$1.json" || { echo "backup $1 is not what was written" >&2; return 1; }
    client pg_restore --list <"$file" >/dev/null
    : >.restore-beside
    trap 'forget new' EXIT
    drop new
    drop old
    # The provider of the locale is named since version 15, in columns that have had several names.
    sql <<'SQL'
SELECT format('CREATE DATABASE %I TEMPLATE template0 OWNER %I ENCODING %L LC_COLLATE %L LC_CTYPE %L', :'new', r.rolname,
        pg_encoding_to_char(d.encoding), d.datcollate, d.datctype)
    || CASE j ->> 'datlocprovider' WHEN 'c' THEN ' LOCALE_PROVIDER libc'
        WHEN 'i' THEN format(' LOCALE_PROVIDER icu ICU_LOCALE %L', coalesce(j ->> 'datlocale', j ->> 'daticulocale'))
        WHEN 'b' THEN format(' LOCALE_PROVIDER builtin BUILTIN_LOCALE %L', j ->> 'datlocale') ELSE '' END
FROM pg_database d JOIN pg_roles r ON r.oid = d.datdba, to_jsonb(d) j WHERE d.datname = :'name' \gexec
SQL
    known=$(known_roles)
    text=$(text "$file")
    found=$(strangers "$OWNERS" <<<"$text" | paste -sd ,)
    if [ -n "$found" ]; then
        echo "not known here: $found, to whom parts of backup $1 belong; all of it will be the database's own user's"
        flags+=(--no-owner)
    fi
    found=$(strangers "$RIGHTS" <<<"$text" | paste -sd ,)
    if [ -n "$found" ]; then
        echo "not known here: $found, named by rights in backup $1; no rights come back"
        flags+=(--no-acl)
    fi
    client load "${flags[@]}" <"$file"
    trap - EXIT
}

# end_sessions VARIABLE: give what ends the sessions of the database that the variable names.
end_sessions() { printf '%s\n' "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :'$1' \\g /dev/null"; }

# drop VARIABLE: remove a database, whoever is in it; PostgreSQL 12 cannot do both at once.
drop() { { end_sessions "$1" && printf 'DROP DATABASE IF EXISTS :"%s";\n' "$1"; } | sql; }

# forget VARIABLE...: remove databases beside the one that serves; none is left then.
forget() {
    local name
    for name in "$@"; do drop "$name" || return; done
    rm -f .restore-beside
}

# own NAME: print the settings and rights of the database itself, which stand in the backup under the name that it had
# there; those of strangers stay there.
own() {
    local known line
    known=$(known_roles) || return
    text "backups/$1.dump" --create |
        sed -nE "s/^(ALTER DATABASE|ALTER ROLE $NAME IN DATABASE) $NAME SET /\1 :\"name\" SET /p
            s/^((GRANT|REVOKE) [A-Z, ]+ ON DATABASE) $NAME /\1 :\"name\" /p" |
        while IFS= read -r line; do
            [ -n "$(strangers "$RIGHTS" <<<"$line")" ] || printf '%s\n' "$line"
        done
}

do_swap() {
    local own
    id=$(container)
    own=$(own "$1")
    # The engine's client would take the rest of the text for itself.
    sql <<SQL
$(end_sessions name)
BEGIN;
ALTER DATABASE :"name" RENAME TO :"old";
ALTER DATABASE :"new" RENAME TO :"name";
$own
COMMIT;
SQL
    printf '%s\t%s\n' "$1" "${2-}" >.restore-beside
    echo "the database is that of backup $1"
}

do_back() {
    local there
    id=$(container)
    there=$(sql <<<"SELECT 1 FROM pg_database WHERE datname = :'old';")
    if [ -n "$there" ]; then
        sql <<SQL
$(end_sessions name)
BEGIN;
ALTER DATABASE :"name" RENAME TO :"new";
ALTER DATABASE :"old" RENAME TO :"name";
COMMIT;
SQL
        echo "the database is the one from before"
    fi
    forget new
}

do_finish() {
    id=$(container)
    forget old new
}

do_stop() {
    : >.restore-stopped
    if [ -d served ] && [ ! -e served/maintenance ]; then
        : >served/.maintenance-by-restore
        install -m 644 /dev/null served/maintenance
    fi
    docker ps --filter "label=com.docker.compose.project=$project" --format '{{.Label "com.docker.compose.service"}} {{.ID}}' |
        awk -v kept=" $* " 'index(kept, " " $1 " ") == 0 { print $2 }' | xargs -r docker stop >/dev/null
}

do_open() {
    [ ! -e served/.maintenance-by-restore ] || rm -f served/maintenance served/.maintenance-by-restore
    rm -f .restore-stopped
}
