"""Writes a software bill of materials in CycloneDX 1.5 (JSON): sbom.py TARGET VERSION

What is linked, as Cargo.lock has it, with the checksums of the registry; the time is SOURCE_DATE_EPOCH.
"""

import datetime
import json
import os
import re
import subprocess
import sys


def run(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def linked(target):
    """The names and versions of all crates in the normal dependencies for one target."""
    tree = run("cargo", "tree", "--locked", "--target", target, "--edges", "normal", "--prefix", "none", "--format", "{p}")
    return {(line.split()[0], line.split()[1].removeprefix("v")) for line in tree.splitlines() if line.strip()}


def component(package, checksums):
    name, version = package["name"], package["version"]
    purl = f"pkg:cargo/{name}@{version}"
    found = {"type": "library", "bom-ref": purl, "name": name, "version": version, "purl": purl}
    if package["license"]:
        found["licenses"] = [{"expression": package["license"].replace("/", " OR ")}]
    if (name, version) in checksums:
        found["hashes"] = [{"alg": "SHA-256", "content": checksums[name, version]}]
    return found


def main():
    target, version = sys.argv[1:]
    packages = json.loads(run("cargo", "metadata", "--locked", "--format-version", "1"))["packages"]
    with open("Cargo.lock", encoding="utf-8") as file:
        locked = re.findall(r'name = "(.*)"\nversion = "(.*)"\nsource = .*\nchecksum = "(.*)"', file.read())
    checksums = {(name, number): checksum for name, number, checksum in locked}
    wanted = linked(target)
    crates = [p for p in packages if p["source"] and (p["name"], p["version"]) in wanted]
    crates.sort(key=lambda p: (p["name"], p["version"]))
    time = datetime.datetime.fromtimestamp(int(os.environ["SOURCE_DATE_EPOCH"]), datetime.timezone.utc)
    own = {"type": "application", "bom-ref": "trustctl", "name": "trustctl", "version": version}
    document = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {"timestamp": time.strftime("%Y-%m-%dT%H:%M:%SZ"), "component": own},
        "components": [component(package, checksums) for package in crates],
    }
    json.dump(document, sys.stdout, indent=1)
    print()


main()
