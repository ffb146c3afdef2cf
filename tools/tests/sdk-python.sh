#!/usr/bin/env bash
# tools/tests/sdk-python.sh [LIST]: installs the Python packages of the system tests that tests/system/sdk/LIST.txt names
# (requirements) into an environment of its own, once for each state of it, and prints its interpreter.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
list=$here/../../tests/system/sdk/${1:-requirements}.txt
cache=${CERTES_CACHE:-$HOME/.cache/certes}
target=$cache/sdk-python-$(sha256sum "$list" | cut -c1-16)
if [ ! -x "$target/bin/python3" ]; then
  mkdir -p "$cache"
  # Made aside: two tests may want it at once, and a half-made one must not stay.
  exec 9>"$cache/sdk-python.lock"
  flock 9
  if [ ! -x "$target/bin/python3" ]; then
    rm -rf "$target.new"
    python3 -m venv "$target.new" >&2
    "$target.new/bin/python3" -m pip install --quiet --disable-pip-version-check --only-binary :all: --require-hashes -r "$list" >&2
    mv "$target.new" "$target"
  fi
fi
echo "$target/bin/python3"
