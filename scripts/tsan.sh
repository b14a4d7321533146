#!/usr/bin/env bash
# tsan.sh [READS]: the slot under the thread sanitizer, writer and reader as two threads of one process. The
# C functions are compiled out of line, because the sanitizer does not see C that Swift has inlined from a
# header. The correct slot must be clean; a slot copied by ordinary loads and stores must be reported.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/lib.sh

reads="${1:-2000000}"
options=(--scratch-path .build-tsan --sanitize thread -Xcc -DPKS_OUT_OF_LINE)
say "tsan: building the torn-read tool"
swift build "${options[@]}" --product pks-torture >/dev/null
tool="$(swift build "${options[@]}" --show-bin-path)/pks-torture"
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT

# run VARIANT LOG: 66 is the status of a program in which the sanitizer found a race.
run() {
    local status=0
    TSAN_OPTIONS="exitcode=66 ignore_interceptors_accesses=0" "$tool" threads "$folder" "$reads" "$1" >"$2" 2>&1 || status=$?
    return "$status"
}

say "tsan: $reads reads of the correct slot"
run correct "$folder/correct" || { cat "$folder/correct" >&2; fail 1 "tsan: the correct slot is not clean"; }
grep reads= "$folder/correct"
say "tsan: the same with ordinary loads and stores, which must be reported"
status=0
run plain "$folder/plain" || status=$?
if ((status != 66)) || ! grep -q 'WARNING: ThreadSanitizer: data race' "$folder/plain"; then
    cat "$folder/plain" >&2
    fail 1 "tsan: the sanitizer did not report a slot that races (status $status)"
fi
grep -m 1 'SUMMARY: ThreadSanitizer' "$folder/plain" | sed -E 's# [^ ]*/# #'
say "tsan: the correct slot is clean; the racing one was reported"
