#!/bin/bash
# Puts what drives a browser into a folder: tests/testbed/browser.sh FOLDER. Chromium and node come from this machine's apt
# sources (prerequisites.sh), puppeteer-core and axe-core in fixed versions from npm.
set -euo pipefail

folder=$(mkdir -p "$1" && cd "$1" && pwd)
wanted="puppeteer-core@24.43.1 axe-core@4.14.1"
if [ "$(cat "$folder/key" 2>/dev/null)" = "$wanted" ]; then exit 0; fi
echo "fetching $wanted from npm into $folder"
# shellcheck disable=SC2086
(cd "$folder" && npm install --no-audit --no-fund --no-save --ignore-scripts --silent $wanted) ||
    { echo "error: $wanted cannot be fetched from npm" >&2; exit 2; }
echo "$wanted" >"$folder/key"
