#!/usr/bin/env bash
# Every check that is not a test. Each says in one line what holds, or prints every place where it does
# not; all of them run, and one that failed fails the whole. With names as arguments: only those.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/lib.sh

all=(format lengths safety words imports headers links protos shell selftest warnings hot-path instructions docs)

check_format() {
    mapfile -t folders < <(for folder in Sources Tests Benchmarks; do [[ -d "$folder" ]] && echo "$folder"; done)
    swift format lint --strict --parallel --recursive Package.swift "${folders[@]}"
}

check_lengths() { scripts/checks/lengths.sh .; }
check_safety() { scripts/checks/safety.sh .; }
check_words() { scripts/checks/words.sh .; }
check_imports() { scripts/checks/imports.sh .; }
check_headers() { scripts/checks/headers.sh .; }
check_links() { scripts/checks/links.sh .; }
check_protos() { scripts/checks/protos.sh .; }
check_shell() { scripts/checks/shell.sh .; }
check_selftest() { scripts/checks/selftest.sh; }

# Warnings of the compilers are errors by Package.swift. What is left are those of the build itself.
check_warnings() {
    local log=.build/check-warnings.log status=0
    mkdir -p .build
    { swift build -c release && swift build --build-tests; } >"$log" 2>&1 || status=$?
    if ((status != 0)); then
        grep -vE '^\[[0-9]+/[0-9]+\]' "$log" | head -n 30
        printf 'all of it: %s\n' "$log"
    elif grep -E '(^|: )warning: ' "$log"; then
        status=1
    fi
    return "$status"
}

check_hot-path() {
    local status=0
    scripts/check-hot-path.sh .build/release/pks scripts/hot-symbols.txt || status=1
    scripts/check-hot-path.sh .build/release/pks-torture scripts/slot-symbols.txt || status=1
    return "$status"
}

# Counts that depend on the compiler alone, and no clock; 77 where the baseline knows nothing of this one.
check_instructions() { scripts/bench-gates.sh; }

# indented TEXT: on stderr, four spaces in.
indented() { printf '    %s\n' "${1//$'\n'/$'\n    '}" >&2; }

check_docs() { scripts/docs.sh; }

(($# > 0)) && names=("$@") || names=("${all[@]}")
failed=()
unjudged=()
for name in "${names[@]}"; do
    [[ " ${all[*]} " == *" $name "* ]] || fail 64 "check: there is no check '$name' (there are: ${all[*]})"
    began=$SECONDS
    status=0
    output="$("check_$name" 2>&1)" || status=$?
    if ((status == 0)); then
        say "check: $name: holds ($((SECONDS - began)) s)"
    elif ((status == 77)); then
        say "check: $name: CANNOT BE JUDGED HERE"
        unjudged+=("$name")
    else
        say "check: $name: FAILS"
        failed+=("$name")
    fi
    [[ -z "$output" ]] || indented "$output"
done
((${#failed[@]} == 0)) || fail 1 "check: ${#failed[@]} of ${#names[@]} failed: ${failed[*]}"
if ((${#unjudged[@]} > 0)); then
    say "check: $((${#names[@]} - ${#unjudged[@]})) of ${#names[@]} hold; not judged here: ${unjudged[*]}"
else
    say "check: all ${#names[@]} hold"
fi
