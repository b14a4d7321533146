#!/usr/bin/env bash
# links.sh ROOT: every relative link in a Markdown file leads to a file, its anchor to a heading of that
# file, and every docs/*.md that a source mentions exists.
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
cd "$1"
source "$here/files.sh"
status=0

# anchors FILE: its headings as the anchors that renderers give them.
anchors() {
    awk '/^```/ { fenced = !fenced } !fenced && /^#+ / { sub(/^#+ +/, ""); print tolower($0) }' "$1" |
        sed -E 's/[^a-z0-9 _-]//g; s/ /-/g'
}

# links FILE: line TAB target of every inline link outside code.
links() {
    awk '/^ *```/ { fenced = !fenced; next } !fenced {
        gsub(/`[^`]*`/, "")
        while (match($0, /\]\([^) ]+\)/)) { print NR "\t" substr($0, RSTART + 2, RLENGTH - 3); $0 = substr($0, RSTART + RLENGTH) }
    }' "$1"
}

complain() {
    printf '%s\n' "$*"
    status=1
}

while IFS= read -r page; do
    while IFS=$'\t' read -r line target; do
        [[ "$target" =~ ^(https?|mailto): ]] && continue
        path="${target%%#*}"
        file="$page"
        if [[ -n "$path" ]]; then
            file="$(dirname "$page")/$path"
            [[ -e "$file" ]] || { complain "$page:$line: no such file: $target"; continue; }
        fi
        [[ "$target" == *#* ]] || continue
        anchors "$file" | grep -qxF -- "${target#*#}" || complain "$page:$line: no such heading: $target"
    done < <(links "$page")
done < <(text_files | grep -E '\.md$')

mapfile -t texts < <(text_files)
while IFS= read -r place; do
    mentioned="${place##*:}"
    [[ -e "$mentioned" ]] || complain "${place%:*}: mentions $mentioned, which does not exist"
done < <(grep -noE 'docs/[a-z0-9-]+\.md' /dev/null "${texts[@]}")
exit "$status"
