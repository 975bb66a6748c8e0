# shellcheck shell=bash
# record FOLDER [RELEASE...]: append the line on standard input to the audit; remove the releases named.
main() {
    cd "$1" || return
    shift
    local id
    append_audit
    rm -rf releases/.replaced-* .incoming .login .job
    for id in "$@"; do rm -rf "releases/$id"; done
}
