#!/usr/bin/env bash
# bench/gpu-report.sh from the outside: a rehearsal with the real programs on the emulated device, and everything that
# it does on a GPU with programs that stand in for the GPU's tools.
# usage: gpu_report.sh SOURCE_DIR SADDLE_TESTS SADDLE_BENCH EMULATED(0|1)
set -euo pipefail
report=$1/bench/gpu-report.sh
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() { echo "gpu_report: $*"; [ ! -f "$work/log" ] || cat "$work/log"; [ ! -f "$work/r.md" ] || cat "$work/r.md"; exit 1; }

# expect STATUS ARGUMENTS...: the script's exit code.
expect() {
  local wanted=$1 status=0
  shift
  rm -f "$work/r.md"
  "$report" "$@" >"$work/log" 2>&1 || status=$?
  [ $status = "$wanted" ] || fail "$*: exit code $status instead of $wanted"
}
has() { grep -qF -- "$1" "$work/r.md" || fail "no '$1' in the report"; }

expect 2 --nothing
expect 2 --device cpu
expect 2 --headers "$work/nowhere"
expect 2 --out

mkdir "$work/real" "$work/stand-ins" "$work/tools"
if [ "$4" = 1 ]; then
  ln -s "$2" "$work/real/saddle-tests"
  ln -s "$3" "$work/real/saddle-bench"
  expect 0 --device emulated --binaries "$work/real" --out "$work/r.md" --ops '[softmax][emulated]'
  has '| Op table | passed |'
  has '| compute-sanitizer | left out: '
  has '| Kernels, fp32 | passed |'
  has 'conv2d_weight_grad'
  expect 1 --device emulated --binaries "$work/real" --out "$work/r.md" --ops 'no such test'
  has '| Op table | **FAILED**'
fi

# stand_in FOLDER NAME: a program from standard input.
stand_in() { { echo '#!/bin/sh'; cat; } >"$work/$1/$2"; chmod +x "$work/$1/$2"; }
stand_in tools nvidia-smi <<'TEXT'
case $1 in *name*) echo 'Some GPU, 9 MiB' ;; *driver*) echo 1.2.3 ;; *) echo 9.0 ;; esac
TEXT
stand_in tools compute-sanitizer <<'TEXT'
while [ "$1" != --error-exitcode ]; do shift; done
shift 2
exec "$@"
TEXT
stand_in stand-ins saddle-tests <<<'echo "tests: $*"; exit "${TESTS_EXIT:-0}"'
stand_in stand-ins saddle-bench <<<'echo "bench: $*"; exit "${BENCH_EXIT:-0}"'
export PATH=$work/tools:$PATH
expect 0 --binaries "$work/stand-ins" --out "$work/r.md"
for line in '| GPU | Some GPU, 9 MiB |' '| driver | 1.2.3 |' '| Op table | passed |' '| compute-sanitizer | passed |' \
  '| Ceilings | passed |' '| Kernels, conv, bf16 | passed |' '| Training steps, tf32, no-graph | passed |' 'tests: -w NoTests [ops][cuda]' \
  'racecheck: exit code 0' 'bench: step dcgan --batch 128 --device cuda --steps 20 --precision bf16 --graph'; do
  has "$line"
done

# What fails does not keep the rest from being done.
TESTS_EXIT=3 expect 1 --binaries "$work/stand-ins" --out "$work/r.md"
has '| Op table | **FAILED**: exit code 3 |'
has 'initcheck: exit code 3'
has '| compute-sanitizer | **FAILED**: exit code 1 |'
has '| Training steps, tf32, no-graph | passed |'
BENCH_EXIT=1 expect 1 --binaries "$work/stand-ins" --out "$work/r.md"
has '| Ceilings | **FAILED**: exit code 1 |'

expect 2 --binaries "$work/stand-ins" --limit soon
expect 1 --binaries "$work/stand-ins" --out "$work/r.md" --limit 0
has '| Ceilings | **FAILED**: no time was left |'

rm "$work/stand-ins/saddle-bench"
expect 1 --binaries "$work/stand-ins" --out "$work/r.md"
has '| Programs | **FAILED**: exit code 1 |'
stand_in tools nvidia-smi <<<'exit 9'
expect 1 --binaries "$work/stand-ins" --out "$work/r.md"
has '| GPU | **FAILED**: exit code 1 |'
