#!/bin/sh
# Serve the configuration file that is named first.
set -e
case $1 in
*.yaml | *.yml) set -- registry serve "$@" ;;
serve | garbage-collect | help | -*) set -- registry "$@" ;;
esac
exec "$@"
