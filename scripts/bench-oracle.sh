#!/usr/bin/env bash
# bench-oracle.sh: makes Tests/BenchTests/Fixtures anew from PyPI's hdrhistogram, which the suite's own histogram must
# agree with. The tests themselves need no network and no Python; run this only when the oracle is to be asked again.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/lib.sh

command -v python3 >/dev/null || fail 69 "bench-oracle: python3 is not on PATH (apt-get install python3 python3-venv)"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv" || fail 69 "bench-oracle: no virtual environment (apt-get install python3-venv)"
"$work/venv/bin/pip" install -q hdrhistogram==0.10.8 ||
    fail 69 "bench-oracle: hdrhistogram 0.10.8 cannot be installed (is there a network?)"
"$work/venv/bin/python" - Tests/BenchTests/Fixtures <<'END'
"""Values by a rule that the tests repeat, and what hdrhistogram says of them."""
import io
import json
import sys

from hdrh.histogram import HdrHistogram

HIGHEST = 3_600_000_000_000
PERCENTS = [0, 1, 10, 25, 50, 75, 90, 99, 99.9, 99.99, 99.999, 100]
MASK = (1 << 64) - 1


def split_mix(seed):
    state = seed
    while True:
        state = (state + 0x9E3779B97F4A7C15) & MASK
        z = state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        yield z ^ (z >> 31)


def values(kind, seed, count):
    random = split_mix(seed)
    for _ in range(count):
        bits = next(random)
        if kind == "small":
            yield bits % 3000
        elif kind == "wide":  # every doubling as often as the others
            yield min((bits >> 8) % (1 << (1 + bits % 42)), HIGHEST)
        elif kind == "tail":  # mostly near 75, one in a thousand far away
            yield 60 + bits % 30 if bits >> 32 & 1023 else 1_000_000 + bits % 50_000_000
        else:
            yield 1_000_000 * (1 + bits % 3)


cases = []
for kind, seed, count, every in [
    ("small", 1, 20_000, 0), ("wide", 2, 50_000, 0), ("tail", 3, 100_000, 0), ("tail", 4, 2_000, 100_000),
    ("steps", 5, 10, 0), ("wide", 6, 1, 0), ("steps", 7, 300, 250_000),
]:
    histogram = HdrHistogram(1, HIGHEST, 3)
    for value in values(kind, seed, count):
        histogram.record_value(value)
        # As HdrHistogram in Java and C; this port also counts a remainder shorter than the interval.
        missing = value - every
        while every and missing >= every:
            histogram.record_value(missing)
            missing -= every
    text = io.BytesIO()
    histogram.output_percentile_distribution(text, 1)
    cases.append({
        "kind": kind, "seed": seed, "values": count, "expected_every": every, "count": histogram.total_count,
        "percentiles": [[percent, histogram.get_value_at_percentile(percent)] for percent in PERCENTS],
        "mean": histogram.get_mean_value(), "deviation": histogram.get_stddev(), "hgrm": text.getvalue().decode(),
    })
with open(sys.argv[1] + "/hdrhistogram.json", "w", encoding="utf-8") as file:
    json.dump({"made_with": "hdrhistogram 0.10.8, scripts/bench-oracle.sh", "cases": cases}, file, indent=1)
    file.write("\n")
END
say "bench-oracle: Tests/BenchTests/Fixtures/hdrhistogram.json is made"
