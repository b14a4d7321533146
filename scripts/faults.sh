#!/usr/bin/env bash
# faults.sh [pks-faults' options]: puts faults into journals and daemons and counts what is survived: kills, power
# losses, flipped bits, full and failing disks, and what else docs/operations.md lists. --quick takes about a minute,
# --only NAME one row, --seed N repeats a run.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/lib.sh

say "faults: building for release"
swift build -c release --product pks >&2
swift build -c release --product pks-faults >&2
programs="$(swift build -c release --show-bin-path)"
clang -shared -fPIC -O1 -o "$programs/libClockJumps.so" Tests/Tools/clock-jumps/clock_jumps.c
exec "$programs/pks-faults" --pks "$programs/pks" "$@"
