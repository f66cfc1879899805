#!/bin/bash
# Unpacks Prometheus's `promtool` from its Debian package, without installing it (the package would start a
# server): tests/testbed/promtool.sh FOLDER. The program is put at FOLDER/promtool/usr/bin/promtool.
set -euo pipefail

folder=$(mkdir -p "$1/promtool" && cd "$1/promtool" && pwd)
if [ -x "$folder/usr/bin/promtool" ]; then exit 0; fi
echo "fetching the package prometheus from this machine's apt sources (for promtool; nothing is installed)"
fetch() { (cd "$folder" && apt-get download -q prometheus >/dev/null 2>&1); }
fetch || { apt-get update -q >/dev/null && fetch; } || { echo "error: the package prometheus cannot be fetched" >&2; exit 2; }
dpkg-deb -x "$folder"/prometheus_*.deb "$folder"
rm "$folder"/prometheus_*.deb
