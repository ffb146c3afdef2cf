#!/usr/bin/env bash
# ./dev lint [format|rules|--changed]: formatting, rules of the repository, and clang-tidy on our sources (not the tests;
# --changed: those that differ from main, or on it from the last commit); format, rules: that alone.
set -euo pipefail
source tools/stage.sh

sources() { git ls-files --cached --others --exclude-standard '*.cpp' '*.hpp' '*.c'; }
format() { sources | xargs clang-format --dry-run --Werror; }
changed() {
  local from
  from=$(git merge-base HEAD main 2>/dev/null || git rev-parse HEAD)
  { git diff --name-only --diff-filter=d "$from" -- '*.cpp' && git ls-files --others --exclude-standard '*.cpp'; } | grep -v '^tests/' || true
}
tidy() {
  [ -f build/tidy/build.ninja ] || cmake --preset tidy >/dev/null
  python3 tools/checks/tidy.py build/tidy/compile_commands.json "$@"
}
rules() {
  ! git grep -nE 'sleep_for|usleep\(|std::this_thread::sleep' -- 'tests/*.cpp' || { echo "lint: tests do not sleep" >&2; return 1; }
  ! git grep -nE 'simdjson\.h' -- '*.cpp' '*.hpp' ':!common/event/' || { echo "lint: simdjson stays in common/event" >&2; return 1; }
  ! git grep -nE '(^|[^_A-Za-z])(Json|OrderedJson|json|ordered_json|nlohmann::[a-z_]+)::(parse|accept|sax_parse|from_[a-z]+)\(' -- \
    'common/' 'gateway/' 'api/' 'dispatcher/' 'client/' 'certes/' ':!common/json/' ||
    { echo "lint: what is made a tree goes through common/json, which bounds its depth" >&2; return 1; }
  ! git grep -nE '(parse_json|json_or_null)<[^>]*>\(([^()]*(record|result|letter|event)(\.|->)(value|data)|payload)' -- 'common/' 'gateway/' 'api/' 'dispatcher/' ||
    { echo "lint: payloads stay text (common/event/payload_view.hpp)" >&2; return 1; }
  ! git grep -nE '#include "gateway/' -- 'dispatcher/' 'common/' 'client/' || { echo "lint: dependencies run one way" >&2; return 1; }
  ! git grep -nE '#include "api/' -- 'gateway/' 'dispatcher/' 'common/' 'client/' || { echo "lint: dependencies run one way" >&2; return 1; }
  ! git grep -nE '#include "dispatcher/' -- 'api/' 'gateway/' 'common/' || { echo "lint: dependencies run one way" >&2; return 1; }
  python3 tools/checks/documented.py
}

case "${1:-}" in
  format | rules) stage "$1" "$1" ;;
  --changed)
    stage "format" format
    stage "rules" rules
    mapfile -t sources < <(changed)
    [ ${#sources[@]} -eq 0 ] || stage "clang-tidy" tidy "${sources[@]}"
    ;;
  "")
    stage "format" format
    stage "rules" rules
    stage "clang-tidy" tidy
    ;;
  *)
    echo "lint: there is no \"$1\"; format, rules, --changed, or nothing, which is all" >&2
    exit 2
    ;;
esac
