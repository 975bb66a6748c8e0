# shellcheck shell=bash
# retain FOLDER PROJECT RELEASE [OUTDATED...]: keep what the releases need that can be rolled back to, and remove what
# nothing needs: the releases named, their images, and backup:NAME. RELEASE is the one that serves. What could not be
# removed is printed.
main() { cd "$1" && retain "${@:2}"; }

retain() {
    local project=$1 release=$2
    shift 2
    remove "$@"
    remember "$project" "$release"
    hold "$project" || echo "the images of releases that are kept may not be safe from docker image prune"
    sweep || echo "images that nothing needs may still be there"
}

remove() {
    local name
    for name in "$@"; do
        case $name in
            backup:*) rm -f "backups/${name#*:}.dump" "backups/${name#*:}.json" || echo "$name was not removed" ;;
            *) rm -rf "releases/$name" || echo "releases/$name was not removed" ;;
        esac
    done
}

# remember PROJECT RELEASE: write down which images the release runs, of all services; forget releases that are gone.
remember() {
    local file
    mkdir -p .images
    docker ps -q --no-trunc --filter "label=com.docker.compose.project=$1" | xargs -r docker inspect --format '{{.Image}}' |
        sort -u >".images/$2.new"
    mv -T ".images/$2.new" ".images/$2"
    for file in .images/*; do [ -d "releases/${file##*/}" ] || rm -f "$file"; done
}

# hold PROJECT: an image that a container refers to is left by every prune of images: one that never starts, for each.
hold() {
    local id name held
    held=$(docker ps -a --no-trunc --filter "label=dev.shiplane.kept=$1" --format '{{.Names}}')
    while read -r id; do
        name=$1-kept-$(printf %.12s "${id#sha256:}")
        case " ${held//$'\n'/ } " in *" $name "*) continue ;; esac
        docker create --name "$name" --label "dev.shiplane.kept=$1" --pull never --network none "$id" kept >/dev/null || return
    done < <(cat .images/* | sort -u)
    for name in $held; do
        grep -qF "sha256:${name##*-}" .images/* || docker rm -v "$name" >/dev/null
    done
}

# sweep: remove the images of this application that no release on this server names, whichever environment it is of.
# What has a tag is a person's, and what a container refers to stays anyway.
sweep() {
    local repositories needed repository tag digest
    repositories=$(cat releases/*/manifest.json | sed -n 's/^ *"reference": "\(.*\):[^:/]*".*/\1/p' | sort -u)
    needed=$(cat ../*/releases/*/manifest.json 2>/dev/null | sed -n 's/^ *"digest": "\(sha256:[0-9a-f]*\)".*/\1/p' | sort -u)
    docker image ls --digests --no-trunc --format '{{.Repository}} {{.Tag}} {{.Digest}}' |
        while read -r repository tag digest; do
            [ "$tag" = '<none>' ] && [ "$digest" != '<none>' ] || continue
            grep -qxF "$repository" <<<"$repositories" || continue
            grep -qxF "$digest" <<<"$needed" || docker image rm "$repository@$digest" >/dev/null 2>&1 </dev/null || :
        done
}
