#!/usr/bin/env bash
# Installs what is missing, builds gan-train, and trains a DCGAN on drawn shapes for about two minutes.
# usage: tools/quickstart.sh [run folder]     default: runs/quickstart
set -euo pipefail
cd "$(dirname "$0")/.."
run=${1:-runs/quickstart}
if [ -e "$run" ]; then
  echo "quickstart.sh: $run exists already; give another folder, or remove it" >&2
  exit 1
fi

tools/install-deps.sh
cmake --preset release -DSADDLE_TESTS=OFF -DSADDLE_BENCH=OFF
cmake --build --preset release --target gan-train

build/release/tools/gan-train train dcgan --data shapes --out "$run" --size 32 --steps 600 \
  --sample-every 100 --checkpoint-every 200
build/release/tools/gan-train sample "$run" --out "$run/samples/final.png" --count 64
echo
echo "Samples of the training: $run/samples"
echo "A grid of the trained generator: $run/samples/final.png"
