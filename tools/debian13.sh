#!/usr/bin/env bash
# Builds Certes and runs its unit and contract tests on Debian 13, in a debootstrap tree (root; kept for the next time).
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."
tree=${CERTES_CACHE:-$HOME/.cache/certes}/trixie
mirror=$(grep -rhoE '^(deb|URIs:) +(\[[^]]*\] +)?[a-z]+://[^ ]+' /etc/apt/sources.list /etc/apt/sources.list.d 2>/dev/null | grep -oE '[a-z]+://[^ ]+' | grep -v security | head -n 1)
if [ ! -e "$tree/done" ]; then
  rm -rf "$tree"
  mkdir -p "$tree"
  debootstrap --variant=minbase trixie "$tree" "$mirror" >"$tree.log" 2>&1 || { tail "$tree.log" >&2; exit 1; }
  cp /etc/apt/apt.conf.d/*proxy* "$tree/etc/apt/apt.conf.d/" 2>/dev/null || true
  cp /etc/resolv.conf "$tree/etc/resolv.conf"
  touch "$tree/done"
fi
mkdir -p "$tree/src" "$tree/proc"
mountpoint -q "$tree/proc" || mount -t proc proc "$tree/proc"
trap 'umount "$tree/proc"' EXIT
git ls-files -z --cached --others --exclude-standard | tar --null -T - -cf - | tar -C "$tree/src" -xf -
chroot "$tree" env CCACHE_DIR=/ccache bash -ec '
  cd /src
  tools/install.sh run
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends doctest-dev python3 >/dev/null
  cmake --preset dev >/dev/null
  ninja -C build/dev --quiet
  build/dev/certes version
  ctest --test-dir build/dev --output-on-failure -L "unit|contract" -LE kafka'
