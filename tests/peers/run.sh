#!/usr/bin/env bash
# Holds Saddle against PyTorch: has saddle-tests write what it computes, and a script of this folder compute the
# same. Exits with 77, which ctest shows as skipped, where no Python has PyTorch; SADDLE_PEERS=required makes
# that a failure.
# usage: run.sh SADDLE_TESTS ops|optim|dcgan|networks|biggan|objectives|spectral_norm|teaching      run.sh SADDLE_TESTS export GAN_TRAIN
set -euo pipefail
saddle_tests=$1 what=$2 gan_train=${3:-}
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

# A file to compare, or for `export` pairs of images and the generator that made them.
files=()
if [ "$what" = export ]; then
  while read -r size channels; do
    run=$work/run-$size exported=$work/generator-$size.safetensors images=$work/images-$size.safetensors
    "$gan_train" train dcgan --data shapes --out "$run" --size "$size" --channels "$channels" --nz 12 --ngf 8 \
      --ndf 8 --batch 8 --steps 40 --sample-every 0 --checkpoint-every 0 --quiet
    "$gan_train" export "$run" --network generator --out "$exported"
    "$saddle_tests" --dump images "$images" "$exported"
    files+=("$images" "$exported")
  done <<<$'16 1\n64 3'
else
  files=("$work/$what.safetensors")
  "$saddle_tests" --dump "$what" "${files[0]}"
fi
PYTHONDONTWRITEBYTECODE=1 "$python" "$here/$what.py" "${files[@]}"
