#!/usr/bin/env bash
# torn.sh [READS]: reads one slot 10^8 times (or READS) while another process publishes it on another core,
# at full speed and at a seeded pace, and checks every value. Then shows that the same check finds torn
# values when the reader is broken on purpose.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/lib.sh

reads="${1:-100000000}"
say "torn: building for release"
swift build -c release --product pks-torture >/dev/null
tool="$(swift build -c release --show-bin-path)/pks-torture"
folder="$(mktemp -d -p /dev/shm pks-torn-XXXXXX)"
trap 'rm -rf "$folder"' EXIT

say "torn: $reads reads, the writer never pauses"
"$tool" torn "$folder" "$reads" correct 0 || fail 1 "torn: a torn or old value was read"
seed="$(od -An -N4 -tu4 /dev/urandom | tr -d ' ')"
say "torn: $((reads / 10)) reads, the writer's pace is seeded with $seed"
"$tool" torn "$folder" "$((reads / 10))" correct "$seed" || fail 1 "torn: a torn or old value was read"
for variant in unchecked other-cell; do
    say "torn: the reader is broken on purpose ($variant)"
    if "$tool" torn "$folder" "$reads" "$variant" 0; then
        fail 1 "torn: the check did not find what $variant breaks"
    fi
done
say "torn: no torn read; the broken readers were found out"
