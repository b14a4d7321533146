#!/usr/bin/env bash
# soak.sh [pks-soak's options]: three producers, two books, ten minutes at 200,000 fills a second each, while readers
# poll and the monitor runs; then everything is replayed and compared. --seconds and --rate make it shorter.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/lib.sh

say "soak: building for release"
swift build -c release --product pks >&2
swift build -c release --product pks-soak >&2
programs="$(swift build -c release --show-bin-path)"
exec "$programs/pks-soak" --pks "$programs/pks" "$@"
