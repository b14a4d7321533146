#!/usr/bin/env bash
# One minute of pks: generated fills go from a file through a ring into a book, its positions are published
# in shared memory, and other processes read them there. Leaves nothing behind.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/lib.sh

fills=200000
seed=7
book="demo-$$"
work="$(mktemp -d)"
export PKS_RUN_DIR="$work/run"
mkdir -m 700 "$PKS_RUN_DIR"
trap 'rm -rf "$work" /dev/shm/pks-positions-v1-"$book"* /dev/shm/pks-fills-v1-"$book"-*' EXIT

# show COMMAND...: prints a command as one would type it, then runs it.
show() {
    printf '\n$ pks %s\n' "$*"
    .build/release/pks "$@"
}

# expect_lines FILE LEAST WHAT: the demo fails rather than show nothing.
expect_lines() {
    local lines
    lines="$(wc -l <"$1")"
    ((lines >= $2)) || fail 1 "demo: $3: $lines lines, expected at least $2"
}

say "demo: building pks for release (the first time takes a minute or two)"
swift build -c release --product pks >"$work/build.log" 2>&1 || { cat "$work/build.log" >&2; fail 1 "demo: the build failed"; }

say "demo: $fills fills from a seeded generator"
show generate --seed "$seed" --fills "$fills" >"$work/fills.csv"
expect_lines "$work/fills.csv" "$fills" "generated fills"
head -n 3 "$work/fills.csv"

say "demo: file -> ring -> book -> slots in shared memory, which are kept"
show replay "$work/fills.csv" --book "$book" --method fifo --out "$work/out" --keep
expect_lines "$work/out/matches.csv" 2 "matches"

show ls
show read --book "$book"

symbol="$(sed -n 2p "$work/out/positions.csv" | cut -d , -f 4)"
show read --book "$book" --symbol "$symbol" --json >"$work/one.json"
expect_lines "$work/one.json" 1 "the slot of $symbol"
cat "$work/one.json"

# What other processes read must be what the book itself wrote.
.build/release/pks read --book "$book" --csv >"$work/read.csv"
cmp "$work/out/positions.csv" "$work/read.csv" || fail 1 "demo: shared memory and positions.csv differ"
say "demo: done; what readers saw is positions.csv to the byte, and the segment is gone again"
