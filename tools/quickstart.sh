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

# Shapes are so smooth that a discriminator of full width tells fakes apart before the generator has learnt anything:
# a narrow one, smoothed labels and a generator that learns faster keep the game open, and allow more steps.
build/release/tools/gan-train train dcgan --data shapes --out "$run" --size 32 --steps 3000 \
  --ngf 32 --ndf 16 --lr-g 4e-4 --label-smoothing 0.1 --ema 0.995 \
  --log-every 50 --sample-every 500 --checkpoint-every 1000
build/release/tools/gan-train sample "$run" --out "$run/samples/final.png" --count 64
echo
echo "Samples of the training: $run/samples"
echo "A grid of the trained generator: $run/samples/final.png"
