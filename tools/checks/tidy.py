#!/usr/bin/env python3
"""Runs clang-tidy over our sources, in parallel, skipping what was clean with the same content before.

With names after the compilation database, only those sources.

The cache key of a source is the hash of itself, of every header of ours that it includes (transitively), of .clang-tidy
and of clang-tidy's version.
"""
import concurrent.futures
import hashlib
import json
import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
CACHE = pathlib.Path(os.environ.get("CERTES_CACHE", pathlib.Path.home() / ".cache/certes")) / "tidy"
# Of the compiler's own warnings, those about locks: g++ gives the others.
WARNINGS = ["--extra-arg=-Wno-everything", "--extra-arg=-Wthread-safety"]
INCLUDE = re.compile(rb'^\s*#\s*include\s+"([^"]+)"', re.M)


def content(path, seen):
    if path in seen or not path.is_file():
        return
    data = path.read_bytes()
    seen[path] = data
    for name in INCLUDE.findall(data):
        name = name.decode()
        for candidate in (ROOT / name, path.parent / name):
            content(candidate.resolve(), seen)


def key(source, common):
    seen = {}
    content(source, seen)
    digest = hashlib.sha256(common)
    for path in sorted(seen):
        digest.update(str(path.relative_to(ROOT)).encode() + b"\0" + seen[path] + b"\0")
    return digest.hexdigest()


def check(database, source, stamp):
    run = subprocess.run(
        ["clang-tidy", "-p", database.parent, "--quiet", "--warnings-as-errors=*", *WARNINGS, source],
        capture_output=True, text=True)
    if run.returncode == 0:
        stamp.touch()
    return source, run


def main():
    database = pathlib.Path(sys.argv[1]).resolve()
    version = subprocess.run(["clang-tidy", "--version"], capture_output=True, check=True).stdout
    common = version + (ROOT / ".clang-tidy").read_bytes()
    CACHE.mkdir(parents=True, exist_ok=True)
    sources = sorted({pathlib.Path(entry["file"]) for entry in json.loads(database.read_text())})
    sources = [s for s in sources if s.is_relative_to(ROOT) and s.suffix == ".cpp" and "build" not in s.relative_to(ROOT).parts]
    named = {(ROOT / name).resolve() for name in sys.argv[2:]}
    sources = [s for s in sources if not named or s in named]
    due = [(s, stamp) for s in sources if not (stamp := CACHE / key(s, common)).exists()]
    print(f"clang-tidy: {len(due)} of {len(sources)} sources changed", flush=True)
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for source, run in pool.map(lambda item: check(database, *item), due):
            if run.returncode != 0:
                failed += 1
                print(f"{source.relative_to(ROOT)}:\n{run.stdout}{run.stderr}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
