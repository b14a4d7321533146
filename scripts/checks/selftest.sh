#!/usr/bin/env bash
# Plants one defect at a time and demands that the check meant for it fails and says what it found: a
# check that cannot fail proves nothing. Also demands that sound code passes.
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
status=0
planted=0

# plant CHECK FILE EXPECTED: stdin becomes FILE of an otherwise empty package; CHECK must fail with a line
# that has EXPECTED in it. An empty EXPECTED means that CHECK must pass.
plant() {
    local check="$1" file="$2" expected="$3" root="$work/root" output failed=0
    rm -rf "$root"
    mkdir -p "$root/$(dirname "$file")"
    : >"$root/Package.swift"
    cat >"$root/$file"
    planted=$((planted + 1))
    output="$("$here/$check.sh" "$root" 2>&1)" || failed=1
    if [[ -z "$expected" ]]; then
        ((failed == 0)) || complain "$check fails for sound code in $file" "$output"
    elif ((failed == 0)) || [[ "$output" != *"$expected"* ]]; then
        complain "$check does not find '$expected' in $file" "$output"
    fi
}

complain() {
    printf '%s\n' "$@"
    status=1
}

lines() { for ((i = 0; i < $1; i++)); do echo "$2"; done; }

plant lengths Sources/A/A.swift "the file has 500 lines" < <(lines 500 "let a = 1")
plant lengths Sources/A/A.swift "the function long has 92 lines" < <(echo 'func long() {'; lines 90 '    print("}{")'; echo '}')
plant lengths Sources/A/a.c "the function slow has 92 lines" < <(echo 'static int slow(int a) {'; lines 90 '    a++;'; echo '}')
plant lengths Sources/A/A.swift "" < <(lines 5 'func short() { print("{") }')

plant safety Sources/A/A.swift '2: unsafe without' <<<$'// nothing\nlet a = unsafe p[0]'
plant safety Sources/A/A.swift '5: unsafe without' <<<$'// SAFETY: p is alive here.\nlet a = unsafe p[0]\nlet b = unsafe p[1]\n\nlet c = unsafe p[2]'
plant safety Sources/A/A.swift '6: unsafe without' <<<$'func f() {\n    // SAFETY: in this function.\n    unsafe g()\n}\nfunc h() {\n    unsafe g()\n}'
plant safety Sources/A/A.swift '8: unsafe without' <<<$'struct A {\n    // SAFETY: for f.\n    func f() {\n\n        unsafe g()\n    }\n\n    func h() { unsafe g() }\n}'
plant safety Sources/A/A.swift '6: unsafe without' <<<$'extension A {\n    // SAFETY (all of these): p lives as long as A.\n    var a: Int { unsafe p[0] }\n\n}\nlet b = unsafe p[1]'
plant safety Sources/A/A.swift '5: unsafe without' <<<$'func f() {\n    // SAFETY (all of this function): x\n    unsafe g()\n}\nfunc h() { unsafe g() }'
plant safety Sources/A/A.swift "" <<<$'@safe struct A {\n    // SAFETY: allocated in init.\n    let base: UnsafeMutablePointer<Int>\n\n    deinit {\n        unsafe free(\n            base, 1)\n    }\n}'
plant safety Sources/A/A.swift '@safe without' <<<'@safe struct A {}'
plant safety Sources/A/A.swift '@unchecked Sendable without' <<<'final class A: @unchecked Sendable {}'
plant safety Sources/A/A.swift 'pks_load_acquire without a // SYNC:' <<<'let a = pks_load_acquire(p)'
plant safety Sources/A/A.swift 'an atomic operation without a // SYNC:' <<<'let a = b.load(ordering: .acquiring)'
plant safety Sources/A/A.swift "" <<<$'// SAFETY: p lives as long as A.\nstruct A {\n    let a = unsafe p[0] // "unsafe"\n\n    let b = unsafe p[1]\n}'
plant safety Sources/A/A.swift "" <<<$'struct A {\n    // SAFETY (all of these): p lives as long as A.\n    var a: Int { unsafe p[0] }\n\n    var b: Int {\n        unsafe p[1]\n    }\n}'
plant safety Sources/A/A.swift "" <<<$'func f() {\n    while b {\n        // SAFETY: x\n        unsafe g()\n    }\n\n    unsafe g()\n}'
plant safety Sources/A/A.swift '5: unsafe without' <<<$'@safe struct A {\n    // SAFETY: allocated in init.\n    let base: UnsafeMutablePointer<Int>\n\n    func a(_ other: P) { unsafe other[0] }\n}'
plant safety Sources/A/A.swift "" <<<$'@safe struct A {\n    // SAFETY: allocated in init.\n    let base: UnsafeMutablePointer<Int>\n\n    func a() { unsafe base[0] }\n}'

plant words Sources/A/A.swift "unfinished" <<<"// TO""DO: later"
plant words guide.md "a path of one machine" <<<"see /ho""me/me/x"
plant words Sources/A/A.swift "traps where it should throw" <<<'let a = try! b()'
plant words Tests/A/A.swift "a sleep in a test" <<<'    usleep(10)'
plant words Sources/A/A.swift "an atomic outside CSeqlock" <<<'let a = Atomic<Int>(0)'
plant words Package.swift "unsafeFlags" <<<'.unsafeFlags([])'
plant words Sources/A/A.swift "" <<<'let a = "try! fatalError(" // fatalError('

plant imports Sources/ShmReader/A.swift "ShmReader may not import ShmBridge" <<<'internal import ShmBridge'
plant imports Sources/LotMatching/A.swift "LotMatching may not import Glibc" <<<'@preconcurrency import Glibc'
plant imports Sources/Feeds/A.swift "Feeds may not import pks" <<<'import struct pks.Options'
plant imports Sources/Newcomer/A.swift "has no line in scripts/checks/imports.txt" <<<'import Glibc'
plant imports Sources/CSeqlock/include/a.h "CSeqlock includes only itself" <<<'#include <stdlib.h>'
plant imports Sources/Accumulator/A.swift "" <<<'public import LotMatching'

plant links README.md "no such file: absent.md" <<<'[a](absent.md)'
plant links README.md "no such heading: #absent" <<<$'# Here\n[a](#absent)'
plant links Sources/A/A.swift "mentions doc""s/absent.md" <<<"// doc""s/absent.md says"
plant links README.md "" <<<$'# The house, `in` short\n[a](#the-house-in-short) [b](Package.swift) `[c](d)`'

plant protos Sources/CBusMessages/pks_bus_v1.pb-c.c "pks_bus_v1.pb-c.c: not what its proto says" <<<'int old;'
plant shell scripts/a.sh "a.sh" <<<'if true; then'
plant headers Sources/CSeqlock/include/a.h "a.h as c11" <<<'static inline int f(unsigned a) { return a > -1; }'
plant headers Sources/CSeqlock/include/a.h "a.h as c++17" <<<'static inline int *f(void *a) { return a; }'
plant headers Sources/CSeqlock/include/a.h "" <<<'static inline int f(int a) { return a + 1; }'

# A tiny program whose functions each do one thing that the hot loop must not.
cp "$here/planted-hot-path.swift" "$work/main.swift"
swiftc -O -module-name Planted "$work/main.swift" -o "$work/planted"

# plant_hot RULES EXPECTED
plant_hot() {
    local output failed=0
    planted=$((planted + 1))
    printf '%s\n' "$1" >"$work/rules"
    output="$("$here/../check-hot-path.sh" "$work/planted" "$work/rules" 2>&1)" || failed=1
    [[ "$2" == "nothing forbidden" ]] && failed=$((1 - failed))
    if ((failed == 0)) || [[ "$output" != *"$2"* ]]; then
        complain "hot-path does not say '$2' of: $1" "$output"
    fi
}

plant_hot 'hot ^Planted\.isClean\(' "nothing forbidden"
plant_hot 'hot ^Planted\.switches\(' "nothing forbidden"
plant_hot 'hot ^Planted\.retains\(' "calls swift_retain"
plant_hot 'hot ^Planted\.retains\(' "calls swift_beginAccess"
plant_hot 'hot ^Planted\.allocates\(' "calls swift_allocObject"
plant_hot 'hot ^Planted\.reachesAnAllocation\(' "calls swift_allocObject"
plant_hot $'hot ^Planted\\.reachesAnAllocation\\(\nallow ^Planted\\.helper  # cold' "nothing forbidden"
plant_hot 'hot ^Planted\.throughAnExistential\(' "indirect call"
plant_hot 'hot ^Planted\.divides\(' "division(s) by a variable"
plant_hot $'hot ^Planted\\.divides\\(\nallow-division ^Planted\\.divides  # the average' "nothing forbidden"
plant_hot 'hot ^Planted\.callsTheKernel\(' "in another library"
plant_hot 'hot ^Planted\.absent\(' "no symbol matches"
plant_hot $'hot ^Planted\\.isClean\\(\nallow ^Planted\\.helper' "is neither"
plant_hot '# nothing' "name no hot symbol"

((status == 0)) && printf '%d planted defects and sound pieces, each told apart\n' "$planted"
exit "$status"
