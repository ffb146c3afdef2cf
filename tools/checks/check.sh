#!/usr/bin/env bash
# ./dev check: what takes a minute and finds most, before a commit: format, the repository's rules, clang-tidy on the sources that
# differ from `main` (or from the last commit, on it), and the unit tests.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.."
tools/packages/install.sh lint
tools/checks/lint.sh --changed
exec tools/tests/test.sh unit
