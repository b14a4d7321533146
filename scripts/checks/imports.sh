#!/usr/bin/env bash
# imports.sh ROOT: the arrows between modules go the way imports.txt says, and CSeqlock includes only
# itself and the C library.
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
cd "$1"
source "$here/files.sh"
status=0

mapfile -t sources < <(swift_files Sources)
awk -f "$here/code.awk" "${sources[@]}" | awk -F '\t' '
    FILENAME != "-" {
        if ($0 ~ /^#/ || $0 !~ /:/) next
        module = $0; sub(/:.*/, "", module); names = $0; sub(/^[^:]*:/, "", names)
        known[module] = 1; count = split(names, list, " ")
        for (i = 1; i <= count; i++) may[module, list[i]] = 1
        next
    }
    $4 ~ /(^|[ ;])import +[A-Za-z]/ && $4 !~ /^ *\/\// {
        imported = $4; sub(/.*import +((struct|enum|class|func|let|var|typealias|protocol) +)?/, "", imported); sub(/[^A-Za-z0-9_].*/, "", imported)
        module = $1; sub(/^(\.\/)?Sources\//, "", module); sub(/\/.*/, "", module)
        if (!(module in known)) { print $1 ":" $2 ": the module " module " has no line in scripts/checks/imports.txt"; bad = 1 }
        else if (!((module, imported) in may)) { print $1 ":" $2 ": " module " may not import " imported; bad = 1 }
    }
    END { exit bad }
' "$here/imports.txt" - || status=1

if [[ -d Sources/CSeqlock ]]; then
    # The producer opens, locks and maps files; its headers and everything else do not.
    found="$(grep -rnE '^ *# *include' Sources/CSeqlock |
        grep -vE '<(stddef|stdint|stdbool|string|time)\.h>|"(pks_[a-z_]+|CSeqlock)\.h"' |
        grep -vE '^Sources/CSeqlock/pks_producer[a-z_]*\.c:[0-9]+:# *include <(errno|fcntl|stdio|stdlib|unistd|sys/(file|mman|random|stat|statvfs))\.h>' || true)"
    if [[ -n "$found" ]]; then
        labelled "CSeqlock includes only itself and the C library" <<<"$found"
        status=1
    fi
fi
exit "$status"
