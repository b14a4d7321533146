#!/usr/bin/env bash
# bench.sh [ARGUMENT...]: builds the latency suite and runs it. It tells the suite what a program does not know of
# itself: the commit, whether there were changes on top of it, and the compiler.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/lib.sh

say "bench: building for release"
swift build -c release --product pks-bench >&2
# P14 looks at the program that is shipped.
[[ " $* " == *" --help "* || " $* " == *" --compare "* ]] || swift build -c release --product pks >&2

commit="$(git rev-parse --short=12 HEAD 2>/dev/null || echo unknown)"
[[ -z "$(git status --porcelain --untracked-files=no 2>/dev/null)" ]] || commit+=" with changes"
compiler="$(swift --version 2>&1 | grep -m 1 'Swift version' || echo unknown)"
export PKS_COMMIT="$commit" PKS_COMPILER="${compiler%% (*}"
exec .build/release/pks-bench "$@"
