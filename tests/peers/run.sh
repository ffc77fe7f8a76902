#!/usr/bin/env bash
# Holds Saddle against PyTorch: has saddle-tests write what it computes, and a script of this folder compute the
# same. Exits with 77, which ctest shows as skipped, where no Python has PyTorch; SADDLE_PEERS=required makes
# that a failure.
# usage: run.sh SADDLE_TESTS ops|optim|dcgan
set -euo pipefail
saddle_tests=$1 what=$2
here=$(cd "$(dirname "$0")" && pwd)

python=
for candidate in python3 /usr/bin/python3; do
  if "$candidate" -c 'import torch' 2>/dev/null; then
    python=$candidate
    break
  fi
done
if [ -z "$python" ]; then
  echo "skipped: no Python with PyTorch"
  [ "${SADDLE_PEERS:-}" = required ] && exit 1
  exit 77
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$saddle_tests" --dump "$what" "$work/$what.safetensors"
PYTHONDONTWRITEBYTECODE=1 "$python" "$here/$what.py" "$work/$what.safetensors"
