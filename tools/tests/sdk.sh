#!/usr/bin/env bash
# Installs the providers' libraries that the system tests use, once for each state of their lock file, and prints the
# directory that has them. Quiet unless it fails.
set -euo pipefail
here=$(cd "$(dirname "$(readlink -f "$0")")/../../tests/system/sdk" && pwd)
hash=$(cat "$here/package.json" "$here/package-lock.json" | sha256sum | cut -c1-16)
target=${CERTES_CACHE:-$HOME/.cache/certes}/sdk-$hash

if [ ! -d "$target" ]; then
  command -v npm >/dev/null || { echo "sdk: npm is missing: tools/packages/install.sh test" >&2; exit 1; }
  mkdir -p "$(dirname "$target")"
  # Complete or not there: others may install at the same time.
  work=$(mktemp -d "$target.XXXXXX")
  trap 'rm -rf "$work"' EXIT
  cp "$here/package.json" "$here/package-lock.json" "$work"
  if ! npm ci --prefix "$work" --ignore-scripts --no-audit --no-fund --loglevel error >"$work/log" 2>&1; then
    tail -n 20 "$work/log" >&2
    exit 1
  fi
  chmod 755 "$work"
  mv -T "$work" "$target" 2>/dev/null || [ -d "$target" ]
fi
echo "$target"
