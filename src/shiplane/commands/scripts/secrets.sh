# shellcheck shell=bash
# secrets FOLDER: print the lines of the current release's environment files that hold secrets.
main() {
    cd "$1" || return
    secret_lines .env .env.*
}
