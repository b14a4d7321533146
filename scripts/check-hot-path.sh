#!/usr/bin/env bash
# check-hot-path.sh [--json] BINARY RULES: reads the machine code of the hot loop. Starting from the symbols that
# RULES names it follows every call and jump. It fails when it comes upon a retain or release, an
# exclusivity check, an allocation, a throw, a cast, a lock, a system call, an indirect call, a division
# by a variable, or any call into another library that RULES does not allow; and when a name in RULES
# matches nothing.
#
# RULES, one a line; PATTERN is an extended regular expression over demangled names:
#   hot PATTERN                     begin here
#   allow PATTERN  # why            do not follow this call: it is not on the path of a fill once warm
#   allow-division PATTERN  # why   this function may divide
# What is forbidden by name cannot be allowed; only the cold function that calls it can.
#
# With --json the answer is a goal of the suite's report, P14: {"id", "value", "goal", "pass", "noisy", "samples",
# "detail"}, where the value is the number of functions with something forbidden in them.
set -euo pipefail

json=0
if [[ "${1:-}" == --json ]]; then
    json=1
    shift
fi
(($# == 2)) || { printf 'usage: check-hot-path.sh [--json] BINARY RULES\n' >&2; exit 64; }
binary="$1"
rules="$2"
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
[[ -r "$binary" ]] || { printf 'check-hot-path: cannot read %s (build it first: ./run build)\n' "$binary" >&2; exit 66; }
[[ -r "$rules" ]] || { printf 'check-hot-path: cannot read %s\n' "$rules" >&2; exit 66; }

toolchain="$(dirname "$(readlink -f "$(command -v swift)")")"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT

"$toolchain/llvm-nm" --defined-only --print-size "$binary" |
    awk '$(NF - 1) ~ /^[tTwW]$/ { print $1 "\t" (NF == 4 ? $2 : 0) "\t" $NF }' |
    swift demangle --compact >"$work/names"
"$toolchain/llvm-objdump" -d --no-show-raw-insn "$binary" >"$work/code"
awk -v json="$json" -f "$here/check-hot-path.awk" "$work/names" "$rules" "$work/code"
