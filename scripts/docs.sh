#!/usr/bin/env bash
# Builds the reference of every library module into .build/docs, without a network. A warning is an error.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/lib.sh

toolchain="$(dirname "$(readlink -f "$(command -v swift)")")"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT

say "docs: building the modules"
swift build >"$work/log" 2>&1 || { cat "$work/log" >&2; fail 1 "docs: the package does not build"; }
modules="$(swift build --show-bin-path)/Modules"
target="$(swiftc -print-target-info | sed -n 's/.*"triple" *: *"\([^"]*\)".*/\1/p' | head -n 1)"

# `swift package dump-symbol-graph` would do, but gives the C module a C++ standard and fails on it.
search=(-I "$modules")
while IFS= read -r map; do search+=(-I "$(dirname "$map")"); done < <(find Sources -name module.modulemap)

archives=()
for catalog in docs/reference/*.docc; do
    module="$(basename "$catalog" .docc)"
    say "docs: $module"
    mkdir "$work/$module"
    "$toolchain/swift-symbolgraph-extract" -module-name "$module" -target "$target" "${search[@]}" \
        -minimum-access-level public -skip-synthesized-members -output-dir "$work/$module" ||
        fail 1 "docs: the symbols of $module could not be collected"
    "$toolchain/docc" convert "$catalog" --additional-symbol-graph-dir "$work/$module" \
        --fallback-display-name "$module" --fallback-bundle-identifier "pks.$module" \
        --transform-for-static-hosting --warnings-as-errors --output-path "$work/$module.doccarchive" >"$work/log" ||
        { cat "$work/log" >&2; fail 1 "docs: the documentation of $module has errors"; }
    archives+=("$work/$module.doccarchive")
done

rm -rf .build/docs
"$toolchain/docc" merge "${archives[@]}" --synthesized-landing-page-name pks --output-path .build/docs >/dev/null
say "docs: .build/docs is ready (python3 -m http.server --directory .build/docs, then /documentation)"
