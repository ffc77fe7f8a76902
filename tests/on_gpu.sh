#!/usr/bin/env bash
# Runs the tests of a tag that need a GPU; where there is none, says why and exits with 77, which ctest shows as
# skipped.
# usage: tests/on_gpu.sh SADDLE_TESTS TAGS
set -euo pipefail
"$1" --has-gpu || exit 77
exec "$1" "$2"
