"""Lists every crate that is linked into trustctl, with its licence and the licence's text: crates.py TARGET

Read from the sources that cargo has fetched for Cargo.lock, so it is never out of step with what is built.
Equal texts are printed once.
"""

import collections
import json
import os
import subprocess
import sys

NAMES = ("licen", "copying", "notice", "copyright", "unlicense")


def linked(target):
    """The names and versions of all crates in the normal dependencies for one target."""
    tree = ["cargo", "tree", "--locked", "--target", target, "--edges", "normal", "--prefix", "none"]
    output = subprocess.run(tree + ["--format", "{p}"], check=True, capture_output=True, text=True).stdout
    return {tuple(line.split()[:2]) for line in output.splitlines() if line.strip()}


def texts(folder):
    """The licence texts that a crate ships, without their trailing blanks."""
    for name in sorted(os.listdir(folder)):
        path = os.path.join(folder, name)
        if name.lower().startswith(NAMES) and os.path.isfile(path):
            with open(path, encoding="utf-8", errors="replace") as file:
                yield "\n".join(line.rstrip() for line in file.read().strip().splitlines())


def main():
    metadata = ["cargo", "metadata", "--locked", "--format-version", "1"]
    packages = json.loads(subprocess.run(metadata, check=True, capture_output=True).stdout)["packages"]
    wanted = linked(sys.argv[1])
    users = collections.defaultdict(list)
    print("Crates linked into trustctl, their licences, and the texts that they ship.\n")
    for package in sorted(packages, key=lambda p: (p["name"], p["version"])):
        name = f'{package["name"]} {package["version"]}'
        if package["source"] is None or (package["name"], "v" + package["version"]) not in wanted:
            continue
        if not package["license"] and not package["license_file"]:
            sys.exit(f"error: the crate {name} names no licence")
        print(f'{name}: {package["license"] or "see its text below"}')
        if package["repository"]:
            print(f'    {package["repository"]}')
        for text in texts(os.path.dirname(package["manifest_path"])):
            users[text].append(name)
    for text, names in users.items():
        print("\n" + "=" * 78 + "\n" + ", ".join(names) + "\n" + "-" * 78 + "\n" + text)


main()
