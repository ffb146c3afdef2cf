#!/usr/bin/env bash
# ./dev fuzz [target] [seconds]: libFuzzer on one target or on each in turn (60 seconds each), from the inputs in the tree:
# tests/fuzz/seeds/TARGET, written by hand, and tests/fuzz/corpus/TARGET.tar.gz, found. New inputs are kept in
# build/fuzz/corpus/TARGET; what crashes is left in build/fuzz/found. --smoke: two seconds each. --pack [target]: makes of all
# that was found the smallest archive that covers as much.
# Words that a target's inputs are made of may stand in tests/fuzz/TARGET.dict.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.."

build=build/fuzz
mapfile -t targets < <(sed -n 's/^certes_fuzz(\([a-z-]*\).*/\1/p' tests/fuzz/CMakeLists.txt)

choose() {
  [ -n "$1" ] || return 0
  [[ " ${targets[*]} " == *" $1 "* ]] || { echo "fuzz: no target '$1'; there are: ${targets[*]}" >&2; exit 2; }
  targets=("$1")
}

make_targets() {
  tools/packages/install.sh fuzz
  [ -f $build/build.ninja ] || cmake --preset fuzz >/dev/null
  ninja -C $build -j "$(nproc)" --quiet "${targets[@]/#/fuzz_}"
}

# The folders of a target's inputs: the first is the one that libFuzzer adds to.
inputs() {
  mkdir -p "$build/corpus/$1"
  [ ! -f "tests/fuzz/corpus/$1.tar.gz" ] || tar -xzf "tests/fuzz/corpus/$1.tar.gz" -C "$build/corpus/$1"
  echo "$build/corpus/$1"
  [ ! -d "tests/fuzz/seeds/$1" ] || echo "tests/fuzz/seeds/$1"
}

fuzz() {
  local target=$1 seconds=$2 log=$build/$1.log words=() folders
  echo "fuzz: $target, $seconds s"
  if [ -f "tests/fuzz/$target.dict" ]; then words=("-dict=tests/fuzz/$target.dict"); fi
  mapfile -t folders < <(inputs "$target")
  if ! "$build/tests/fuzz/fuzz_$target" -max_total_time="$seconds" -max_len=8192 "${words[@]}" -timeout=20 -rss_limit_mb=2048 \
    -print_final_stats=1 -artifact_prefix="$build/found/$target-" "${folders[@]}" >"$log" 2>&1; then
    tail -n 60 "$log" >&2
    echo "fuzz: $target found something: $build/found" >&2
    exit 1
  fi
  grep -E 'number_of_executed_units|average_exec_per_sec' "$log" | sed 's/^/  /'
}

pack() {
  local target=$1 kept=$build/kept/$1 folders
  mapfile -t folders < <(inputs "$target")
  rm -rf "$kept"
  mkdir -p "$kept"
  "$build/tests/fuzz/fuzz_$target" -merge=1 -max_len=8192 -timeout=20 "$kept" "${folders[@]}" >"$build/$target.log" 2>&1 ||
    { tail -n 20 "$build/$target.log" >&2; exit 1; }
  tar --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner --mode=0644 -C "$kept" -cf - $(ls "$kept") | gzip -9n \
    >"tests/fuzz/corpus/$target.tar.gz"
  echo "fuzz: $target, $(ls "$kept" | wc -l) inputs"
}

case "${1:-}" in
  --help | -h)
    echo "./dev fuzz [target] [seconds]: libFuzzer on one target, or on each for 60 seconds"
    echo "./dev fuzz --smoke: two seconds each"
    echo "./dev fuzz --pack [target]: keeps what was found, minimised"
    echo "targets: ${targets[*]}"
    ;;
  --pack)
    choose "${2:-}"
    make_targets
    for target in "${targets[@]}"; do pack "$target"; done
    ;;
  *)
    seconds=60
    if [ "${1:-}" = --smoke ]; then set -- "" 2; fi
    choose "${1:-}"
    seconds=${2:-$seconds}
    [[ $seconds =~ ^[1-9][0-9]*$ ]] || { echo "fuzz: '$seconds' is no number of seconds" >&2; exit 2; }
    make_targets
    mkdir -p $build/found
    for target in "${targets[@]}"; do fuzz "$target" "$seconds"; done
    ;;
esac
