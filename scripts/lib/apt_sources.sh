# shellcheck shell=bash
# Find the distribution's mirror and its signing key in the machine's own package sources.
#
# Every function prints deb822 fields (URIs, and where they are given Signed-By and Trusted), so that what is
# found can be written into a new source as it stands: a key may be a path, a fingerprint or a whole key block.

# deb822_mirror SUITE FILE...: print the fields of the first enabled stanza that serves SUITE's component main.
deb822_mirror() {
    local suite=$1
    shift
    [[ $# -gt 0 ]] || return 1
    awk -v suite="$suite" '
        function words_hold(text, word,   n, i, list) {
            n = split(text, list, /[ \t\n]+/)
            for (i = 1; i <= n; i++) if (list[i] == word) return 1
            return 0
        }
        function finish(   name, fits) {
            fits = words_hold(field["types"], "deb") && words_hold(field["suites"], suite) \
                && words_hold(field["components"], "main") && tolower(field["enabled"]) !~ /^ *(no|false|off|0) *$/
            if (fits && !done) {
                print "URIs:" field["uris"]
                if ("signed-by" in field) print "Signed-By:" field["signed-by"]
                if ("trusted" in field) print "Trusted:" field["trusted"]
                done = 1
            }
            for (name in field) delete field[name]
        }
        FNR == 1 { finish(); key = "" }
        /^#/ { next }
        /^[ \t]*$/ { finish(); key = ""; next }
        /^[ \t]/ { if (key != "") field[key] = field[key] "\n" $0; next }
        {
            colon = index($0, ":")
            key = tolower(substr($0, 1, colon - 1))
            field[key] = substr($0, colon + 1)
        }
        END { finish(); exit !done }
    ' "$@"
}

# one_line_mirror SUITE FILE...: the same from lines such as "deb [signed-by=/path] http://mirror/debian SUITE main".
one_line_mirror() {
    local suite=$1
    shift
    [[ $# -gt 0 ]] || return 1
    awk -v suite="$suite" '
        {
            sub(/#.*/, "")
            options = ""
            if (match($0, /\[[^]]*\]/)) {
                options = substr($0, RSTART + 1, RLENGTH - 2)
                $0 = substr($0, 1, RSTART - 1) " " substr($0, RSTART + RLENGTH)
            }
        }
        $1 == "deb" && $3 == suite {
            for (i = 4; i <= NF && $i != "main"; i++);
            if (i > NF) next
            print "URIs: " $2
            count = split(options, option, /[ \t]+/)
            for (j = 1; j <= count; j++) {
                if (option[j] ~ /^signed-by=/) print "Signed-By: " substr(option[j], 11)
                if (option[j] ~ /^trusted=/) print "Trusted: " substr(option[j], 9)
            }
            found = 1
            exit
        }
        END { exit !found }
    ' "$@"
}

# apt_mirror SUITE [FOLDER]: print the mirror of SUITE from the sources in FOLDER (/etc/apt), deb822 first.
apt_mirror() {
    local suite=$1 folder=${2:-/etc/apt}
    local -a modern=() classic=()
    local file
    for file in "$folder"/sources.list.d/*.sources; do
        [[ -r $file ]] && modern+=("$file")
    done
    for file in "$folder"/sources.list "$folder"/sources.list.d/*.list; do
        [[ -r $file ]] && classic+=("$file")
    done
    deb822_mirror "$suite" "${modern[@]}" || one_line_mirror "$suite" "${classic[@]}"
}
