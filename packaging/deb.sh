#!/bin/bash
# Builds the package for this machine's architecture: packaging/deb.sh [FOLDER]
#
# One package for every supported release: the binary is linked against the symbols of glibc 2.31 (Ubuntu 20.04,
# Debian 11), which `zig cc` carries with it. Two builds of one commit give the same bytes, wherever they are made:
# times come from the commit, paths are mapped to fixed ones, tools have fixed versions (packaging/tools.sh).
# The package is put into FOLDER (target/package unless told); its path is the only line on standard output.
# For tests/testbed/packages.sh: TRUSTCTL_SOURCE names another clone to make the package of, TRUSTCTL_DEB_BINARY its
# program, built already, and TRUSTCTL_DEB_VERSION a version.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cd "${TRUSTCTL_SOURCE:-$here/..}"

glibc=2.31

work=$PWD/target/package
output=$(mkdir -p "${1:-$work}" && cd "${1:-$work}" && pwd)
tools=${TRUSTCTL_TOOLS:-$PWD/target/tools}
export CARGO_TARGET_DIR=$work/build

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
    local host cargo_home
    host=$(rustc -vV | sed -n 's/^host: //p')
    target=${host%%-*}-unknown-linux-gnu
    binary=$CARGO_TARGET_DIR/$target/release/trustctl
    if [ -n "${TRUSTCTL_DEB_BINARY:-}" ]; then
        # cargo-deb takes it from where cargo would have put it.
        install -D "$TRUSTCTL_DEB_BINARY" "$binary"
        return
    fi
    cargo_home=$(realpath "${CARGO_HOME:-$HOME/.cargo}")
    # rustc makes position-independent executables with full RELRO by itself; the C parts are told to.
    local map="-ffile-prefix-map=$cargo_home=/cargo -ffile-prefix-map=$PWD=/trustctl"
    export "CFLAGS_${target//-/_}=-fstack-protector-strong -D_FORTIFY_SOURCE=2 -fPIC $map"
    export RUSTFLAGS="--remap-path-prefix=$cargo_home=/cargo --remap-path-prefix=$PWD=/trustctl"
    RUSTFLAGS+=" --remap-path-prefix=$(rustc --print sysroot)=/rust -C relro-level=full"
    PATH=$tools/venv/bin:$PATH cargo zigbuild --quiet --locked --release --bin trustctl \
        --target "$target.$glibc" >&2
}

# What the package holds beside the binary and the files of this folder.
generate() {
    local files=$work/files
    rm -rf "$files"
    mkdir -p "$files"
    for shell in bash zsh fish; do _TRUSTCTL_COMPLETE=$shell "$binary" >"$files/completions.$shell"; done
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
rm -f "$output"/trustctl_*.deb
"$tools/bin/cargo-deb" deb --quiet --no-build --no-strip --target "$target" \
    --deb-version "$version" --output "$output/" >&2
ls "$output/trustctl_${version}_"*.deb
