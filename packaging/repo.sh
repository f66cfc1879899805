#!/bin/bash
# Lays out a signed apt repository: packaging/repo.sh FOLDER KEY PACKAGE.deb...
#
# KEY is a key of the caller's GnuPG (fingerprint or mail address). Packages that are in FOLDER already stay, so that
# a host can be held at an older version. FOLDER can be served by any web server, or used as `file:FOLDER`:
#   deb [signed-by=/etc/apt/keyrings/trustctl.asc] https://HOST/FOLDER stable main
set -euo pipefail
if [ $# -lt 3 ]; then echo "usage: $0 FOLDER KEY PACKAGE.deb..." >&2; exit 2; fi
folder=$1 key=$2
shift 2

for program in apt-ftparchive gpg; do
    command -v "$program" >/dev/null || { echo "error: \`$program\` is missing (packages apt-utils, gpg)" >&2; exit 2; }
done
pool=pool/main/t/trustctl
mkdir -p "$folder/$pool"
install -m 0644 "$@" "$folder/$pool/"
cd "$folder"

architectures=
for arch in amd64 arm64; do
    ls "$pool"/*_"$arch".deb >/dev/null 2>&1 || continue
    architectures+=" $arch"
    binary=dists/stable/main/binary-$arch
    mkdir -p "$binary"
    apt-ftparchive --arch "$arch" packages pool >"$binary/Packages"
    gzip -9n <"$binary/Packages" >"$binary/Packages.gz"
done
rm -f dists/stable/Release dists/stable/InRelease dists/stable/Release.gpg
apt-ftparchive \
    -o APT::FTPArchive::Release::Origin=trustctl \
    -o APT::FTPArchive::Release::Suite=stable \
    -o APT::FTPArchive::Release::Codename=stable \
    -o APT::FTPArchive::Release::Components=main \
    -o "APT::FTPArchive::Release::Architectures=${architectures# }" \
    release dists/stable >Release.new
mv Release.new dists/stable/Release
gpg --batch --yes --local-user "$key" --clearsign --output dists/stable/InRelease dists/stable/Release
gpg --batch --yes --local-user "$key" --armor --detach-sign --output dists/stable/Release.gpg dists/stable/Release
gpg --batch --yes --armor --output trustctl.asc --export "$key"
