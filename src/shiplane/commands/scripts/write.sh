# shellcheck shell=bash
# write FOLDER NAME: replace the file with what is on standard input, all at once.
main() {
    cd "$1" || return
    cat >"$2.new"
    sync "$2.new"
    mv -T "$2.new" "$2"
}
