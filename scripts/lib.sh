# What the scripts share. Sourced, never run.
# shellcheck shell=bash

# Says what is being done, on stderr, so that output stays clean.
say() { printf '%s\n' "$*" >&2; }

# fail STATUS MESSAGE: ends the script. Statuses are those of sysexits.h.
fail() {
    local status="$1"
    shift
    printf 'run: %s\n' "$*" >&2
    exit "$status"
}

# swift_tests SCRATCH [ARGUMENT...]: runs `swift test` with that build folder and repeats the runner's
# closing line as the last one. Everything goes to SCRATCH/test.log; the screen is spared the line that says
# that a test has started. A run that found no test is a failure.
swift_tests() {
    local scratch="$1" log="$1/test.log" status=0 closing
    shift
    mkdir -p "$scratch"
    swift test --scratch-path "$scratch" --disable-xctest "$@" 2>&1 | tee "$log" |
        grep -a --line-buffered -v '^◇ Test' || status=$?
    closing="$(grep -aE 'Test run with [0-9]+ test' "$log" | tail -n 1 || true)"
    if ((status != 0)) && [[ -z "$closing" ]]; then
        fail "$status" "the tests did not build, or did not end ($log has everything)"
    elif ((status != 0)); then
        # Repeated, because what failed may stand a thousand lines further up.
        { grep -aE -A 8 '^✘ Test .* recorded an issue' "$log" | grep -avE '^(✔|◇)' | head -n 200; } >&2 || true
        fail "$status" "the tests failed; the lines above say where ($log has everything): ${closing#* }"
    fi
    [[ -n "$closing" && "$closing" != *"with 0 tests"* ]] || fail 1 "no test ran"
    printf '%s\n' "$closing"
}
