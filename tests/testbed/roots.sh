#!/bin/bash
# Builds the root folders that the tests on real distributions run in: tests/testbed/roots.sh FOLDER [NAME…]
#
# Each root is made once and kept until its line below changes; tests never write to it, they put a
# throw-away overlay on top. Works as root, and as an ordinary user who has an entry in /etc/subuid. Those marked
# `named` are made only when they are named.
# Two are built at a time. Packages come from the mirror named in this machine's own apt sources, or
# from $TRUSTCTL_MIRROR.
set -euo pipefail

# NAME SUITE PACKAGES [VARIANT [named]]. Bullseye stands in for Ubuntu 20.04, bookworm for 22.04, trixie for 26.04: same
# generation of C library, OpenSSL and update-ca-certificates. The Java hook of both Ubuntu releases is bullseye's,
# later ones have bookworm's; beside Java is everything that audit must not take for a fault, and certutil. Go, nginx, GnuTLS and
# Python are there as clients and servers. Sid stands in for Ubuntu 25.10
# and newer, where the coreutils are uutils' and sudo is sudo-rs. A name with `-arm64` is of that architecture: the
# sysroot is only unpacked, the others need `arm64.sh` first.
roots() {
    local java=ca-certificates,openssl,ca-certificates-java,default-jre-headless,libnss3-tools,git,curl,wget,python3,nodejs,docker.io
    cat <<-END
	bullseye       bullseye  ca-certificates,openssl,curl,golang-go,nginx-light,gnutls-bin,python3
	bookworm       bookworm  ca-certificates,openssl,curl,golang-go,nginx-light,gnutls-bin,python3
	trixie         trixie    ca-certificates,openssl,curl,golang-go,gnutls-bin,python3
	bullseye-java  bullseye  $java
	bookworm-java  bookworm  $java
	trixie-java    trixie    $java
	sid            sid       ca-certificates,openssl,rust-coreutils,sudo-rs  minbase  named
	sysroot-arm64  bullseye  libc6,libgcc-s1          extract  named
	bullseye-arm64 bullseye  ca-certificates,openssl  minbase  named
	bookworm-arm64 bookworm  ca-certificates,openssl  minbase  named
	trixie-arm64   trixie    ca-certificates,openssl  minbase  named
	END
}

folder=$(mkdir -p "$1" && cd "$1" && pwd)
shift

# The first Debian archive that apt on this machine is told of: deb822 files first, then one-line ones.
mirror() {
    local uri
    uri=$(awk '/^URIs:/ { for (i = 2; i <= NF; i++) print $i }' /etc/apt/sources.list.d/*.sources 2>/dev/null |
        grep -E '/debian/?$' | head -1) || true
    if [ -z "$uri" ]; then
        uri=$(grep -hE '^deb ' /etc/apt/sources.list /etc/apt/sources.list.d/*.list 2>/dev/null |
            grep -oE '(https?|file|copy)://[^ ]+/debian/?' | head -1) || true
    fi
    echo "$uri"
}

# What the overlay sees as uid 0 must own the files: an ordinary user unpacks in a mapped namespace.
as_owner() {
    if [ "$(id -u)" = 0 ]; then "$@"; else unshare --map-auto --map-root-user "$@"; fi
}

build() {
    local name=$1 suite=$2 packages=$3 variant=${4:-minbase} foreign=() key
    if [[ $name == *-arm64 ]]; then foreign=(--architecture=arm64); fi
    key=$(echo "$suite $packages${4:+ $4}" | sha256sum | cut -c1-16)
    if [ "$(cat "$folder/$name.key" 2>/dev/null)" = "$key" ]; then return; fi
    echo "root \`$name\`: $suite with ${packages//,/, }"
    as_owner rm -rf "$folder/$name" "$folder/$name.key"
    # Bullseye's Release file is past its date; the signature is still checked.
    if ! env -i PATH="$PATH" HOME="$folder" mmdebstrap --quiet --variant="$variant" --include="$packages" "${foreign[@]}" \
        --aptopt='Acquire::Check-Valid-Until "false"' --aptopt='Acquire::Retries "3"' \
        "$suite" "$folder/$name.tar" ${mirror:+"$mirror"} >"$folder/$name.log" 2>&1; then
        tail -20 "$folder/$name.log" >&2
        echo "error: cannot build the root \`$name\`, see $folder/$name.log" >&2
        return 1
    fi
    mkdir "$folder/$name"
    as_owner tar -x -C "$folder/$name" --exclude='./dev/*' -f "$folder/$name.tar"
    rm "$folder/$name.tar"
    echo "$key" >"$folder/$name.key"
}

mirror=${TRUSTCTL_MIRROR:-$(mirror)}
if [ -z "$mirror" ]; then
    # On Ubuntu, say: mmdebstrap knows Debian's own.
    echo "no Debian archive in this machine's apt sources: mmdebstrap chooses (or set TRUSTCTL_MIRROR to the URL of one)"
fi

failed=0
running=()
while read -r name suite packages variant named; do
    if [ $# -gt 0 ] && [[ " $* " != *" $name "* ]]; then continue; fi
    if [ $# = 0 ] && [ -n "$named" ]; then continue; fi
    if [ ${#running[@]} -ge 2 ]; then
        wait "${running[0]}" || failed=1
        running=("${running[@]:1}")
    fi
    build "$name" "$suite" "$packages" $variant &
    running+=($!)
done < <(roots)
for job in "${running[@]}"; do wait "$job" || failed=1; done
exit $failed
