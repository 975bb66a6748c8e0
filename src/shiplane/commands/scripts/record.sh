# shellcheck shell=bash
# record FOLDER [PROJECT RELEASE OUTDATED...]: append the line on standard input to the audit, and say so; then tidy
# up after the deploy of RELEASE, which is no part of its success.
main() {
    cd "$1" || return
    append_audit
    rm -rf .incoming .login .job
    echo recorded
    [ $# -gt 1 ] || return 0
    # What a release held before goes when it serves with what it holds now; until then discard brings it back.
    rm -rf releases/.replaced-*
    retain "${@:2}" || echo "old releases and images were not all removed"
}
