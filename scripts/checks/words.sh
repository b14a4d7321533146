#!/usr/bin/env bash
# words.sh ROOT: what must not stand in the sources. Prints each place; fails when there is one.
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
cd "$1"
source "$here/files.sh"
status=0

# forbid WHAT PATTERN: reads places (file:line: text) from stdin.
forbid() {
    local what="$1" pattern="$2" found
    found="$(grep -E -- "$pattern" || true)"
    [[ -n "$found" ]] || return 0
    labelled "$what" <<<"$found"
    status=1
}

# Code only: strings and comments may say what they like.
code() { awk -f "$here/code.awk" "$@" | awk -F '\t' '$4 !~ /^ *$/ { print $1 ":" $2 ": " $4 }'; }

mapfile -t texts < <(text_files)
mapfile -t sources < <(swift_files Sources Benchmarks)
mapfile -t tests < <(swift_files Tests)

# The patterns have a bracket in them so that this file does not find itself.
forbid "unfinished" '(^|[^A-Za-z])(TO[D]O|FIX[M]E|X[X]X|HA[C]K)([^A-Za-z]|$)' < <(grep -nE . /dev/null "${texts[@]}")
forbid "a path of one machine" '(^|[^A-Za-z0-9._~}-])/(wor[k]|hom[e]|roo[t]|Use[r]s|opt/swif[t]|tmp/w[t])(/|$)' < <(grep -nE . /dev/null "${texts[@]}")
forbid "traps where it should throw" '(^|[^A-Za-z0-9_])(try!|as!|fatalError ?\(|Thread\.sleep|usleep ?\()' < <(code "${sources[@]}")
forbid "try! in a test" '(^|[^A-Za-z0-9_])try!' < <(code "${tests[@]}")
forbid "a sleep in a test (await the event)" '(^|[^A-Za-z0-9_])(u?sleep|nanosleep|clock_nanosleep|sleep(for|until)?|asyncAfter|Timer) ?\(' < <(code "${tests[@]}")
forbid "an atomic outside CSeqlock" 'Atomic<|AtomicLazyReference|WordPair' < <(code "${sources[@]}")
forbid "unsafeFlags" 'unsafeFlags' < <(code Package.swift)
exit "$status"
