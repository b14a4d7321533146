#!/usr/bin/env bash
# protos.sh [FOLDER]: makes the C code of the bus's messages from their proto, in Sources/CBusMessages (or FOLDER).
# Run it after each change of Sources/NATSBridge/Protos; `./run check protos` sees when it was forgotten.
#
# The C code sees each `string` as `bytes`, which is the same on the wire: a C string would hide what comes after a
# NUL, and bytes need none behind them when a message is made.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/lib.sh

name=pks_bus_v1
into="${1:-Sources/CBusMessages}"
command -v protoc-c >/dev/null || fail 69 "protos: protoc-c is missing (run ./run setup)"
scratch="$(mktemp -d)"
trap 'rm -rf "$scratch"' EXIT
sed -E 's/^( +(repeated )?)string /\1bytes /' "Sources/NATSBridge/Protos/$name.proto" >"$scratch/$name.proto"
protoc-c --proto_path="$scratch" --c_out="$scratch" "$scratch/$name.proto" ||
    fail 65 "protos: protoc-c does not take $name.proto (see its lines above)"
mkdir -p "$into/include"
mv "$scratch/$name.pb-c.c" "$into/"
mv "$scratch/$name.pb-c.h" "$into/include/"
