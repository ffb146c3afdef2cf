#!/usr/bin/env python3
"""What Certes' filters say, held against cel-go: compare.py PAIRS CHOSEN FOLDER. PAIRS prints filters, payloads and what Certes says
(pairs.cpp), oracle/ says what cel-go does; it is built in FOLDER, with Go 1.22 or later and the modules of go.sum. Exit 77, with the
reason, where there is no such Go or it cannot be built: the modules come from Go's proxy."""
import collections
import json
import pathlib
import re
import shutil
import subprocess
import sys

LEAST_GENERATED, LEAST_CHOSEN = 2_000, 300
SKIPPED = 77
# What may be refused: what a type alone decides, and what is not in the subset. cel-go without its checker finds out later.
NAMED = re.compile(r"does not take|takes (true or false|a number|strings|a string, a list or a map)|gives .*, not true or false|has no members|"
                   r"only lists and maps are gone through|is not among|has no suffix here|the names in a map are texts|stands twice in the map|"
                   r"the regular expression of \"matches\" is a text|RE2|is a word that CEL keeps|there is no \"|not among what filters have|"
                   r"is written|no event has|small letters here|expected|fit|escape")


def skip(why):
    print(f"SKIPPED: {why}")
    sys.exit(SKIPPED)


def build(folder):
    go = shutil.which("go")
    if go is None:
        skip("there is no Go here")
    version = re.search(r"go(\d+)\.(\d+)", subprocess.run([go, "version"], capture_output=True, text=True, check=True).stdout)
    if tuple(map(int, version.groups())) < (1, 22):
        skip(f"Go is {version.group(0)}, and cel-go wants 1.22")
    source = pathlib.Path(__file__).with_name("oracle")
    folder.mkdir(parents=True, exist_ok=True)
    built = subprocess.run([go, "build", "-mod=readonly", "-o", folder / "oracle", "."], cwd=source, capture_output=True, text=True)
    if built.returncode:
        if re.search(r"dial tcp|no such host|connection refused|i/o timeout|proxyconnect|disabled by GOPROXY|403|404", built.stderr):
            skip(f"cel-go cannot be fetched: {built.stderr.strip().splitlines()[-1]}")
        sys.exit(f"the oracle does not build:\n{built.stderr}")
    return folder / "oracle"


def main():
    pairs, chosen, folder = sys.argv[1:4]
    oracle = build(pathlib.Path(folder))
    ours = [json.loads(line) for line in subprocess.run([pairs, chosen], capture_output=True, text=True, check=True).stdout.splitlines()]
    questions = "".join(json.dumps({"filter": one["filter"], "payload": one["payload"]}) + "\n" for one in ours)
    theirs = subprocess.run([oracle], input=questions, capture_output=True, text=True, check=True).stdout.splitlines()
    assert len(ours) == len(theirs), (len(ours), len(theirs))
    agreed, refused, wrong = collections.Counter(), collections.Counter(), []
    for one, said in zip(ours, theirs):
        if one["says"] == said:
            agreed[one["chosen"]] += 1
        elif one["says"] == "refused" and NAMED.search(one["why"]):
            refused[one["chosen"]] += 1
        else:
            wrong.append((one, said))
    said = collections.Counter(one["says"] for one in ours)
    print(f"{len(ours)} pairs: {dict(said)}; {agreed[False]} generated and {agreed[True]} chosen agree, {refused[False]} and {refused[True]} are refused by name, "
          f"{len(wrong)} differ")
    for one, by_cel in wrong[:40]:
        print(f"  {one['filter']}\n    on {one['payload']}\n    Certes: {one['says']} {one.get('why', '')}; cel-go: {by_cel}")
    if wrong:
        sys.exit("they do not agree")
    if agreed[False] < LEAST_GENERATED or agreed[True] + refused[True] < LEAST_CHOSEN:
        sys.exit("too few pairs")


if __name__ == "__main__":
    main()
