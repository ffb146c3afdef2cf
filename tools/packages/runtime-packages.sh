#!/bin/sh
# Prints the Debian packages that own the shared libraries a binary names as needed, from another system's dpkg data.
#   runtime-packages.sh BINARY DPKG_DIR
set -eu
for library in $(grep -aoE 'lib[A-Za-z0-9_+-]+\.so\.[0-9.]+|libspdlog\.so[0-9.]*' "$1" | sort -u); do
  grep -lF -- "-linux-gnu/$library" "$2"/info/*.list 2>/dev/null || true
done | sed 's|.*/||; s|\.list$||; s|:.*$||' | grep -v -e '-dev$' -e '-dbg$' | sort -u
