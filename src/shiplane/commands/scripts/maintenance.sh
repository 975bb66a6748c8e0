# shellcheck shell=bash
# maintenance FOLDER on|off: turn the page of maintenance on or off; what standard input holds says since when and by
# whom, and on its second line the same for the audit. Print changed or same, and nothing where nothing is deployed.
main() {
    local said
    cd "$1" 2>/dev/null && [ -e current ] || return 0
    IFS= read -r said
    case $2-$([ -e served/maintenance ] && echo on) in
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
