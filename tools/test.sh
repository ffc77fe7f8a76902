#!/usr/bin/env bash
# Installs what is missing, checks the sources, builds, and runs all tests.
# usage: tools/test.sh [preset]     release (default), debug, asan, tsan, cuda
# SADDLE_DATA may name a folder of real image sets; without it the tests that need one say that they are skipped.
set -euo pipefail
cd "$(dirname "$0")/.."
preset=${1:-release}

tools/install-deps.sh clang-format git python3
tools/lint.sh
cmake --preset "$preset"
cmake --build --preset "$preset"
ctest --preset "$preset"
