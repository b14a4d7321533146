#!/usr/bin/env bash
# bench-peers.sh [--fills N] [--repetitions N] [--json [FILE]] [FILE...]: others on the same fills as ours, results first
# and then time; docs/peers.md says what is compared and how to read it. Without FILE (of pks replay's columns) a made-up
# stream of a fixed seed; with files, those as well.
#
# Everything that is fetched goes to .build/peers: a virtual environment with packages of PyPI, and where there is no
# redis-server, Debian's packages of it, unpacked and not installed. Servers listen on sockets in temporary folders and
# are ended. What cannot be had is reported as not measured, with the reason. Nothing of it is needed for anything else.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/lib.sh

options=()
files=()
while (($# > 0)); do
    case "$1" in
        --help | -h)
            sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//;p;}' "${BASH_SOURCE[0]}"
            exit 0
            ;;
        --fills | --repetitions | --beancount-fills)
            [[ "${2:-}" =~ ^[1-9][0-9]*$ ]] || fail 64 "bench peers: $1 takes a whole number"
            options+=("$1" "$2")
            shift
            ;;
        --json)
            if [[ "${2:-}" == *.json ]]; then
                options+=(--json "$2")
                shift
            else
                options+=(--json -)
            fi
            ;;
        -*) fail 64 "bench peers: there is no option '$1' (--help lists them)" ;;
        *)
            [[ -r "$1" ]] || fail 66 "bench peers: cannot read $1"
            name="$(basename "$1")"
            files+=("${name%%.*}=$1")
            ;;
    esac
    shift
done

command -v python3 >/dev/null || fail 69 "bench peers: python3 is not on PATH (apt-get install python3 python3-venv)"
command -v cc >/dev/null && compiler=cc || compiler=clang
home="$PWD/.build/peers"
mkdir -p "$home"

say "peers: building ours for release"
swift build -c release --product pks >&2 || fail 70 "bench peers: the build failed (see its lines above)"

packages=(nautilus_trader==1.221.0 beancount==3.2.3 redis==8.1.0 "psycopg[binary]==3.3.9")
if [[ ! -x "$home/venv/bin/python" ]]; then
    python3 -m venv "$home/venv" || fail 69 "bench peers: no virtual environment (apt-get install python3-venv)"
fi
# One by one: what cannot be installed is then one peer that is not measured.
for package in "${packages[@]}"; do
    "$home/venv/bin/pip" install -q --disable-pip-version-check "$package" >&2 ||
        say "peers: $package cannot be installed (is there a network?)"
done

redis="$(command -v redis-server || true)"
libraries=""
why=""
if [[ -z "$redis" ]]; then
    root="$home/redis"
    if [[ ! -x "$root/usr/bin/redis-server" ]] && command -v apt-get dpkg-deb >/dev/null; then
        mkdir -p "$home/debs"
        say "peers: fetching redis-server into .build/peers"
        if (cd "$home/debs" && apt-get download -q redis-server redis-tools libjemalloc2 liblua5.1-0 liblzf1 \
            lua-bitop lua-cjson >/dev/null 2>&1); then
            for deb in "$home"/debs/*.deb; do dpkg-deb -x "$deb" "$root"; done
        fi
    fi
    if [[ -x "$root/usr/bin/redis-server" ]]; then
        redis="$root/usr/bin/redis-server"
        libraries="$(dirname "$(find "$root" -name 'libjemalloc.so.2' | head -n 1)")"
    else
        why="redis-server is not installed and cannot be fetched"
    fi
fi

sqlite=()
sqlite_version=""
if pkg-config --exists sqlite3; then
    sqlite=(-DPEERS_SQLITE -lsqlite3)
    sqlite_version="$(pkg-config --modversion sqlite3)"
fi
# Python calls CSeqlock's functions by name; what is C itself has them inlined, as every user in C does.
"$compiler" -O2 -Wall -Wextra -fPIC -c -ISources/CSeqlock/include "${sqlite[@]:0:1}" Benchmarks/peers/native.c \
    -o "$home/native.o" ||
    fail 70 "bench peers: Benchmarks/peers/native.c does not compile"
"$compiler" -O2 -Wall -Wextra -fPIC -c -ISources/CSeqlock/include Benchmarks/peers/contended.c -o "$home/contended.o" ||
    fail 70 "bench peers: Benchmarks/peers/contended.c does not compile"
"$compiler" -O2 -fPIC -shared -DPKS_OUT_OF_LINE -ISources/CSeqlock/include Sources/CSeqlock/*.c "$home/native.o" "$home/contended.o" \
    -o "$home/libpeers.so" "${sqlite[@]:1}" -pthread || fail 70 "bench peers: CSeqlock does not compile as a library"

.build/release/pks generate --fills 200000 --seed 7 --out "$home/made-up.csv"
commit="$(git rev-parse --short=12 HEAD 2>/dev/null || echo unknown)"
exec "$home/venv/bin/python" Benchmarks/peers/peers.py --pks "$PWD/.build/release/pks" --library "$home/libpeers.so" \
    --redis "$redis" --redis-libraries "$libraries" --redis-why "$why" --sqlite-version "$sqlite_version" \
    --commit "$commit" "${options[@]}" "made-up=$home/made-up.csv" "${files[@]}"
