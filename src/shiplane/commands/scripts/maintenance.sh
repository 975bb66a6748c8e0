# shellcheck shell=bash
# maintenance FOLDER on|off: turn the page of maintenance on or off; what standard input holds says since when and by
# whom, and on its second line the same for the audit. Print changed or same, and nothing where nothing is deployed.
# What a restore has turned on is taken over: it goes with the restore, and what a person turned on stays.
main() {
    local said there=
    cd "$1" 2>/dev/null && [ -e current ] || return 0
    IFS= read -r said
    [ ! -e served/maintenance ] || there=on
    if [ -e served/.maintenance-by-restore ]; then
        rm -f served/.maintenance-by-restore
        [ "$2" = off ] || there=
    fi
    case $2-$there in
        on-on | off-) echo same ;;
        on-)
            mkdir -p served
            printf '%s\n' "$said" >served/.maintenance
            # The proxy's workers look for it as another user.
            chmod 644 served/.maintenance
            chmod 755 served
            mv -T served/.maintenance served/maintenance
            append_audit
            echo changed
            ;;
        off-on)
            rm -f served/maintenance
            append_audit
            echo changed
            ;;
    esac
}
