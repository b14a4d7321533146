#!/usr/bin/env bash
# clean-machine.sh [VERB...]: shows that this package sets itself up on a bare machine. For each verb (test
# and demo, unless told) it makes a Debian 12 with git and nothing else in a folder, lends it this machine's
# Swift toolchain read-only, clones the last commit into it, and runs ./run VERB there as root; before that as
# a user who may not install anything, and after it as one who need not. Needs root, debootstrap and
# a Debian mirror (the one that this machine's apt uses). Mounts live in a namespace of their own, so that
# none can be left behind; the folders are removed at the end.
set -euo pipefail
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.."
source scripts/lib.sh

suite=bookworm
user=trader
# Where, on the new machine, each account has its clone.
clones=srv

# The mirror of this machine's apt that has the suite; the project's own when there is none.
mirror() {
    local site
    # shellcheck disable=SC2016 # apt expands these
    site="$(apt-get indextargets --format '$(SITE) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' 2>/dev/null |
        awk -v suite="$suite" '$2 == suite && $3 == "main" { print $1; exit }')"
    printf '%s\n' "${site:-http://deb.debian.org/debian}"
}

# run_and_look COMMAND...: on the new machine; fails when the command does, or leaves shared memory behind.
run_and_look() {
    local left
    "$@" || return
    left="$(ls -A /dev/shm)"
    [[ -z "$left" ]] || { printf 'left in /dev/shm: %s\n' "$left" >&2; return 1; }
}

# enter ROOT TOOLCHAIN ACCOUNT COMMAND...: in a mount namespace of its own; becomes the command.
enter() {
    local root="$1" toolchain="$2" account="$3" home
    shift 3
    home="$(awk -F : -v name="$account" '$1 == name { print $6 }' "$root/etc/passwd")"
    mkdir -p "$root/toolchain"
    mount --bind -o ro "$toolchain" "$root/toolchain"
    mount -t proc proc "$root/proc"
    mount --rbind /dev "$root/dev"
    mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm"
    exec chroot "$root" setpriv --reuid "$account" --regid "$account" --init-groups \
        env -i HOME="$home" LANG=C.UTF-8 ${http_proxy:+http_proxy="$http_proxy"} \
        PATH=/toolchain/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
        bash -c "$(declare -f run_and_look); run_and_look \"\$@\"" bash "$@"
}

# inside ROOT ACCOUNT COMMAND...: runs a command on the machine in ROOT, with an almost empty environment.
inside() {
    local root="$1" account="$2"
    shift 2
    unshare --mount --pid --fork --kill-child \
        bash -c "set -euo pipefail; $(declare -f enter run_and_look); enter \"\$@\"" bash \
        "$root" "$toolchain" "$account" "$@" </dev/null
}

# try_verb VERB: one fresh machine, three runs.
try_verb() {
    local verb="$1" root="$work/$1" began status=0
    say "clean-machine: $verb: a fresh machine"
    cp -a --reflink=auto "$work/base" "$root"
    git clone --quiet --no-hardlinks . "$root/$clones/administrator/pks"
    cp -a "$root/$clones/administrator" "$root/$clones/$user"
    chroot "$root" chown -R "$user:$user" "/$clones/$user"

    say "clean-machine: $verb: as $user, who cannot install packages"
    inside "$root" "$user" "/$clones/$user/pks/run" "$verb" >"$work/refusal" 2>&1 || status=$?
    if ((status != 69)) || ! grep -q 'apt-get install' "$work/refusal"; then
        cat "$work/refusal" >&2
        fail 1 "clean-machine: $verb: expected exit 69 and the apt-get command, got $status"
    fi
    tail -n 1 "$work/refusal" >&2

    began=$SECONDS
    say "clean-machine: $verb: as root"
    inside "$root" root "/$clones/administrator/pks/run" "$verb" || fail 1 "clean-machine: $verb: failed as root"
    say "clean-machine: $verb: passed as root in $((SECONDS - began)) s, packages and a first build included"

    began=$SECONDS
    say "clean-machine: $verb: as $user, now that the packages are there"
    inside "$root" "$user" "/$clones/$user/pks/run" "$verb" >"$work/second" 2>&1 ||
        { cat "$work/second" >&2; fail 1 "clean-machine: $verb: failed as $user"; }
    say "clean-machine: $verb: passed as $user in $((SECONDS - began)) s"
    rm -rf --one-file-system "$root"
}

((EUID == 0)) || fail 77 "clean-machine: this needs root, for chroot and mount (sudo scripts/clean-machine.sh)"
command -v debootstrap >/dev/null || fail 69 "clean-machine: debootstrap is missing (apt-get install debootstrap)"
command -v swift >/dev/null || fail 69 "clean-machine: swift is not on PATH"
toolchain="$(dirname "$(dirname "$(readlink -f "$(command -v swift)")")")"
[[ -z "$(git status --porcelain)" ]] || say "clean-machine: note: only what is committed is tried"

work="$(mktemp -d "${TMPDIR:-/var/tmp}/pks-clean-machine.XXXXXX")"
trap 'rm -rf --one-file-system "$work"' EXIT

say "clean-machine: making a bare Debian ($suite) with git in $work"
debootstrap --variant=minbase --include=git,ca-certificates "$suite" "$work/base" "$(mirror)" >"$work/debootstrap.log" 2>&1 ||
    { tail -n 20 "$work/debootstrap.log" >&2; fail 69 "clean-machine: debootstrap failed"; }
cp /etc/resolv.conf "$work/base/etc/resolv.conf"
chroot "$work/base" useradd --create-home --shell /bin/bash "$user"

(($# > 0)) && verbs=("$@") || verbs=(test demo)
for verb in "${verbs[@]}"; do try_verb "$verb"; done
say "clean-machine: ${verbs[*]}: all passed"
