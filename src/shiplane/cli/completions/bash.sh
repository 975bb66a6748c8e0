# shellcheck shell=bash
# Completion of invoke for bash, also the 3.2 of macOS. To load it: eval "$(invoke completion --shell bash)"
_shiplane_invoke() {
    local root=$PWD word=${COMP_WORDS[COMP_CWORD]} line
    while [[ -n $root && ! ( -f $root/tasks.py && -x $root/.venv/bin/python ) ]]; do
        root=${root%/*}
    done
    COMPREPLY=()
    [[ -n $root ]] || return 0
    while IFS= read -r line; do
        COMPREPLY+=("$line")
    done < <("$root/.venv/bin/python" -P -m shiplane.cli.complete "${COMP_WORDS[@]:1:COMP_CWORD-1}" "$word" 2>/dev/null)
}
complete -o default -F _shiplane_invoke invoke inv .venv/bin/invoke
