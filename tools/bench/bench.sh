#!/usr/bin/env bash
# ./dev bench [ingest|delivery|deliver|overload|hostile|backlog|registry|pick|filter|transform|profile] [OPTION…]: rates and latencies of ingest and of the whole way, on both engines,
# beside limit programs in the same run. Figures are ratios to those programs; the machine's own speed changes by the minute.
# deliver: the same by endpoints, fan-out, subscriptions and load, drain and restart. backlog: what it costs that much waits. pick: records by their offsets. filter: one filter on 1 KB. transform: projections on 1 KB and 1 MB. profile: where the CPU goes, by perf, on the embedded log. --help lists the options: one engine, one row of ingest, shorter runs.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.."
what=${1:-all}
tools/packages/install.sh run
[ -f build/bench/build.ninja ] || cmake --preset bench >/dev/null
ninja -C build/bench --quiet
[ "$what" != profile ] && [ "$what" != registry ] || tools/packages/install.sh profile
command -v python3 >/dev/null || tools/packages/install.sh test
exec python3 tools/bench/bench.py "$@"
