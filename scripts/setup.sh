#!/usr/bin/env bash
# Installs the Debian packages that are missing. Needs the Swift toolchain on PATH; asks the package
# database first, so that it costs nothing when all is there.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/lib.sh

swift_major_min=6
swift_minor_min=3

packages=(
    libcurl4 libncurses6 libsqlite3-0 libxml2 # shared libraries that the toolchain itself is linked to
    binutils                                  # the linker that the toolchain calls
    libc6-dev libstdc++-12-dev                # C and C++ headers, start-up objects
    pkg-config zlib1g-dev                     # gzip input
    libncurses-dev ncurses-base               # the screen of pks top, and descriptions of terminals
    tmux                                      # tests drive that screen in a real terminal
    libtomlplusplus-dev                       # configuration files; headers only
    libmicrohttpd-dev                         # metrics over HTTP
    libnats-dev                               # the client of the message bus
    nats-server python3-pip                   # tests run the bus with this server, and with a newer one from PyPI
    openssl                                   # tests make certificates with it
    liburing-dev                              # the journal's writes
    libprotobuf-c-dev protobuf-c-compiler     # messages of the bus
    strace                                    # the fault harness ends and fails system calls with it
    gnuplot-nox                               # plots of the latency suite's reports
    valgrind                                  # counts the instructions that the gates of ./run check guard
    libsystemd-dev                            # the daemon tells systemd how it is
)

# Prints the packages of the list that are not installed.
missing_packages() {
    local installed package
    installed=" $(dpkg-query -W -f '${Package}:${db:Status-Status} ' "${packages[@]}" 2>/dev/null || true)"
    for package in "${packages[@]}"; do
        [[ "$installed" == *" $package:installed "* ]] || printf '%s\n' "$package"
    done
}

# Prefixes a command with what makes it run as root, or says what to type instead.
as_root() {
    if ((EUID == 0)); then
        "$@"
    elif [[ -t 0 ]] && command -v sudo >/dev/null; then
        sudo "$@"
    elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
        sudo -n "$@"
    else
        fail 69 "setup: packages are missing and this is not root (run as root: apt-get update && apt-get install -y --no-install-recommends ${missing[*]})"
    fi
}

install_packages() {
    say "setup: installing ${#missing[@]} Debian packages: ${missing[*]}"
    as_root apt-get update -q -o Acquire::Retries=3 -o DPkg::Lock::Timeout=300 >&2 ||
        fail 69 "setup: the package lists cannot be fetched (see apt-get's lines above; is there a network?)"
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends \
        -o Acquire::Retries=3 -o DPkg::Lock::Timeout=300 "${missing[@]}" >&2 ||
        fail 69 "setup: apt-get could not install ${missing[*]} (see its lines above)"
}

check_swift_version() {
    local text major minor
    text="$(swift --version 2>&1)" || fail 69 "setup: swift is on PATH but does not run: $text"
    [[ "$text" =~ Swift\ version\ ([0-9]+)\.([0-9]+) ]] || fail 69 "setup: cannot tell the Swift version from: $text"
    major="${BASH_REMATCH[1]}" minor="${BASH_REMATCH[2]}"
    ((major > swift_major_min || (major == swift_major_min && minor >= swift_minor_min))) ||
        fail 69 "setup: Swift $major.$minor is too old (install $swift_major_min.$swift_minor_min or later from https://www.swift.org/install/linux)"
    say "setup: Swift $major.$minor and all ${#packages[@]} packages are here"
}

say "setup: looking for the Swift toolchain and ${#packages[@]} Debian packages"
command -v swift >/dev/null ||
    fail 69 "setup: swift is not on PATH (install Swift $swift_major_min.$swift_minor_min for Debian 12 from https://www.swift.org/install/linux and put its usr/bin on PATH)"
if command -v dpkg-query >/dev/null; then
    mapfile -t missing < <(missing_packages)
    if ((${#missing[@]} > 0)); then
        install_packages
    fi
    check_swift_version
else
    say "setup: this is not Debian; nothing is installed. The package needs the equivalents of: ${packages[*]}"
    check_swift_version
fi
