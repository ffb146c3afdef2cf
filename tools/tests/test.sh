#!/usr/bin/env bash
# ./dev test: one build runs the unit, contract and system tests (the latter two with a real Kafka broker that ctest
# starts as a fixture); the unit and contract tests run again under ASan/UBSan and TSan.
set -euo pipefail
source tools/stage.sh
case "${1:-}" in
  '' | --full | unit) ;;
  *) echo "test: unknown argument '$1' (--full, unit [NAME])" >&2; exit 2 ;;
esac
full=false
[ "${1:-}" != --full ] || full=true

# Tests wait more than they compute. ctest's own summary is printed in any case, and is the last word of the last stage.
run() { ctest --test-dir "build/$1" --output-on-failure -j "$((2 * jobs))" "${@:2}"; }

# A unit test is a target of the same name.
unit() {
  local names
  tools/packages/install.sh test
  compile dev build.ninja >/dev/null
  mapfile -t names < <(ctest --test-dir build/dev -N -L unit -R "${1:-.}" | sed -n 's/^ *Test *#[0-9]*: //p')
  [ ${#names[@]} -gt 0 ] || { echo "test: no unit test has '$1' in its name" >&2; exit 2; }
  stage "build" compile dev "${names[@]}"
  stage "test" run dev -L unit -R "${1:-.}"
}

if [ "${1:-}" = unit ]; then
  unit "${2:-}"
  exit
fi
if $full; then stage install tools/packages/install.sh full; else stage install tools/packages/install.sh test; fi
stage "build asan-ubsan" compile asan-ubsan certes_checked_tests
stage "test asan-ubsan" run asan-ubsan -L 'unit|contract'
stage "build tsan" compile tsan certes_checked_tests
stage "test tsan" run tsan -L 'unit|contract' -LE one-thread
stage "build" compile dev
stage "compile cost" python3 tools/checks/compile_cost.py build/dev
if $full; then
  stage "Kafka 4.1" env KAFKA_VERSION=4.1 ctest --test-dir build/dev --output-on-failure -j "$jobs" -L 'contract|system'
  stage "90,000 simulations" env CERTES_SIMULATION_RUNS=20 ctest --test-dir build/dev --output-on-failure -R dispatcher_simulation_test
  stage "ten minutes of retention" env CERTES_TEST_SECONDS=600 ctest --test-dir build/dev --output-on-failure -R '^system_retention$'
  stage "Debian 13" tools/tests/debian13.sh
  stage "container" tools/tests/container.sh
  stage "bench" tools/bench/bench.sh
  stage "bench of the registry" tools/bench/bench.sh registry --resources 5000 --registry-pairs 1 --events 20000
  stage "fuzz" tools/tests/fuzz.sh --smoke
fi
# The fuzzers are a build of their own, with clang: the corpus is replayed here, --full fuzzes.
stage "test" run dev -LE fuzz
