#!/usr/bin/env bash
# lengths.sh ROOT: files of about 400 lines and functions of about 70, at most. lengths.awk explains.
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
cd "$1"
source "$here/files.sh"

mapfile -t sources < <(
    swift_files Sources Tests Benchmarks
    c_files Sources Benchmarks
)
awk -f "$here/code.awk" "${sources[@]}" | awk -f "$here/lengths.awk"
