#!/usr/bin/env bash
# shell.sh ROOT: the scripts parse, stop at the first error, and pass shellcheck where it is installed.
set -euo pipefail
cd "$1"
status=0

mapfile -t scripts < <(find run .ci/run scripts -type f \( -name '*.sh' -o -name run \) 2>/dev/null | sort)
for script in "${scripts[@]}"; do
    bash -n "$script" || status=1
    if [[ -x "$script" ]] && ! grep -qx 'set -euo pipefail' "$script"; then
        printf '%s: does not say set -euo pipefail\n' "$script"
        status=1
    fi
done
if command -v shellcheck >/dev/null; then
    shellcheck --external-sources --source-path=SCRIPTDIR --source-path="$PWD" "${scripts[@]}" || status=1
else
    printf 'note: shellcheck is not installed, so only the syntax was checked (apt-get install shellcheck)\n'
fi
exit "$status"
