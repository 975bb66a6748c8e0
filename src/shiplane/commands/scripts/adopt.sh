# shellcheck shell=bash
# adopt FOLDER RELEASE PROJECT OVERLAY: make the files on standard input (a packed folder in base64) an entry of
# releases/; print new, same or replaced, then the release's model. What a release of that name held before stays
# aside until the deploy has ended.
main() {
    local new=.incoming entry=releases/$2 aside=releases/.replaced-$2
    mkdir -p "$1"
    cd "$1" || return
    chmod 700 .
    rm -rf "$new"
    mkdir -p "$new" releases
    # The proxy's workers, who are another user, read what it serves; certificates are its master's to read.
    install -d -m 755 served served/assets served/upstreams
    install -d -m 700 served/tls
    base64 -d | tar -xzp --no-same-owner -C "$new"
    # A server that loses its power must not keep the names of files without what they hold.
    find "$new" -type f -exec sync {} +
    if [ ! -e "$entry" ]; then
        mv -T "$new" "$entry"
        printf 'adopted\tnew\n'
    elif diff -r --exclude tested.json "$entry" "$new" >/dev/null; then
        rm -rf "$new"
        # Set aside by a deploy that never ended.
        printf 'adopted\t%s\n' "$(if [ -e "$aside" ]; then echo replaced; else echo same; fi)"
    else
        [ ! -e "$aside" ] || rm -rf "$entry"
        [ ! -e "$entry" ] || mv -T "$entry" "$aside"
        mv -T "$new" "$entry"
        printf 'adopted\treplaced\n'
    fi
    cd "$entry" || return
    describe "$3" "$4"
}
