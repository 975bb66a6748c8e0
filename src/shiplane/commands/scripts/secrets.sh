# shellcheck shell=bash
# secrets FOLDER: print the lines of the current release's environment files that hold secrets, so that they can be
# masked where output is shown.
main() {
    cd "$1" || return
    cat .env .env.* 2>/dev/null | grep -E '^[A-Z0-9_]*(PASSWORD|SECRET|TOKEN|KEY|CREDENTIAL)[A-Z0-9_]*=' || :
}
