# shellcheck shell=bash
# adopt FOLDER RELEASE: make the release that was sent an entry of releases/; print new, same or replaced.
# What a release of that name held before stays aside until the deploy has ended.
main() {
    local folder=$1
    local new=.incoming entry=releases/$2 aside=releases/.replaced-$2
    cd "$folder" || return
    chmod 700 .
    mkdir -p releases
    # The proxy's workers, who are another user, read what it serves; the rest is its master's to read.
    install -d -m 755 served served/assets
    install -d -m 700 served/upstreams served/tls
    if [ ! -e "$entry" ]; then
        mv -T "$new" "$entry"
        echo new
    elif diff -r --exclude tested.json "$entry" "$new" >/dev/null; then
        rm -rf "$new"
        # Set aside by a deploy that never ended.
        if [ -e "$aside" ]; then echo replaced; else echo same; fi
    else
        [ ! -e "$aside" ] || rm -rf "$entry"
        [ ! -e "$entry" ] || mv -T "$entry" "$aside"
        mv -T "$new" "$entry"
        echo replaced
    fi
}
