#!/bin/bash
# Puts Ansible and what reaches a root by chroot into a folder: tests/testbed/ansible.sh FOLDER. ansible-core comes in a fixed
# version from PyPI (the newest that speaks Python 3.8), community.general from Debian's package ansible.
set -euo pipefail

folder=$(mkdir -p "$1" && cd "$1" && pwd)
core=ansible-core==2.19.14
if [ "$(cat "$folder/key" 2>/dev/null)" = "$core" ]; then exit 0; fi
rm -rf "$folder/venv" "$folder/collections"
echo "fetching $core from PyPI and community.general from the package ansible into $folder"
python3 -m venv "$folder/venv" && "$folder/venv/bin/pip" install --quiet "$core" ||
    { echo "error: $core cannot be fetched from PyPI" >&2; exit 2; }
fetch() { (cd "$folder" && apt-get download -q ansible >/dev/null 2>&1); }
fetch || { apt-get update -q >/dev/null && fetch; } || { echo "error: the package ansible cannot be fetched" >&2; exit 2; }
mkdir "$folder/collections"
dpkg-deb --fsys-tarfile "$folder"/ansible_*.deb |
    tar x -C "$folder/collections" --strip-components=5 --wildcards \
        './usr/lib/python3/dist-packages/ansible_collections/community/general/*'
rm "$folder"/ansible_*.deb
echo "$core" >"$folder/key"
