# shellcheck shell=bash
# certificate FOLDER PROJECT SERVICE: put the certificate and the key, an archive on standard input, where the proxies
# read them; those that run read them again, and no container starts anew. Print same or replaced. Before the archive
# comes a line for the audit.
main() {
    local project=$2 service=$3 deed
    IFS= read -r deed
    mkdir -p "$1/served"
    chmod 700 "$1"
    chmod 755 "$1/served"
    cd "$1/served" || return
    rm -rf .tls .tls-copy
    mkdir .tls
    base64 -d | tar -xzp --no-same-owner -C .tls
    # What an earlier call put there and was cut off before the proxies read it is no reason to stay as it is.
    if [ ! -e .tls-before ] && diff -r .tls tls >/dev/null 2>&1; then
        rm -rf .tls
        echo same
        return
    fi
    mkdir -p tls
    [ -e .tls-before ] || { cp -a tls .tls-copy && mv -T .tls-copy .tls-before; }
    take .tls
    if reload "$project" "$service"; then
        rm -rf .tls .tls-before
        cd ..
        append_audit <<<"$deed"
        echo replaced
    else
        take .tls-before
        reload "$project" "$service" || :
        rm -rf .tls .tls-before
        return 1
    fi
}

# take FOLDER: let tls hold what is in the folder. Each file is replaced as a whole, for a proxy may start meanwhile.
take() {
    local name
    for name in key.pem certificate.pem; do
        if [ -e "$1/$name" ]; then
            cp -a "$1/$name" "tls/.$name"
            mv -T "tls/.$name" "tls/$name"
        else
            rm -f "tls/$name"
        fi
    done
}

# reload PROJECT SERVICE: nginx refuses here what it cannot read, and goes on with what it had.
reload() {
    local ids id
    # What stands in a condition ends at no failure by itself.
    ids=$(docker ps -q --filter status=running --filter "label=com.docker.compose.project=$1" \
        --filter "label=com.docker.compose.service=$2") || return
    for id in $ids; do
        docker exec "$id" nginx -s reload </dev/null >&2 || return
    done
}
