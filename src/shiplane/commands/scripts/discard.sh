# shellcheck shell=bash
# discard FOLDER RELEASE [known]: take back what adopt did, unless the release serves. A release that was known
# before it was sent stays, for it can be rolled back to.
main() {
    local entry=releases/$2 aside=releases/.replaced-$2
    # A migration that was ended from here must not go on.
    remove_once "${1##*/}"
    cd "$1" || return
    rm -rf .incoming .login
    # The undo of a job runs within it.
    [ ! -e .job/code ] || rm -rf .job
    if [ -d "$aside" ]; then
        rm -rf "$entry"
        mv -T "$aside" "$entry"
    elif [ "${3-}" != known ] && [ "$(readlink current)" != "$entry" ]; then
        rm -rf "$entry"
    fi
}
