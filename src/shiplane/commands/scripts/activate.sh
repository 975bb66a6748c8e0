# shellcheck shell=bash
# activate RELEASE: let `current` name the release, and the names beside it the files in it.
main() { activate "$@"; }

activate() {
    local entry=releases/$1 path name
    [ -f "$entry/manifest.json" ] || { echo "$entry is not there" >&2; return 1; }
    rm -f .current.new
    ln -s "$entry" .current.new
    mv -T .current.new current
    for path in "$entry"/* "$entry"/.[!.]*; do
        name=${path##*/}
        case $name in '*' | '.[!.]*' | manifest.json | tested.json) continue ;; esac
        # What stood here before Shiplane came, or was put here by hand, is kept under another name.
        [ -L "$name" ] || [ ! -e "$name" ] || mv -T "$name" "$name.before-$(date -u +%Y%m%dT%H%M%S)"
        [ "$(readlink "$name" || :)" = "current/$name" ] || ln -sfn "current/$name" "$name"
    done
    for name in * .[!.]*; do
        # What an older release had and this one lacks.
        case $(readlink "$name" || :) in current/*) [ -e "$name" ] || rm -f "$name" ;; esac
    done
}
