#!/bin/bash
# Sees to it that this machine has what the tests need: tests/testbed/prerequisites.sh [LAYER…]
#
# Says what it installs before it does. What is missing and cannot be installed ends it with status 2 and the
# name of the package. Layers: fast, distros, package, reach, fleet, arm64, fuzz; none given means the first three.
set -euo pipefail

# LAYER PROGRAM PACKAGE
needed() {
    cat <<-END
	fast     cc                       gcc
	fast     make                     make
	fast     git                      git
	fast     openssl                  openssl
	fast     curl                     curl
	fast     gnutls-cli               gnutls-bin
	fast     /usr/bin/python3         python3
	fast     update-ca-certificates   ca-certificates
	fast     unshare                  util-linux
	fast     /usr/bin/python3         python3-minimal
	fast     keytool                  default-jre-headless
	fast     xz                       xz-utils
	fast     mandoc                   mandoc
	fast     man                      man-db
	distros  /usr/bin/go              golang-go
	distros  /usr/bin/javac           default-jdk-headless
	distros  /usr/bin/node            nodejs
	distros  mmdebstrap               mmdebstrap
	distros  newuidmap                uidmap
	distros  ip                       iproute2
	distros  patchelf                 patchelf
	fast     strace                   strace
	fast     faketime                 faketime
	reach    certutil                 libnss3-tools
	reach    chromium                 chromium
	reach    firefox-esr              firefox-esr
	reach    python3                  python3
	package  lintian                  lintian
	package  objdump                  binutils
	package  zsh                      zsh
	package  fish                     fish
	package  systemd-analyze          systemd
	package  apt-ftparchive           apt-utils
	package  gpg                      gpg
	package  autopkgtest              autopkgtest
	package  qemu-aarch64-static      qemu-user-static
	arm64    qemu-aarch64-static      qemu-user-static
	arm64    arch-test                arch-test
	fleet    /usr/bin/chromium        chromium
	fleet    /usr/bin/node            nodejs
	fleet    npm                      npm
	fleet    firefox-esr              firefox-esr
	fleet    /usr/bin/puppet          puppet-agent
	fleet    python3                  python3-venv
	distros  /usr/bin/time            time
	END
}

fail() {
    echo "error: $1" >&2
    exit 2
}

layers=" ${*:-fast distros package} "
export PATH=$PATH:/usr/sbin:/sbin
missing=()
while read -r layer program package; do
    if [[ $layers == *" $layer "* ]] && ! command -v "$program" >/dev/null; then missing+=("$package"); fi
done < <(needed)
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
if [[ $layers == *" distros "* ]] && [ ! -e "$keyring" ]; then missing+=(debian-archive-keyring); fi
if [[ $layers == *" package "* ]] && ! python3 -c 'import ensurepip, venv' 2>/dev/null; then missing+=(python3-venv); fi

if [ ${#missing[@]} -gt 0 ]; then
    install="apt-get install -y --no-install-recommends ${missing[*]}"
    if [ "$(id -u)" != 0 ]; then fail "missing packages: ${missing[*]}; run \`sudo $install\`"; fi
    echo "installing from this machine's apt sources: ${missing[*]}"
    apt-get update -q >/dev/null || fail "\`apt-get update\` failed; missing packages: ${missing[*]}"
    DEBIAN_FRONTEND=noninteractive $install >/dev/null || fail "cannot install: ${missing[*]}"
fi

command -v cargo >/dev/null || fail "missing: cargo; install Rust with rustup"
if ! cargo nextest --version >/dev/null 2>&1; then
    echo "installing cargo-nextest with \`cargo install\` (some minutes, once)"
    cargo install --locked --quiet cargo-nextest || fail "cannot install: cargo-nextest"
fi
if [[ $layers == *" fuzz "* ]] && ! cargo fuzz --version >/dev/null 2>&1; then
    echo "installing cargo-fuzz with \`cargo install\` (a minute, once)"
    cargo install --locked --quiet cargo-fuzz || fail "cannot install: cargo-fuzz"
fi

if [[ $layers == *" distros "* ]] && [ "$(id -u)" != 0 ]; then
    if ! unshare --map-auto --map-root-user --mount true 2>/dev/null; then
        fail "user namespaces cannot be used here (an entry for $(id -un) in /etc/subuid and /etc/subgid, and a \
kernel that allows them, are needed): run \`sudo make test\`, or \`make test-fast\` alone"
    fi
fi
