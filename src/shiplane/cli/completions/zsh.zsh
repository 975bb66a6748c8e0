#compdef invoke inv
# Completion of invoke for zsh, after compinit. To load it: eval "$(invoke completion --shell zsh)"
_shiplane_invoke() {
    local root=$PWD
    local -a found
    while [[ -n $root && ! ( -f $root/tasks.py && -x $root/.venv/bin/python ) ]]; do
        root=${root%/*}
    done
    [[ -n $root ]] || { _files; return }
    found=(${(f)"$("$root/.venv/bin/python" -P -m shiplane.cli.complete "${(@)words[2,CURRENT]}" 2>/dev/null)"})
    if (( ${#found} )); then
        compadd -- $found
    else
        _files
    fi
}
compdef _shiplane_invoke invoke inv
