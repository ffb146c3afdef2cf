#!/usr/bin/env bash
# ./dev fuzz [target] [seconds]: libFuzzer on one target or on each in turn (60 seconds each), from the corpus in the tree.
# New inputs are kept in build/fuzz/corpus/TARGET; what crashes is left in build/fuzz/found. --smoke: two seconds each.
# Words that a target's inputs are made of may stand in tests/fuzz/TARGET.dict.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."

seconds=60
if [ "${1:-}" = --smoke ]; then
  seconds=2
  set -- "" 2
fi
build=build/fuzz
targets=()
for corpus in tests/fuzz/corpus/*/; do targets+=("$(basename "$corpus")"); done
if [ "${1:-}" = --help ] || [ "${1:-}" = -h ]; then
  echo "./dev fuzz [target] [seconds]: libFuzzer on one target, or on each for 60 seconds"
  echo "./dev fuzz --smoke: two seconds each"
  echo "targets: ${targets[*]}"
  exit 0
fi
if [ -n "${1:-}" ]; then
  [ -d "tests/fuzz/corpus/$1" ] || { echo "fuzz: no target '$1'; there are: ${targets[*]}" >&2; exit 2; }
  targets=("$1")
fi
seconds=${2:-$seconds}
[[ $seconds =~ ^[1-9][0-9]*$ ]] || { echo "fuzz: '$seconds' is no number of seconds" >&2; exit 2; }

tools/install.sh fuzz
[ -f $build/build.ninja ] || cmake --preset fuzz >/dev/null
ninja -C $build -j "$(nproc)" --quiet "${targets[@]/#/fuzz_}"

mkdir -p $build/found
for target in "${targets[@]}"; do
  mkdir -p "$build/corpus/$target"
  log=$build/$target.log
  echo "fuzz: $target, $seconds s"
  words=()
  if [ -f "tests/fuzz/$target.dict" ]; then words=("-dict=tests/fuzz/$target.dict"); fi
  if ! "$build/tests/fuzz/fuzz_$target" -max_total_time="$seconds" -max_len=8192 "${words[@]}" -timeout=20 -rss_limit_mb=2048 \
    -print_final_stats=1 -artifact_prefix="$build/found/$target-" "$build/corpus/$target" "tests/fuzz/corpus/$target" >"$log" 2>&1; then
    tail -n 60 "$log" >&2
    echo "fuzz: $target found something: $build/found" >&2
    exit 1
  fi
  grep -E 'number_of_executed_units|average_exec_per_sec' "$log" | sed 's/^/  /'
done
