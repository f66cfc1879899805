#!/bin/bash
# Builds the packages that tests/slow/package looks at: tests/testbed/packages.sh FOLDER [arm64]
#
# FOLDER/packages/this.deb       this commit, by `packaging/deb.sh`
# FOLDER/packages/again.deb      the same once more, from a fresh clone in another folder (with the same program, except by
#                                `make test-whole`, where nothing has been built before)
# FOLDER/packages/previous.deb   an earlier commit, to upgrade from (with this commit's program, except by `make test-whole`)
#
# or, for `arm64`:
#
# FOLDER/packages/arm64.deb      this commit for arm64 (quickly built, except by `make test-whole`)
set -euo pipefail

folder=$(mkdir -p "$1/packages" && cd "$1/packages" && pwd)
which=${2:-all}
cd "$(dirname "$0")/../.."
export TRUSTCTL_TOOLS=$PWD/target/tools

# `make test` builds them behind other layers: who needs them meanwhile waits.
exec 9>"$folder/lock"
flock 9

# What was built for this commit (and for what has been changed since) is not built again.
key=$(git rev-parse HEAD; git diff HEAD | sha256sum; echo "${TRUSTCTL_WHOLE:+whole}")
if [ "$(cat "$folder/$which.key" 2>/dev/null)" = "$key" ]; then exit; fi
rm -f "$folder/$which.key"

packaging/tools.sh "$TRUSTCTL_TOOLS"

# By the same script and with the same flags of the C compiler; what is left out is the slow part of rustc's work.
if [ "$which" = arm64 ]; then
    echo "package of this commit for arm64"
    if [ -z "${TRUSTCTL_WHOLE:-}" ]; then quick=1; fi
    other=$(TRUSTCTL_DEB_ARCH=arm64 TRUSTCTL_DEB_QUICK=${quick:-} TRUSTCTL_DEB_NATIVE=${CARGO_TARGET_DIR:-$PWD/target}/debug/trustctl packaging/deb.sh)
    cp "$other" "$folder/arm64.deb"
    echo "$key" >"$folder/$which.key"
    exit
fi

# A clone of COMMIT in FOLDER/NAME.
clone() {
    local name=$1 commit=$2
    rm -rf "${folder:?}/$name"
    git -c safe.directory='*' clone --quiet --no-hardlinks . "$folder/$name"
    git -C "$folder/$name" checkout --quiet --detach "$commit"
    if [ "$commit" = HEAD ]; then git diff --binary HEAD | git -C "$folder/$name" apply --allow-empty; fi
}

echo "package of this commit"
this=$(packaging/deb.sh)
cp "$this" "$folder/this.deb"
rm -rf "$folder/this"
dpkg-deb -x "$folder/this.deb" "$folder/this"
program=$folder/this/usr/bin/trustctl

# The optimized program takes ten minutes: it is built once more by `make test-whole` alone.
echo "the same in a fresh clone elsewhere${TRUSTCTL_WHOLE:+, its program too}"
clone again HEAD
again=$(
    cd "$folder/again"
    if [ -z "${TRUSTCTL_WHOLE:-}" ]; then export TRUSTCTL_DEB_BINARY=$program; fi
    packaging/deb.sh "$folder/again/out"
)
cp "$again" "$folder/again.deb"
rm -rf "$folder/again"

# The commit before this one; of a merge, the branch that was merged if that one had no package yet.
previous=
for commit in HEAD^1 HEAD^2; do
    if [ -z "$previous" ] && git cat-file -e "$commit:packaging/deb.sh" 2>/dev/null; then previous=$commit; fi
done
if [ -n "$previous" ]; then
    echo "package of $(git log -1 --format='%h, %s' "$previous")"
else
    echo "no earlier commit with a package is here (a shallow clone?): this one with a lower version stands in"
    export TRUSTCTL_DEB_VERSION=0.0.1-1
    previous=HEAD
fi
# Its scripts, configuration and manual are those of that commit; its program is built by `make test-whole` alone.
clone previous "$previous"
export TRUSTCTL_SOURCE=$folder/previous
if [ -n "${TRUSTCTL_WHOLE:-}" ]; then
    export TRUSTCTL_DEB_QUICK=1
else
    export TRUSTCTL_DEB_BINARY=$program
fi
previous=$(packaging/deb.sh)
cp "$previous" "$folder/previous.deb"
rm -rf "$folder/previous" "$folder/this"

echo "$key" >"$folder/$which.key"
