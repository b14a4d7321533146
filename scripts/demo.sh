#!/usr/bin/env bash
# demo.sh [--seconds N]: the daemon, a feed of made-up fills and the monitor. q in the monitor ends all of it.
# Without a terminal (or with --seconds) it runs that long, shows one snapshot and the daemon's figures, and ends.
# Nothing is left behind.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/lib.sh

usage() {
    cat <<'END'
./run demo [--seconds N]

Builds pks, starts the daemon with a book named demo-<process>, feeds it made-up fills of several accounts, strategies
and symbols at 2000 a second, and opens the monitor. q ends everything and leaves nothing behind. Without a terminal,
or with --seconds, it runs for so many seconds (5), prints one snapshot and the daemon's figures, and exits 0.
END
}

rate=2000
seconds=5
screen=no
[[ -t 0 && -t 1 && "${TERM:-dumb}" != dumb ]] && screen=yes
while (($# > 0)); do
    case "$1" in
        --seconds)
            [[ "${2:-}" =~ ^[1-9][0-9]{0,4}$ ]] || fail 64 "demo: --seconds wants a number of seconds from 1 on"
            seconds="$2" screen=no
            shift 2
            ;;
        -h | --help)
            usage
            exit 0
            ;;
        *) fail 64 "demo: unknown argument '$1' (./run demo --help)" ;;
    esac
done

say "demo: building pks for release (the first time takes some minutes)"
swift build -c release --product pks >&2 || fail 1 "demo: the build failed"

pks="$PWD/.build/release/pks"
book="demo-$$"
work="$(mktemp -d)"
run_dir="$work/run"
mkdir -m 700 "$run_dir"
daemon="" feed="" generator=""

# end_process PID: asks a process to end and waits until it has.
end_process() {
    [[ -z "$1" ]] && return
    kill -TERM "$1" 2>/dev/null || true
    wait "$1" 2>/dev/null || true
}

clean_up() {
    end_process "$feed"
    end_process "$generator"
    end_process "$daemon"
    # The daemon leaves its last positions, and the feed its ring, for those who come after; a demo has none.
    rm -rf "$work" "/dev/shm/pks-positions-v1-$book" "/dev/shm/pks-fills-v1-$book-gateway"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# Made-up fills never end, so that identities are remembered for ten minutes of their time instead of a week.
cat >"$work/demo.toml" <<END
[[book]]
name = "$book"
positions = 1024
lots = 1048576
identities = 4194272
identity_window = "10m"
END

"$pks" run --config "$work/demo.toml" --run-dir "$run_dir" --ready-file "$work/ready" 2>"$work/daemon.log" &
daemon=$!
until [[ -e "$work/ready" ]]; do
    kill -0 "$daemon" 2>/dev/null || fail 69 "demo: the daemon did not start: $(cat "$work/daemon.log")"
    sleep 0.02
done

mkfifo "$work/fills.csv"
"$pks" generate --fills 1_000_000_000 --seed 7 --accounts 3 --strategies 3 --symbols 8 >"$work/fills.csv" &
generator=$!
"$pks" feed - --format csv --book "$book" --producer gateway --rate "$rate" --run-dir "$run_dir" \
    <"$work/fills.csv" >/dev/null 2>"$work/feed.log" &
feed=$!

if [[ "$screen" == yes ]]; then
    "$pks" top --book "$book" || fail 1 "demo: the monitor failed"
    say "demo: done; the daemon and the feed have ended, and shared memory is as it was"
    exit 0
fi

say "demo: the daemon runs, a feed sends $rate fills a second; a snapshot in $seconds s"
sleep "$seconds"
kill -0 "$feed" 2>/dev/null || fail 1 "demo: the feed ended early: $(cat "$work/feed.log")"
"$pks" top --book "$book" --once
printf '\n$ pks stats\n'
"$pks" stats --book "$book" --run-dir "$run_dir"

# A demo that shows nothing must not look like one that works.
positions="$("$pks" read --book "$book" --csv | wc -l)"
((positions > 20)) || fail 1 "demo: $positions lines of positions, expected more than 20"
say "demo: done; the daemon and the feed end now, and shared memory is left as it was"
