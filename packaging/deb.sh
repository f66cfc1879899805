#!/bin/bash
# Builds the package: packaging/deb.sh [FOLDER]
#
# For this machine's architecture, or for the one that TRUSTCTL_DEB_ARCH names (amd64, arm64): `zig cc` compiles and
# links for both, and no program or library of the other architecture is needed here.
# One package for every supported release: the binary is linked against the symbols of glibc 2.31 (Ubuntu 20.04,
# Debian 11), which `zig cc` carries with it. Two builds of one commit give the same bytes, wherever they are made:
# times come from the commit, paths are mapped to fixed ones, tools have fixed versions (packaging/tools.sh).
# The package is put into FOLDER (target/package unless told); its path is the only line on standard output.
# For tests/testbed/packages.sh: TRUSTCTL_SOURCE names another clone to make the package of, TRUSTCTL_DEB_BINARY its
# program, built already, and TRUSTCTL_DEB_VERSION a version; TRUSTCTL_DEB_QUICK builds without the slow optimizations,
# and TRUSTCTL_DEB_NATIVE is a program for this machine that writes the completions in place of a foreign one.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cd "${TRUSTCTL_SOURCE:-$here/..}"

glibc=2.31

work=$PWD/target/package
output=$(mkdir -p "${1:-$work}" && cd "${1:-$work}" && pwd)
tools=${TRUSTCTL_TOOLS:-$PWD/target/tools}
export CARGO_TARGET_DIR=$work/build

fail() { echo "error: $1" >&2; exit 2; }

# What is built for: the names of dpkg, rustc and the C compiler.
host=$(rustc -vV | sed -n 's/^host: //p')
machine=${host%%-*}
case ${TRUSTCTL_DEB_ARCH:-$machine} in
    amd64 | x86_64) arch=amd64 target=x86_64-unknown-linux-gnu ;;
    arm64 | aarch64) arch=arm64 target=aarch64-unknown-linux-gnu ;;
    *) fail "no package for \`${TRUSTCTL_DEB_ARCH:-$machine}\`: amd64 or arm64" ;;
esac
binary=$CARGO_TARGET_DIR/$target/release/trustctl

# The version: `0.1.0-1` for the commit that carries the tag v0.1.0, else one that sorts before it and grows with
# the number of commits. Without git, the version of Cargo.toml and the time of CHANGELOG.md.
identify() {
    version=$(sed -n 's/^version = "\(.*\)"/\1/p;T;q' Cargo.toml)
    if ! git rev-parse --git-dir >/dev/null 2>&1; then
        SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(stat -c %Y CHANGELOG.md)}
    else
        SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}
        if [ -z "$(git tag --points-at HEAD "v$version")" ]; then
            version=$version~$(git rev-list --count HEAD).g$(git rev-parse --short=7 HEAD)
        fi
    fi
    version=${TRUSTCTL_DEB_VERSION:-$version-1}
    # `trustctl --version` names the build.
    export SOURCE_DATE_EPOCH TRUSTCTL_BUILD=$version
}

build() {
    local cargo_home
    if [ -n "${TRUSTCTL_DEB_BINARY:-}" ]; then
        # cargo-deb takes it from where cargo would have put it.
        install -D "$TRUSTCTL_DEB_BINARY" "$binary"
        return
    fi
    if [ ! -d "$(rustc --print target-libdir --target "$target")" ]; then
        echo "installing Rust's standard library for $target with \`rustup target add\`" >&2
        rustup target add "$target" >&2 || fail "missing: Rust's standard library for $target"
    fi
    cargo_home=$(realpath "${CARGO_HOME:-$HOME/.cargo}")
    # rustc makes position-independent executables with full RELRO by itself; the C parts are told to.
    local map="-ffile-prefix-map=$cargo_home=/cargo -ffile-prefix-map=$PWD=/trustctl"
    export "CFLAGS_${target//-/_}=-fstack-protector-strong -D_FORTIFY_SOURCE=2 -fPIC $map"
    local flags="--remap-path-prefix=$cargo_home=/cargo --remap-path-prefix=$PWD=/trustctl"
    flags+=" --remap-path-prefix=$(rustc --print sysroot)=/rust -C relro-level=full"
    local quick=()
    if [ -n "${TRUSTCTL_DEB_QUICK:-}" ]; then
        quick=(--config 'profile.release.lto="off"' --config profile.release.codegen-units=16
            --config profile.release.opt-level=1 --config profile.release.package.trustctl.opt-level=0)
    fi
    RUSTFLAGS=$flags PATH=$tools/venv/bin:$PATH cargo zigbuild --quiet --locked --release --bin trustctl \
        --target "$target.$glibc" "${quick[@]}" >&2
}

# A program that runs here, for the completions: they are the same for every architecture.
native() {
    if [ "${target%%-*}" = "$machine" ]; then echo "$binary"; return; fi
    if [ -n "${TRUSTCTL_DEB_NATIVE:-}" ]; then echo "$TRUSTCTL_DEB_NATIVE"; return; fi
    CARGO_TARGET_DIR=$PWD/target cargo build --quiet --locked --bin trustctl >&2
    echo "$PWD/target/debug/trustctl"
}

# What the package holds beside the binary and the files of this folder.
generate() {
    local files=$work/files program
    program=$(native)
    rm -rf "$files"
    mkdir -p "$files"
    for shell in bash zsh fish; do _TRUSTCTL_COMPLETE=$shell "$program" >"$files/completions.$shell"; done
    python3 packaging/crates.py "$target" >"$files/crates"
    python3 packaging/sbom.py "$target" "$version" | gzip -9n >"$files/sbom.cdx.json.gz"
    {
        echo "trustctl ($version) unstable; urgency=medium"
        printf '\n  * See changelog.gz for what is new in this release.\n\n'
        echo " -- trustctl maintainers <maintainers@trustctl.example>  $(LC_ALL=C date -u -R -d "@$SOURCE_DATE_EPOCH")"
    } >"$files/changelog.Debian"
    gzip -9n <CHANGELOG.md >"$files/changelog.gz"
    gzip -9n <"$files/crates" >"$files/crates.gz"
    for page in man/*.[1-9]; do gzip -9n <"$page" >"$files/$(basename "$page").gz"; done
}

"$here/tools.sh" "$tools"
identify
build
generate
rm -f "$output"/trustctl_*_"$arch".deb
"$tools/bin/cargo-deb" deb --quiet --no-build --no-strip --target "$target" \
    --deb-version "$version" --output "$output/" >&2
ls "$output/trustctl_${version}_$arch.deb"
