#!/usr/bin/env bash
# ./dev run: starts `certes serve --dev` and shows a first delivery of real webhooks.
#   --once     ends after the demonstration, with 0 if all was delivered; free ports, data in a temporary directory
#   --no-demo  just the service, until Ctrl-C
set -euo pipefail
here=$(dirname "$(readlink -f "$0")")
binary=${CERTES_BINARY:-$here/../../build/release/certes}
mode=${1:-stay}
case "$mode" in
  --once | --no-demo | stay) ;;
  *) echo "run: unknown option '$mode' (--once, --no-demo)" >&2; exit 2 ;;
esac
[ "$mode" != --no-demo ] || exec "$binary" serve --dev

scratch=$(mktemp -d)
service='' receiver=''
finish() {
  for pid in $receiver $service; do kill "$pid" 2>/dev/null || true; done
  [ -z "$service" ] || wait "$service" 2>/dev/null || true
  rm -rf "$scratch"
}
trap finish EXIT
trap 'exit 130' INT TERM

data=certes-data
if [ "$mode" = --once ]; then
  data=$scratch/data
  export CERTES_GATEWAY_LISTEN=127.0.0.1:0 CERTES_API_LISTEN=127.0.0.1:0 CERTES_DISPATCHER_LISTEN=127.0.0.1:0
fi
"$binary" serve --dev --data "$data" --print-ports "$scratch/ports" >"$scratch/serve.out" 2>"$scratch/serve.log" &
service=$!
for _ in $(seq 300); do
  grep -qx ready "$scratch/serve.out" && break
  kill -0 "$service" 2>/dev/null || { cat "$scratch/serve.out" "$scratch/serve.log" >&2; exit 1; }
  read -rt 0.1 <> <(:) || true
done
grep -qx ready "$scratch/serve.out" || { echo "run: certes was not ready within 30 s" >&2; cat "$scratch/serve.log" >&2; exit 1; }
grep listening "$scratch/serve.out"

# GitHub's own payloads and the Standard Webhooks library, from npm; kept for the next time.
packages=${CERTES_CACHE:-$HOME/.cache/certes}/demo
if ! command -v npm >/dev/null && command -v apt-get >/dev/null && [ "$(id -u)" -eq 0 ]; then
  echo "Installing nodejs and npm for the demonstration's receiver"
  { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends nodejs npm; } >/dev/null 2>&1 || true
fi
if command -v npm >/dev/null && [ ! -d "$packages/node_modules/standardwebhooks" ]; then
  mkdir -p "$packages"
  npm install --silent --no-audit --no-fund --prefix "$packages" standardwebhooks@1 @octokit/webhooks-examples@7 >/dev/null 2>&1 ||
    echo "The npm registry is not reached: a built-in event is sent instead of GitHub's examples."
fi
ports=$(cat "$scratch/ports")
if command -v node >/dev/null; then
  CERTES=$binary PORTS=$ports PACKAGES=$packages SCRATCH=$scratch node "$here/demo.mjs" &
  receiver=$!
  wait "$receiver" || { status=$?; echo "--- certes:" >&2; tail -n 20 "$scratch/serve.log" >&2; exit "$status"; }
  receiver=''
else
  echo "Node.js is not here: \`certes listen\` shows a built-in event."
  address() { sed -E "s/.*\"$1\": *\"([^\"]+)\".*/\1/" <<<"$ports"; }
  export CERTES_URL="http://$(address api)" CERTES_GATEWAY_URL="http://$(address gateway)"
  "$binary" listen --pattern 'demo.#' >"$scratch/listen" &
  receiver=$!
  for _ in $(seq 100); do
    [ -s "$scratch/listen" ] && break
    read -rt 0.1 <> <(:) || true
  done
  "$binary" send demo.hello '{"hello":"world"}'
  for _ in $(seq 100); do
    grep -q demo.hello "$scratch/listen" && break
    read -rt 0.1 <> <(:) || true
  done
  cat "$scratch/listen"
  grep -q demo.hello "$scratch/listen"
  kill "$receiver" && wait "$receiver" || true
  receiver=''
fi
[ "$mode" != --once ] || exit 0

cat <<TEXT

Certes is up. Three commands to try in another terminal:
  $binary listen --pattern 'order.#'
  curl -d '{"type":"order.created","data":{"total":42}}' -H 'Content-Type: application/json' http://127.0.0.1:9600/events
  $binary endpoints list
Ctrl-C ends it.
TEXT
tail -n 0 -f "$scratch/serve.log" --pid "$service" &
receiver=$!
wait "$service"
