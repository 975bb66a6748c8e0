#!/bin/sh
# Render /etc/nginx/templates/*.template; only variables that the environment defines are replaced.
set -eu
templates=${NGINX_ENVSUBST_TEMPLATE_DIR:-/etc/nginx/templates}
suffix=${NGINX_ENVSUBST_TEMPLATE_SUFFIX:-.template}
output=${NGINX_ENVSUBST_OUTPUT_DIR:-/etc/nginx/conf.d}
streams=${NGINX_ENVSUBST_STREAM_OUTPUT_DIR:-/etc/nginx/stream-conf.d}
stream_suffix=${NGINX_ENVSUBST_STREAM_TEMPLATE_SUFFIX:-.stream-template}
filter=${NGINX_ENVSUBST_FILTER:-}

# shellcheck disable=SC2016 # the dollar signs are for envsubst.
defined=$(awk -v filter="$filter" 'BEGIN { for (name in ENVIRON) if (name ~ filter) printf "${%s} ", name }' </dev/null)

# render SUFFIX FOLDER: render the templates of that suffix into the folder, subfolders kept.
render() {
    find "$templates" -follow -type f -name "*$1" -print | while read -r template; do
        relative=${template#"$templates"/}
        target=$2/${relative%"$1"}
        mkdir -p "$(dirname "$target")"
        echo "$0: Running envsubst on $template to $target"
        envsubst "$defined" <"$template" >"$target"
    done
}

[ -d "$templates" ] || exit 0
if [ ! -w "$output" ]; then
    echo "$0: ERROR: $templates exists, but $output is not writable"
    exit 0
fi
render "$suffix" "$output"
[ -z "$(find "$templates" -name "*$stream_suffix" -print -quit)" ] || render "$stream_suffix" "$streams"
