#!/bin/bash
# Installs what builds the package into a folder (nothing outside of it): packaging/tools.sh FOLDER
set -euo pipefail

cargo_deb=3.8.0 cargo_zigbuild=0.24.0 ziglang=0.17.1
tools=$1

say() { echo "$@" >&2; }
fail() { say "error: $1"; exit 2; }

if [ "$("$tools/bin/cargo-deb" --version 2>/dev/null)" != "cargo-deb $cargo_deb" ]; then
    say "installing cargo-deb $cargo_deb into $tools with \`cargo install\` (a minute, once)"
    cargo install --debug --locked --quiet --root "$tools" --target-dir "$tools/build" --version "$cargo_deb" cargo-deb >&2
    rm -rf "$tools/build"
fi
if [ "$("$tools/venv/bin/cargo-zigbuild" --version 2>/dev/null)" != "cargo-zigbuild $cargo_zigbuild" ]; then
    say "installing cargo-zigbuild $cargo_zigbuild and ziglang $ziglang into $tools/venv with pip (440 MB)"
    python3 -m venv "$tools/venv" || fail "missing: the package python3-venv"
    "$tools/venv/bin/pip" install --quiet "cargo-zigbuild==$cargo_zigbuild" "ziglang==$ziglang" >&2
fi
