#!/usr/bin/env bash
# Installs what a task needs from Debian's (or Ubuntu's) packages, only what is missing, quietly.
#   tools/packages/install.sh run|test|full|lint|fuzz|profile
set -euo pipefail

build=(g++ cmake ninja-build ccache pkg-config librdkafka-dev libcpp-httplib-dev libsimdjson-dev prometheus-cpp-dev
  libcurl4-openssl-dev libssl-dev libsqlite3-dev libtomlplusplus-dev libcli11-dev libspdlog-dev nlohmann-json3-dev
  libexpected-dev libconcurrentqueue-dev libre2-dev tao-pegtl-dev zlib1g-dev libbrotli-dev)
tests=(doctest-dev python3 python3-venv python3-jsonschema curl openssl kcat util-linux mandoc zsh fish prometheus)
lint=(clang-format clang-tidy clang python3 git)
fuzz=(clang libclang-rt-dev)

case "${1:?run, test, lint, fuzz, full or profile}" in
  run) wanted=("${build[@]}" curl) ;;
  test) wanted=("${build[@]}" "${tests[@]}" "${lint[@]}") ;;
  lint) wanted=("${build[@]}" "${lint[@]}") ;;
  fuzz) wanted=("${build[@]}" "${fuzz[@]}") ;;
  profile) wanted=("${build[@]}"); command -v perf >/dev/null || wanted+=(linux-perf) ;;
  full) wanted=("${build[@]}" "${tests[@]}" "${lint[@]}" "${fuzz[@]}" debootstrap buildah wrk) ;;
  *) echo "install: unknown set '$1'" >&2; exit 2 ;;
esac

if ! command -v apt-get >/dev/null; then
  echo "This machine is neither Debian nor Ubuntu: build the container instead: docker build -t certes . && docker run --rm certes version" >&2
  exit 1
fi
if [ "$1" = test ] || [ "$1" = full ]; then
  command -v java >/dev/null || wanted+=(openjdk-17-jre-headless)
  command -v mvn >/dev/null || wanted+=(maven)
  command -v node >/dev/null || wanted+=(nodejs)
  command -v npm >/dev/null || wanted+=(npm)
fi
# For cel-go, which wants Go 1.22: Debian 12's is older, and its test says that it is skipped.
[ "$1" != full ] || command -v go >/dev/null || wanted+=(golang-go)

missing=()
for package in "${wanted[@]}"; do
  dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null || { echo "install: these packages are missing, and there is no sudo: ${missing[*]}" >&2; exit 1; }
  as_root=(sudo)
fi
echo "Installing ${#missing[@]} packages: ${missing[*]}"
log=$(mktemp)
trap 'rm -f "$log"' EXIT

# Prometheus comes with a service, which Debian would start now and at every boot. Tests start a Prometheus of their own.
# Whoever wants the service: systemctl unmask prometheus.
if [[ " ${missing[*]} " == *" prometheus "* ]]; then
  unit=/etc/systemd/system/prometheus.service policy=/usr/sbin/policy-rc.d
  [ -e "$unit" ] || { "${as_root[@]}" mkdir -p "${unit%/*}" && "${as_root[@]}" ln -s /dev/null "$unit"; }
  if [ ! -e "$policy" ]; then
    trap 'rm -f "$log"; "${as_root[@]}" rm -f "$policy"' EXIT
    printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee "$policy" >/dev/null
    "${as_root[@]}" chmod 755 "$policy"
  fi
fi
if ! { "${as_root[@]}" apt-get update -qq && "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"; } >"$log" 2>&1; then
  tail -n 20 "$log" >&2
  exit 1
fi
