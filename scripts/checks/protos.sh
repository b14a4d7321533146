#!/usr/bin/env bash
# protos.sh ROOT: the C code of the bus's messages is what scripts/protos.sh makes of their proto now.
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
cd "$1"

scratch="$(mktemp -d)"
trap 'rm -rf "$scratch"' EXIT
"$here/../protos.sh" "$scratch"
status=0
while IFS= read -r made; do
    committed="Sources/CBusMessages/${made#"$scratch"/}"
    if ! cmp -s "$made" "$committed"; then
        printf '%s: not what its proto says now (run scripts/protos.sh)\n' "$committed"
        status=1
    fi
done < <(find "$scratch" -type f | sort)
exit "$status"
