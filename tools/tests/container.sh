#!/usr/bin/env bash
# Builds the Dockerfile with buildah over a debootstrap base, runs it, and sees it deliver (root).
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.."
export STORAGE_DRIVER=vfs BUILDAH_ISOLATION=chroot
tree=${CERTES_CACHE:-$HOME/.cache/certes}/trixie-slim
if ! buildah images -q localhost/debian:trixie-slim >/dev/null 2>&1; then
  tools/packages/debootstrap.sh trixie "$tree"
  base=$(buildah from scratch)
  buildah add -q "$base" "$tree" /
  buildah commit -q "$base" localhost/debian:trixie-slim
  buildah rm "$base" >/dev/null
  rm -rf "$tree"
fi
buildah bud -q --format docker --build-arg DEBIAN=localhost/debian:trixie-slim -t localhost/certes .
box=$(buildah from localhost/certes)
scratch=$(mktemp -d)
service='' receiver=''
trap 'kill $service $receiver 2>/dev/null || true; wait 2>/dev/null || true; buildah rm "$box" >/dev/null; rm -rf "$scratch"' EXIT
buildah run "$box" -- sh -c 'CERTES_GATEWAY_LISTEN=127.0.0.1:19600 CERTES_API_LISTEN=127.0.0.1:19610 CERTES_DISPATCHER_LISTEN=127.0.0.1:19620 exec certes serve --dev --data /var/lib/certes/data' >"$scratch/out" 2>&1 &
service=$!
timeout 60 sh -c "until grep -qx ready $scratch/out; do kill -0 $service; done" || { cat "$scratch/out" >&2; exit 1; }
CERTES_URL=http://127.0.0.1:19610 build/dev/certes listen --pattern 'container.#' >"$scratch/listen" 2>&1 &
receiver=$!
timeout 30 sh -c "until [ -s $scratch/listen ]; do :; done"
curl -fsS -H 'Content-Type: application/json' -d '{"type":"container.hello","data":{"n":1}}' http://127.0.0.1:19600/events
echo
timeout 30 sh -c "until grep -q container.hello $scratch/listen; do kill -0 $receiver; done" || { cat "$scratch/listen" "$scratch/out" >&2; exit 1; }
cat "$scratch/listen"
