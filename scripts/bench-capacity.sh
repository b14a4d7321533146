#!/usr/bin/env bash
# bench-capacity.sh [NAME=NUMBER...] [--json]: what a larger day than this machine's would need, by a model whose inputs
# are measured figures; docs/capacity.md explains each of them and each formula. --inputs prints the inputs.
#
# Exit status: 0, or 64 when an input is unknown or not a number above zero.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
case "${1:-}" in
    --help | -h)
        sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//;p;}' "${BASH_SOURCE[0]}"
        exit 0
        ;;
esac
exec awk -f scripts/bench-capacity.awk -- "$@"
