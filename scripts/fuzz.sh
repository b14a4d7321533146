#!/usr/bin/env bash
# fuzz.sh [SECONDS]: feeds made-up files to the readers and a book for that long (60, unless told). Starts from
# Tests/Fuzz/seeds and what earlier runs found worth keeping (.build-fuzz/corpus). An input that breaks
# something is left in .build-fuzz, and the last line says how to repeat it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/lib.sh

seconds="${1:-60}"
[[ "$seconds" =~ ^[0-9]+$ ]] || fail 64 "fuzz: '$seconds' is not a number of seconds"
scratch=.build-fuzz
corpus="$scratch/corpus"

say "fuzz: building the modules with coverage and the address sanitizer"
swift build --scratch-path "$scratch" -c release --target Feeds \
    -Xswiftc -sanitize=fuzzer,address -Xcc -fsanitize=fuzzer-no-link,address >"$scratch.log" 2>&1 ||
    { cat "$scratch.log" >&2; fail 1 "fuzz: the build failed"; }
products="$(swift build --scratch-path "$scratch" -c release --show-bin-path)"
mapfile -t objects < <(find "$products" -path '*.build/*.o' | sort)
search=(-I "$products/Modules")
while IFS= read -r map; do search+=(-I "$(dirname "$map")"); done < <(find Sources -name module.modulemap)
swiftc -O -parse-as-library -strict-memory-safety -swift-version 6 -sanitize=fuzzer,address "${search[@]}" \
    Tests/Fuzz/FeedFuzz.swift "${objects[@]}" -o "$scratch/feed-fuzz" >"$scratch.log" 2>&1 ||
    { cat "$scratch.log" >&2; fail 1 "fuzz: the harness does not build"; }

mkdir -p "$corpus" "$scratch/seeds"
cp Tests/Fuzz/seeds/* "$scratch/seeds/"
gzip -kf "$scratch/seeds/fills.csv"

say "fuzz: $seconds s"
# A backtrace of Swift's own would hang for minutes; leaks are the runtime's, by design.
SWIFT_BACKTRACE=enable=no ASAN_OPTIONS=detect_leaks=0 "$scratch/feed-fuzz" \
    -max_total_time="$seconds" -max_len=4096 -timeout=10 -rss_limit_mb=4096 -print_final_stats=1 \
    -dict=Tests/Fuzz/feed.dict -artifact_prefix="$scratch/" "$corpus" "$scratch/seeds" 2>&1 |
    grep -avE '^#[0-9]+.*(NEW|REDUCE|RELOAD|pulse)|NEW_FUNC|^INFO: Loaded|ommended dictionary|# Uses:|^stat::(average|new|slow)' ||
    fail 1 "fuzz: an input broke something (repeat it: $scratch/feed-fuzz $scratch/crash-...)"
say "fuzz: nothing broke in $seconds s"
