# Which files the checks look at, relative to the package's folder, and how they print. Sourced, never run.
# shellcheck shell=bash

# swift_files FOLDER...: Swift sources in those of the folders that exist.
swift_files() { files_in '*.swift' "$@"; }

# c_files FOLDER...: C sources and headers that somebody wrote, so not what protoc-c makes.
c_files() {
    files_in '*.h' "$@" | sed '/\.pb-c\.h$/d'
    files_in '*.c' "$@" | sed '/\.pb-c\.c$/d'
}

files_in() {
    local pattern="$1" folder
    shift
    for folder in "$@"; do
        if [[ -d "$folder" ]]; then
            find "$folder" -name .build -prune -o -type f -name "$pattern" -print
        fi
    done | sort
}

# Everything that people read or write, without builds and recorded fixtures.
text_files() {
    find . \( -name '.build*' -o -name .git -o -name Fixtures -o -name Resources \) -prune -o -type f \
        \( -name '*.swift' -o -name '*.[ch]' -o -name '*.cpp' -o -name '*.md' -o -name '*.sh' -o -name '*.awk' \
        -o -name '*.txt' -o -name run \) -print | sort
}

# labelled TEXT: the lines of stdin with the text before each.
labelled() {
    local line
    while IFS= read -r line; do printf '%s: %s\n' "$1" "$line"; done
}
