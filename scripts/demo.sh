#!/usr/bin/env bash
# One minute of pks: generated fills go from a file through a ring into a book, its positions are published
# in shared memory, and other processes read them there. Leaves nothing behind.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/lib.sh

fills=200000
seed=7
book="demo-$$"
pks="$PWD/.build/release/pks"
work="$(mktemp -d)"
export PKS_RUN_DIR="$work/run"
mkdir -m 700 "$PKS_RUN_DIR"
trap 'rm -rf "$work" /dev/shm/pks-positions-v1-"$book"* /dev/shm/pks-fills-v1-"$book"-*' EXIT

# show COMMAND...: prints a command as one would type it, then runs it.
show() {
    printf '\n$ pks %s\n' "$*"
    "$pks" "$@"
}

# expect_lines FILE LEAST WHAT: the demo fails rather than show nothing.
expect_lines() {
    local lines
    lines="$(wc -l <"$1")"
    ((lines >= $2)) || fail 1 "demo: $3: $lines lines, expected at least $2"
}

say "demo: building pks for release (the first time takes a minute or two)"
swift build -c release --product pks >&2 || fail 1 "demo: the build failed"
cd "$work"

say "demo: $fills made-up fills, the same on every machine"
show generate --fills "$fills" --seed "$seed" --strategies 1 --out fills.csv
expect_lines fills.csv "$((fills + 1))" "generated fills"
head -n 3 fills.csv

say "demo: file -> ring -> book -> slots in shared memory, which are kept for others to read"
show replay fills.csv --book "$book" --method fifo --out out --keep 2>&1
expect_lines out/matches.csv 1000 "matches"

show ls
show read --book "$book"
"$pks" read --book "$book" --csv >read.csv

symbol="$(sed -n 2p read.csv | cut -d , -f 4)"
show read --book "$book" --account "$(sed -n 2p read.csv | cut -d , -f 2)" --symbol "$symbol" --json | tee one.json
grep -q "\"$symbol\"" one.json || fail 1 "demo: the slot of $symbol was not read"

# What another process reads must be what the book itself wrote.
cmp out/positions.csv read.csv || fail 1 "demo: shared memory and positions.csv differ"
say "demo: done. Shared memory showed positions.csv to the byte; the segment is gone again."
