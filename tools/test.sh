#!/usr/bin/env bash
# ./dev test: one build runs the unit, contract and system tests (the latter two with a real Kafka broker that ctest
# starts as a fixture); the unit and contract tests run again under ASan/UBSan and TSan.
set -euo pipefail
source tools/stage.sh
jobs=$(nproc)
full=false
[ "${1:-}" != --full ] || full=true

configure() { [ -f "build/$1/build.ninja" ] || cmake --preset "$1" >/dev/null; }
build() { configure "$1" && ninja -C "build/$1" -j "$jobs" --quiet "${@:2}"; }
# Tests wait more than they compute. ctest's own summary is printed in any case, and is the last word of the last stage.
run() { ctest --test-dir "build/$1" --output-on-failure -j "$((2 * jobs))" "${@:2}"; }

if $full; then stage install tools/install.sh full; else stage install tools/install.sh test; fi
stage "build asan-ubsan" build asan-ubsan certes_checked_tests
stage "test asan-ubsan" run asan-ubsan -L 'unit|contract'
stage "build tsan" build tsan certes_checked_tests
stage "test tsan" run tsan -L 'unit|contract' -LE one-thread
stage "build" build dev
if $full; then
  stage "Kafka 4.1" env KAFKA_VERSION=4.1 ctest --test-dir build/dev --output-on-failure -j "$jobs" -L 'contract|system'
  stage "Debian 13" tools/debian13.sh
  stage "container" tools/container.sh
  stage "bench" tools/bench.sh
  stage "fuzz" tools/fuzz.sh --smoke
fi
# The fuzzers are a build of their own, with clang: the corpus is replayed here, --full fuzzes.
stage "test" run dev -LE fuzz
