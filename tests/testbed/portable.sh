#!/bin/bash
# Builds `trustctl` against the C library of Debian 11 (glibc 2.31, as Ubuntu 20.04 has it), so that the one
# binary runs on every supported release: tests/testbed/portable.sh FOLDER [CARGO BUILD OPTION…]
#
# Only the libraries and headers come from there (unpacked under FOLDER/sysroot, nothing is installed or
# run from it); compiler and linker are this machine's. The binary is put at FOLDER/bin/trustctl; that of another
# clone, named by TRUSTCTL_SOURCE, into the clone itself, without its symbols.
set -euo pipefail

folder=$(mkdir -p "$1" && cd "$1" && pwd)
shift
here=$(cd "$(dirname "$0")" && pwd)
sysroot=$folder/sysroot

"$here/roots.sh" "$folder" sysroot

# The libraries are named by links that start at `/`: without a chroot they would lead to this machine's.
find "$sysroot" -type l -lname '/*' | while read -r link; do
    ln -sfn "$(realpath -m --relative-to="$(dirname "$link")" "$sysroot$(readlink "$link")")" "$link"
done

cd "${TRUSTCTL_SOURCE:-$here/../..}"
target=$(rustc -vV | sed -n 's/^host: //p')
name=${target//-/_}
# gcc looks for start files and libgcc beside itself first, whatever the sysroot.
first="-C link-arg=-B$(dirname "$(find "$sysroot" -name crt1.o)") -C link-arg=-L$(dirname "$(find "$sysroot" -name libgcc_s.so.1)")"
export CARGO_TARGET_DIR=$folder/target
export "CARGO_TARGET_${name^^}_RUSTFLAGS=-C link-arg=--sysroot=$sysroot $first"
export "CFLAGS_$name=--sysroot=$sysroot"
# Hashing and parsing at full speed, trustctl itself built as quickly as for the other tests.
cargo build --locked --bin trustctl --target "$target" --config 'profile.dev.package."*".opt-level=1' "$@"
if [ -n "${TRUSTCTL_SOURCE:-}" ]; then
    strip -o trustctl "$CARGO_TARGET_DIR/$target/debug/trustctl"
    # To cargo both clones are one package, and newer than its sources is up to date: it must not take this build for
    # one of ours.
    rm -rf "$CARGO_TARGET_DIR/$target/debug/.fingerprint/trustctl-"*
    exit
fi
mkdir -p "$folder/bin"
install "$CARGO_TARGET_DIR/$target/debug/trustctl" "$folder/bin/trustctl"
