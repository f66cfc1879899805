#!/usr/bin/env python3
"""Brings packaging/data.toml up to date from what is on this machine: the releases, from the package distro-info-data.

Fixes of OpenSSL and known certificates come from sources that no package carries; their days stay as they are.
"""
import datetime
import pathlib
import re
import subprocess
import sys

FILE = pathlib.Path(__file__).with_name("data.toml")
FIRST = {"ubuntu": "bionic", "debian": "buster"}  # the oldest release of each that trustctl knows
LATER = ["experimental", "sid"]  # rows that are not releases


def source(name):
    return pathlib.Path(f"/usr/share/distro-info/{name}.csv")


def rows(name):
    """The header and the rows of one distribution, from its first release that trustctl knows on."""
    text = source(name).read_text(encoding="ascii")
    header, *lines = text.splitlines()
    series = [line.split(",")[2] for line in lines]
    kept = lines[series.index(FIRST[name]):]
    kept = [line for line in kept if line.split(",")[0] and line.split(",")[2] not in LATER]
    return "\n".join([header, *kept]) + "\n"


def main():
    version = subprocess.run(
        ["dpkg-query", "-W", "-f", "${Version}", "distro-info-data"], capture_output=True, text=True, check=False
    ).stdout
    if not version:
        sys.exit("error: the package distro-info-data is not installed; run `sudo apt-get install distro-info-data`")
    # A package's files have the time of its last change.
    changed = max(source(name).stat().st_mtime for name in FIRST)
    as_of = datetime.datetime.fromtimestamp(changed, datetime.timezone.utc).date().isoformat()
    text = FILE.read_text(encoding="utf-8")
    start, end = text.index("[releases]\n"), text.index("[openssl]\n")
    if as_of <= re.search(r'as_of = "(.*?)"', text[start:end]).group(1):
        print(f"the table of releases is up to date: distro-info-data {version} is of {as_of}")
        return
    section = (
        f'[releases]\nas_of = "{as_of}"\nsource = "Debian package distro-info-data {version}, '
        f'the releases that trustctl runs on"\nubuntu = """\n{rows("ubuntu")}"""\ndebian = """\n{rows("debian")}"""\n\n'
    )
    FILE.write_text(text[:start] + section + text[end:], encoding="utf-8")
    print(f"the table of releases is that of distro-info-data {version}, of {as_of}")


if __name__ == "__main__":
    main()
