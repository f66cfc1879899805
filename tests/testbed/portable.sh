#!/bin/bash
# Puts the `trustctl` of the other tests where the distribution roots have it: tests/testbed/portable.sh FOLDER
#
# It is linked against this machine's C library, which may be newer than that of a root. So that goes with it, and the
# copy names it as its interpreter and search path; what it starts in a root uses the libraries of that root. Nothing
# is built a second time. (That the package needs no C library newer than 2.31 is shown by tests/slow/package.)
set -euo pipefail

# Where a cell has it (tests/testbed/cell.sh).
inside=/opt/trustctl

folder=$(mkdir -p "$1/bin" && cd "$1/bin" && pwd)
cd "$(dirname "$0")/../.."
# With the tests, so that all share what is built.
cargo test --quiet --locked --workspace --no-run
program=${CARGO_TARGET_DIR:-target}/debug/trustctl
if [ "$folder/trustctl" -nt "$program" ]; then exit; fi

rm -rf "${folder:?}/lib"
mkdir "$folder/lib"
ldd "$program" | grep -o '/[^ ]*' | while read -r library; do cp -L "$library" "$folder/lib"; done
loader=$(basename "$(patchelf --print-interpreter "$program")")
cp "$program" "$folder/trustctl.new"
patchelf --set-interpreter "$inside/lib/$loader" --force-rpath --set-rpath "$inside/lib" "$folder/trustctl.new"
mv "$folder/trustctl.new" "$folder/trustctl"
