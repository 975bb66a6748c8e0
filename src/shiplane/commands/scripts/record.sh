# shellcheck shell=bash
# record FOLDER [PROJECT RELEASE OUTDATED...]: append the line on standard input to the audit, and say so; then tidy
# up after the deploy of RELEASE, which is no part of its success.
main() {
    cd "$1" || return
    append_audit
    rm -rf releases/.replaced-* .incoming .login .job
    echo recorded
    [ $# -eq 1 ] || retain "${@:2}" || echo "old releases and images were not all removed"
}
