#!/usr/bin/env bash
# headers.sh ROOT: the ABI headers compile on their own as C11 and as C++17, inline and out of line, with
# every warning an error. The toolchain's clang does it, and gcc where there is one.
set -euo pipefail
cd "$1/Sources/CSeqlock"
status=0
flags=(-Wall -Wextra -Wpedantic -Werror -Wno-unused-function -fsyntax-only -I include)

# try_header COMPILER LANGUAGE STANDARD HEADER
try_header() {
    local shape
    for shape in "" -DPKS_OUT_OF_LINE; do
        printf '#include "%s"\n' "$4" |
            "$1" -x "$2" "-std=$3" "${flags[@]}" ${shape:+"$shape"} - || { status=1; printf 'include/%s as %s, %s %s\n' "$4" "$3" "$1" "$shape"; }
    done
}

for header in include/*.h; do
    header="${header#include/}"
    try_header clang c c11 "$header"
    try_header clang++ c++ c++17 "$header"
    if command -v gcc >/dev/null; then try_header gcc c c11 "$header"; fi
    if command -v g++ >/dev/null; then try_header g++ c++ c++17 "$header"; fi
done
exit "$status"
