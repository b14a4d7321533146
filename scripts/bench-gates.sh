#!/usr/bin/env bash
# bench-gates.sh [--update] [--json]: what noise cannot move. Counts the instructions of each fill, read, publish, put
# and journal record under callgrind, and the calls for memory in 10^6 of each; compares them with
# Benchmarks/gates.json, which --update writes. --json prints a report in the form of ./run bench --json, with P14 in it.
#
# Exit status: 0 all gates hold, 1 one does not, 77 the baseline knows nothing of this compiler or processor (or there
# is no valgrind), so that instructions were not compared; the rest held.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/lib.sh

for word in "$@"; do
    case "$word" in
        --update | --json) ;;
        --help | -h)
            sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//;p;}' "${BASH_SOURCE[0]}"
            exit 0
            ;;
        *) fail 64 "bench gates: there is no option '$word' (there are: --update, --json)" ;;
    esac
done

say "gates: building for release"
swift build -c release --product pks-gates >&2 || fail 70 "bench gates: the build failed (see its lines above)"
work="$(mktemp -d)"
book="gates-$$"
trap 'rm -rf "$work" "/dev/shm/pks-positions-v1-$book"* "/dev/shm/pks-fills-v1-$book"*' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
mkdir -m 700 "$work/run" "$work/counts"
# Hashing that does not change from run to run, and locks that nobody else meets.
export SWIFT_DETERMINISTIC_HASHING=1 PKS_RUN_DIR="$work/run"
gates=.build/release/pks-gates

"$gates" allocations "$work/counts" "$book" || fail 70 "bench gates: allocations were not counted"
if ! command -v valgrind >/dev/null; then
    awk '$2 + $3 > 0 { print $1 ": " $2 " calls for memory and " $3 " returns in 10^6 operations, must be 0"; bad = 1 } END { exit bad }' \
        "$work/counts/allocations"
    printf 'NOT COMPARED: valgrind is not installed (./run setup does it), so no instruction was counted\n'
    exit 77
fi
# Debian's valgrind cannot read the compiler's newer form of debug information, and gives up; it needs none.
strip --strip-debug -o "$work/pks-gates" "$gates"
valgrind --tool=callgrind --instr-atstart=no --collect-atstart=no --callgrind-out-file="$work/counts/callgrind.out" \
    "$work/pks-gates" count "$work/counts" "$book" >"$work/log" 2>&1 ||
    { tail -n 20 "$work/log" >&2; fail 70 "bench gates: callgrind did not count to the end (its last lines are above)"; }
status=0
if [[ " $* " == *" --json "* && -x .build/release/pks ]]; then
    scripts/check-hot-path.sh --json .build/release/pks scripts/hot-symbols.txt >"$work/counts/hot-path.json" || status=1
fi
compiler="$(swift --version 2>&1 | grep -m 1 -o 'Swift version [^ ]*' || echo 'an unknown compiler')"
judged=0
"$gates" judge "$work/counts" Benchmarks/gates.json "$compiler" "$@" || judged=$?
((judged == 0)) || exit "$judged"
exit "$status"
