#!/usr/bin/env bash
# Builds for the GPU it finds, proves the kernels on it, measures them, and writes one Markdown report.
# usage: gpu-report.sh [--out FILE.md] [--headers DIR] [--binaries DIR] [--build DIR] [--device D] [--ops FILTER]
#                      [--limit SECONDS]
#   --out FILE.md     where the report goes; gpu-report.md unless given
#   --headers DIR     third-party headers and libraries from bench/collect-headers.sh, for machines without packages
#   --binaries DIR    a folder with saddle-tests and saddle-bench, built elsewhere: nothing is built
#   --build DIR       where to build; build/gpu-report unless given
#   --device D        cuda, or emulated: a rehearsal on small shapes, for machines without a GPU
#   --ops FILTER      Catch2's filter of the op table's tests; all of the device unless given
#   --limit SECONDS   for everything, 590 unless given; what does not fit has failed
# Takes nvcc (or --binaries), CMake, a compiler; compute-sanitizer where it is found. Each section says whether it passed,
# failed, or was left out and why. Exits with 1 if any failed, with 2 for wrong usage.
set -uo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
usage() { sed -n '2,/^set /{/^#/s/^# \?//p}' "$0"; }

out=gpu-report.md headers='' binaries='' build=$root/build/gpu-report device=cuda ops='' limit=590
while [ $# -gt 0 ]; do
  case $1 in
    --help | -h) usage; exit 0 ;;
    --out | --headers | --binaries | --build | --device | --ops | --limit)
      [ $# -ge 2 ] || { echo "gpu-report: $1 needs a value" >&2; exit 2; }
      printf -v "${1#--}" %s "$2"
      shift 2 ;;
    *) echo "gpu-report: unknown option $1" >&2; usage >&2; exit 2 ;;
  esac
done
[[ $limit =~ ^[0-9]+$ ]] || { echo "gpu-report: --limit $limit is no number of seconds" >&2; exit 2; }
case $device in cuda | emulated) ;; *) echo "gpu-report: device '$device' is neither cuda nor emulated" >&2; exit 2 ;; esac
for folder in "$headers" "$binaries"; do
  [ -z "$folder" ] || [ -d "$folder" ] || { echo "gpu-report: $folder is not a folder" >&2; exit 2; }
done

work=$(mktemp -d)
touch "$work/sections" "$work/summary"
failed=0
finish() { # writes what there is, also when stopped in between
  { report_header; echo; cat "$work/summary"; cat "$work/sections"; } >"$out"
  rm -rf "$work"
}
trap finish EXIT
trap 'section_stopped; exit 1' INT TERM

report_header() {
  local rehearsal=''
  [ "$device" = cuda ] || rehearsal=' (a rehearsal on the emulated device: times mean nothing)'
  cat <<TEXT
# Saddle on a GPU$rehearsal

| | |
|---|---|
| date | $started |
| GPU | $gpu |
| driver | $driver |
| nvcc | $nvcc_version |
| processors | $(nproc) |
| source | $(git -C "$root" describe --always --dirty 2>/dev/null || echo unknown) |
| took | $(($(date +%s) - start)) s |

| section | result | seconds |
|---|---|---|
TEXT
}

# section TITLE SECONDS COMMAND...: runs the command for at most so long, and writes down what it printed.
section() {
  local title=$1 most=$2 status=0 result before seconds left
  shift 2
  current=$title before=$(date +%s)
  left=$((start + limit - before))
  [ "$left" -ge "$most" ] || most=$left
  if [ "$most" -le 0 ]; then
    note "$title" '**FAILED**: no time was left' 0
    failed=1
    return 1
  fi
  echo "gpu-report: $title" >&2
  timeout --kill-after=10 "$most" "$@" >"$work/output" 2>&1 || status=$?
  seconds=$(($(date +%s) - before))
  case $status in
    0) result=passed ;;
    124 | 137) result="**FAILED**: not done after $most s" ;;
    *) result="**FAILED**: exit code $status" ;;
  esac
  [ "$status" = 0 ] || failed=1
  note "$title" "$result" "$seconds"
  {
    printf '\n`%s`\n\n```\n' "$(shorter "$*")"
    # The last lines say how it ended; a test run prints little else, a sanitizer very much.
    tail -n "${lines:-2000}" "$work/output"
    printf '```\n'
  } >>"$work/sections"
  current=''
  return "$status"
}

# left_out TITLE REASON
left_out() {
  echo "gpu-report: $1: left out: $2" >&2
  note "$1" "left out: $2" 0
}

note() {
  printf '| %s | %s | %s |\n' "$1" "$2" "$3" >>"$work/summary"
  printf '\n## %s\n%s, %s s\n' "$1" "$2" "$3" >>"$work/sections"
}

section_stopped() {
  [ -z "${current:-}" ] || note "$current" '**FAILED**: stopped' 0
}

shorter() { # without the folders of this machine
  local text=${1//"$root/"/}
  echo "${text//"$bin/"/}"
}

started=$(date -u '+%Y-%m-%d %H:%M UTC') start=$(date +%s)
gpu=none driver=none nvcc_version=none architecture=native bin=''
query() { nvidia-smi --query-gpu="$1" --format=csv,noheader | head -1; }
if [ "$device" = cuda ]; then
  if ! command -v nvidia-smi >/dev/null || ! gpu=$(query name,memory.total) || [ -z "$gpu" ]; then
    gpu=none
    section 'GPU' 10 sh -c 'echo "no GPU: nvidia-smi is missing or lists none" >&2; exit 1'
    exit 1
  fi
  driver=$(query driver_version)
  architecture=$(query compute_cap | tr -d .)
fi
nvcc=$(command -v nvcc || ls /usr/local/cuda/bin/nvcc 2>/dev/null || true)
[ -z "$nvcc" ] || nvcc_version=$("$nvcc" --version | sed -n 's/.*release \([^,]*\).*/\1/p')

# cuDNN and cuBLAS may have come with Python's packages instead of the toolkit.
peers=$(python3 -c 'import nvidia; print(*nvidia.__path__)' 2>/dev/null || true)
folder_of() { # FILE: the first folder of Python's packages that holds it
  # shellcheck disable=SC2086
  [ -z "$peers" ] || find -L $peers -name "$1" -printf '%h\n' -quit
}
for library in 'libcudnn.so.[0-9]*' 'libcublas.so.[0-9]*'; do
  folder=$(folder_of "$library")
  [ -z "$folder" ] || export LD_LIBRARY_PATH=${LD_LIBRARY_PATH:+$LD_LIBRARY_PATH:}$folder
done
headers_of() { [ -e "$(dirname "$nvcc")/../include/$1" ] || folder_of "$1"; }
cudnn_headers=$(headers_of cudnn.h) cublas_headers=$(headers_of cublas_v2.h)

build_all() {
  local options=(-DCMAKE_BUILD_TYPE=Release)
  if command -v ninja >/dev/null; then options+=(-G Ninja); fi
  if [ "$device" = cuda ]; then
    options+=(-DSADDLE_CUDA=ON -DSADDLE_EMULATED=OFF "-DCMAKE_CUDA_ARCHITECTURES=$architecture")
  else
    options+=(-DSADDLE_CUDA=OFF)
  fi
  [ -z "$cudnn_headers" ] || options+=("-DCUDNN_INCLUDE_DIR=$cudnn_headers")
  [ -z "$cublas_headers" ] || options+=("-DCUBLAS_INCLUDE_DIR=$cublas_headers")
  if [ -n "$headers" ]; then
    options+=("-DCMAKE_PREFIX_PATH=$(cd "$headers" && pwd)/usr"
      "-DPKG_CONFIG_EXECUTABLE=$(cd "$headers" && pwd)/bin/pkg-config")
  fi
  cmake -S "$root" -B "$build" "${options[@]}" &&
    cmake --build "$build" --parallel "$(nproc)" --target saddle-tests saddle-bench
}
export -f build_all
export root build device architecture headers cudnn_headers cublas_headers

if [ -n "$binaries" ]; then
  bin=$(cd "$binaries" && pwd)
  left_out 'Build' "the programs in $binaries are taken"
  tests=$bin/saddle-tests bench=$bin/saddle-bench
else
  tests=$build/tests/saddle-tests bench=$build/bench/saddle-bench
  lines=60 section 'Build' 420 bash -c build_all || exit 1
fi
for program in "$tests" "$bench"; do
  [ -x "$program" ] || { section 'Programs' 10 sh -c "echo 'no program $program' >&2; exit 1"; exit 1; }
done

# -w NoTests: where the device cannot be used, there are no tests, and that is no success.
lines=60 section 'Op table' 180 "$tests" -w NoTests "${ops:-"[ops][$device]"}"

# The table's samples are small. Sanitizers take long, so they see each value and each f32 gradient; all three at once.
if [ "$device" != cuda ]; then
  left_out 'compute-sanitizer' 'it needs a GPU; the emulated device checks the same, and more'
elif ! sanitizer=$(command -v compute-sanitizer || ls /usr/local/cuda/bin/compute-sanitizer 2>/dev/null); then
  left_out 'compute-sanitizer' 'there is none on PATH or in /usr/local/cuda/bin'
else
  filter=${ops:-'*/value/cuda:0/*,*/gradient/cuda:0/f32/*'}
  sanitizers() {
    local tool status=0
    for tool in memcheck racecheck initcheck; do
      "$sanitizer" --tool "$tool" --error-exitcode 86 "$tests" -w NoTests "$filter" >"$work/$tool" 2>&1 &
      eval "process_$tool=$!"
    done
    for tool in memcheck racecheck initcheck; do
      local process=process_$tool its=0
      wait "${!process}" || its=$?
      printf '%s: exit code %s\n' "$tool" "$its"
      tail -n 20 "$work/$tool"
      [ "$its" = 0 ] || status=1
    done
    return $status
  }
  export -f sanitizers
  export sanitizer tests filter work
  section 'compute-sanitizer' 180 bash -c sanitizers
fi

if [ "$device" = cuda ]; then
  section 'Ceilings' 60 "$bench" ceilings --device cuda
  section 'Kernels, fp32' 120 "$bench" kernels --device cuda --peer-seconds 0.25
  for precision in tf32 bf16; do
    for family in conv matmul; do
      section "Kernels, $family, $precision" 90 "$bench" kernels $family --device cuda --precision $precision \
        --peer-seconds 0.25
    done
  done
else
  left_out 'Ceilings' 'the emulated device has none'
  section 'Kernels, fp32' 120 "$bench" kernels --device "$device"
fi

# A line of JSON each; the loop goes on after one that fails.
steps() {
  local status=0 model
  for model in 'dcgan --batch 128' wgan-gp cyclegan pix2pix; do
    # shellcheck disable=SC2086
    "$bench" step $model --device cuda "$@" || status=1
  done
  return $status
}
export -f steps
export bench
if [ "$device" = cuda ]; then
  for precision in fp32 tf32 bf16; do
    for graph in graph no-graph; do
      section "Training steps, $precision, $graph" 60 bash -c 'steps "$@"' steps --steps 20 --precision $precision --$graph
    done
  done
else
  left_out 'Training steps' 'they take too long on the emulated device'
fi
exit $failed
