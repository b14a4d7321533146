#!/usr/bin/env bash
# fuzz.sh [SECONDS [TARGET...]]: made-up input with the address sanitizer, for that long each (60, unless told).
# Targets: feeds (files to the readers and a book) and messages (bytes from the bus to records, a book, and messages
# again); both unless named. Each starts from Tests/Fuzz/TARGET and what earlier runs found worth keeping
# (.build-fuzz/TARGET-corpus). An input that breaks something is left in .build-fuzz, and the last line says how to
# repeat it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/lib.sh

seconds="${1:-60}"
[[ "$seconds" =~ ^[0-9]+$ ]] || fail 64 "fuzz: '$seconds' is not a number of seconds"
targets=("${@:2}")
((${#targets[@]} > 0)) || targets=(feeds messages)
scratch=.build-fuzz

# build_target TARGET MODULE HARNESS [LINKER-OPTION...]
build_target() {
    local target="$1" module="$2" harness="$3" products map log=".build-fuzz.log"
    local objects=() search=()
    say "fuzz: $target: building with coverage and the address sanitizer"
    swift build --scratch-path "$scratch/$target" -c release --target "$module" \
        -Xswiftc -sanitize=fuzzer,address -Xcc -fsanitize=fuzzer-no-link,address >"$log" 2>&1 ||
        { cat "$log" >&2; fail 1 "fuzz: the build failed"; }
    products="$(swift build --scratch-path "$scratch/$target" -c release --show-bin-path)"
    mapfile -t objects < <(find "$products" -path '*.build/*.o' | sort)
    search=(-I "$products/Modules")
    while IFS= read -r map; do search+=(-I "$(dirname "$map")"); done < <(find Sources -name module.modulemap)
    swiftc -O -parse-as-library -strict-memory-safety -swift-version 6 -sanitize=fuzzer,address "${search[@]}" \
        "Tests/Fuzz/$harness.swift" Tests/Fuzz/AuditedBook.swift "${objects[@]}" "${@:4}" \
        -o "$scratch/$target-fuzz" >"$log" 2>&1 || { cat "$log" >&2; fail 1 "fuzz: the harness does not build"; }
}

# run_target TARGET [OPTION...]
run_target() {
    local target="$1"
    shift
    mkdir -p "$scratch/$target-corpus"
    say "fuzz: $target: $seconds s"
    # A backtrace of Swift's own would hang for minutes; leaks are the runtime's, by design.
    SWIFT_BACKTRACE=enable=no ASAN_OPTIONS=detect_leaks=0 "$scratch/$target-fuzz" \
        -max_total_time="$seconds" -max_len=4096 -timeout=10 -rss_limit_mb=4096 -print_final_stats=1 "$@" \
        -artifact_prefix="$scratch/" "$scratch/$target-corpus" "$scratch/$target-seeds" 2>&1 |
        grep -avE '^#[0-9]+.*(NEW|REDUCE|RELOAD|pulse)|NEW_FUNC|^INFO: Loaded|ommended dictionary|# Uses:|^stat::(average|new|slow)' ||
        fail 1 "fuzz: an input broke something (repeat it: $scratch/$target-fuzz $scratch/crash-...)"
    say "fuzz: $target: nothing broke in $seconds s"
}

for target in "${targets[@]}"; do
    mkdir -p "$scratch/$target-seeds"
    case "$target" in
    feeds)
        build_target feeds Feeds FeedFuzz
        cp Tests/Fuzz/feeds/* "$scratch/feeds-seeds/"
        gzip -kf "$scratch/feeds-seeds/fills.csv"
        run_target feeds -dict=Tests/Fuzz/feed.dict
        ;;
    messages)
        build_target messages BusMessages MessageFuzz -lprotobuf-c
        cp Tests/Fuzz/messages/* "$scratch/messages-seeds/"
        run_target messages
        ;;
    *) fail 64 "fuzz: there is no target '$target' (there are: feeds messages)" ;;
    esac
done
