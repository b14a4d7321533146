#!/usr/bin/env bash
# safety.sh ROOT: a reason stands over everything unsafe and every atomic. safety.awk explains.
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
cd "$1"
source "$here/files.sh"

mapfile -t sources < <(swift_files Sources Tests Benchmarks)
lines="$(mktemp)"
trap 'rm -f "$lines"' EXIT
awk -f "$here/code.awk" "${sources[@]}" >"$lines"
awk -f "$here/safety.awk" "$lines" "$lines"
