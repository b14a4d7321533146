#!/usr/bin/env bash
# bus.sh [pks-bus' options]: books on the bus, with real servers, daemons and publishers, and faults between them; in the
# end everything that was published is read back and compared with a replay. --fills N, --seed S, --server debian|pypi,
# --case NAME, --short.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/lib.sh

say "bus: building for release"
swift build -c release --product pks >&2
swift build -c release --product pks-bus >&2
programs="$(swift build -c release --show-bin-path)"
exec "$programs/pks-bus" --pks "$programs/pks" "$@"
