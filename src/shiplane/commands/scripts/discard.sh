# shellcheck shell=bash
# discard FOLDER RELEASE: take back what adopt did, unless the release serves.
main() {
    local entry=releases/$2 aside=releases/.replaced-$2
    cd "$1" || return
    rm -rf .incoming
    if [ -d "$aside" ]; then
        rm -rf "$entry"
        mv -T "$aside" "$entry"
    elif [ "$(readlink current)" != "$entry" ]; then
        rm -rf "$entry"
    fi
}
