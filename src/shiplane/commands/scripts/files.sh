# shellcheck shell=bash
# files VERB FOLDER NAME PART PATH WORD...: keep and bring back the files of a folder in a container
# in which the words start sh.
#   backup   keep them as FOLDER/backups/NAME.PART.tar, if that is an archive
#   load     check it and unpack it beside what is there; a failure leaves nothing
#   swap     let the two change places
#   back     let them change back, as far as they did, and remove what was loaded
#   finish   remove what was there before
# In the folder itself: .restore-new is what was loaded, .restore-old what was there before, and .restore-in, which
# .restore-new becomes once all of that is put away, what is still to be put in its place.
main() {
    local verb=$1
    file=$2/backups/$3.$4.tar about=$2/backups/$3.$4.json name=$3 part=$4 path=$5
    shift 5
    start=("$@")
    "do_$verb"
}

# inside TEXT: run text of the shell in the folder, in a container.
inside() {
    # The variables are the container's.
    # shellcheck disable=SC2016
    "${start[@]}" -euc 'cd -- "$1"; '"$1" sh "$path"
}

checksum() { sha256sum <"$1" | cut -d ' ' -f 1; }

# Counts when both files have their names; nothing is left of one that failed.
do_backup() {
    mkdir -p "${file%/*}"
    chmod 700 "${file%/*}"
    trap 'rm -f "$file.part" "$about.part"' EXIT
    # By a program that fails where the disk is full.
    inside "exec tar --exclude='./.restore-*' -cf - ." </dev/null | cat >"$file.part"
    tar -tf "$file.part" >/dev/null
    sync "$file.part"
    printf '{"name": "%s", "part": "%s", "made_at": "%s", "size": %s, "sha256": "%s"}\n' "$name" "$part" \
        "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$(stat -c %s "$file.part")" "$(checksum "$file.part")" >"$about.part"
    mv -T "$about.part" "$about"
    mv -T "$file.part" "$file"
    echo "backup $name of $part: $(stat -c %s "$file") bytes"
}

# A change that was cut off is ended first: one that was complete stays, else what was before comes back. That may be cut
# off too: .restore-in tells that what stands in the folder is not yet what was there before, and is gone before that is put
# there; one that is being taken back is never taken for complete.
# shellcheck disable=SC2016
settle='
# With + find fails where what it runs does, and with ; it does not.
put() {
    find "$1" -mindepth 1 -maxdepth 1 ! -name ".restore-*" -exec sh -euc "
        to=\$1; shift; for one; do mv -f -- \"\$one\" \"\$to\"/; done" sh "$2" {} +
}
back() {
    if [ -d .restore-in ]; then
        : >.restore-in/taken-back
        find . -mindepth 1 -maxdepth 1 ! -name ".restore-*" -exec rm -rf -- {} +
        mv .restore-in .restore-new
    fi
    [ ! -d .restore-old ] || { put .restore-old .; rmdir .restore-old; }
    rm -rf .restore-new
}
if [ -d .restore-in ] && [ -z "$(ls -A .restore-in)" ]; then done=yes; else done=no; fi
'

do_load() {
    grep -qF "\"sha256\": \"$(checksum "$file")\"" "$about" || { echo "backup $name of $part is not what was written" >&2; return 1; }
    tar -tf "$file" >/dev/null
    # The variables are the container's.
    # shellcheck disable=SC2016
    inside "$settle"'
if [ "$done" = yes ]; then rm -rf .restore-old .restore-in .restore-new; else back; fi
trap "rm -rf .restore-new" EXIT
mkdir .restore-new
tar -C .restore-new -xpf -
trap - EXIT' <"$file"
}

do_swap() {
    inside "$settle"'
mkdir .restore-old
put . .restore-old
mv .restore-new .restore-in
put .restore-in .' </dev/null
    echo "$part is that of backup $name"
}

do_back() { inside "${settle}back" </dev/null && echo "$part is what it was before"; }

do_finish() { inside 'rm -rf .restore-old .restore-in .restore-new' </dev/null; }
