#!/bin/bash
# Lets this machine run programs of arm64, as if they were its own: tests/testbed/arm64.sh
#
# Tells the kernel (binfmt_misc) of the interpreter from the package qemu-user-static, which does so itself where an
# init system runs. It stays until the machine is restarted.
set -euo pipefail

if arch-test arm64 >/dev/null 2>&1; then exit; fi
if [ "$(id -u)" != 0 ]; then
    echo "error: this machine does not run programs of arm64: run \`sudo $0\` once" >&2
    exit 2
fi
folder=/proc/sys/fs/binfmt_misc
if [ ! -e "$folder/register" ]; then mount -t binfmt_misc binfmt_misc "$folder"; fi
if [ -e "$folder/qemu-aarch64" ]; then
    # Known, but switched off: the kernel takes no name twice.
    echo 1 >"$folder/qemu-aarch64"
else
    grep -h '^:' /usr/lib/binfmt.d/qemu-aarch64.conf >"$folder/register"
fi
echo 1 >"$folder/status"
arch-test arm64 >/dev/null || { echo "error: programs of arm64 still do not run here" >&2; exit 2; }
echo "registered qemu-aarch64 with the kernel: programs of arm64 run on this machine now"
