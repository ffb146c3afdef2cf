#!/usr/bin/env bash
# Builds Certes and runs its unit and contract tests on Debian 13, in a debootstrap tree (root; kept for the next time).
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.."
tree=${CERTES_CACHE:-$HOME/.cache/certes}/trixie
[ -e "$tree/done" ] || { tools/packages/debootstrap.sh trixie "$tree" && touch "$tree/done"; }
mkdir -p "$tree/src" "$tree/proc"
mountpoint -q "$tree/proc" || mount -t proc proc "$tree/proc"
trap 'umount "$tree/proc"' EXIT
# New copies with new times: what is here may be older than what the last run built.
find "$tree/src" -mindepth 1 -maxdepth 1 ! -name build -exec rm -rf {} +
git ls-files -z --cached --others --exclude-standard | tar --null -T - -cf - | tar -C "$tree/src" -xmf -
chroot "$tree" env CCACHE_DIR=/ccache bash -ec '
  cd /src
  tools/packages/install.sh run
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends doctest-dev python3 util-linux >/dev/null
  cmake --preset dev >/dev/null
  ninja -C build/dev --quiet
  build/dev/certes version
  ctest --test-dir build/dev --output-on-failure -L "unit|contract" -E kafka -FA kafka'
