# shellcheck shell=bash
# audit FOLDER LINES: print the last lines of the audit. audit FOLDER add: append the line on standard input to it.
main() {
    if [ "$2" = add ]; then
        cd "$1" || return
        append_audit
    elif [ -f "$1/audit.jsonl" ]; then
        tail -n "$2" "$1/audit.jsonl"
    fi
}
