#!/usr/bin/env bash
# tools/packages/debootstrap.sh RELEASE DIR: a minimal Debian tree in DIR, from the mirror and with the apt settings of this machine.
set -euo pipefail
release=${1:?release} tree=${2:?directory}
mirror=$(apt-get indextargets --format '$(REPO_URI) $(COMPONENT)' 'Created-By: Packages' | awk '$2 == "main" {print $1}' | grep -v security | head -n 1)
rm -rf "$tree"
mkdir -p "$tree"
debootstrap --variant=minbase "$release" "$tree" "$mirror" >"$tree.log" 2>&1 || { tail "$tree.log" >&2; exit 1; }
rm -f "$tree.log"
find /etc/apt/apt.conf.d -type f \( -name '*registry*' -o -name '*proxy*' \) -exec cp {} "$tree/etc/apt/apt.conf.d/" \;
cp -r /etc/apt/auth.conf.d "$tree/etc/apt/" 2>/dev/null || true
cp /etc/resolv.conf "$tree/etc/resolv.conf" 2>/dev/null || true
