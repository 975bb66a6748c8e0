# shellcheck shell=bash
# model FOLDER PROJECT OVERLAY: print where the files of a release lie, the services that
# they describe, and which images are missing.
main() {
    cd "$1" || return
    describe "$2" "$3"
}
