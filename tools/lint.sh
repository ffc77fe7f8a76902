#!/usr/bin/env bash
# Checks formatting and the rules that no compiler knows.
# usage: tools/lint.sh [--fix]      --fix formats in place
set -euo pipefail
cd "$(dirname "$0")/.."

mapfile -t sources < <(git ls-files '*.h' '*.cpp' '*.cu' '*.cuh')
if [ "${1:-}" = --fix ]; then
  clang-format -i "${sources[@]}"
  exit
fi
status=0
clang-format --dry-run -Werror "${sources[@]}" || status=1

# deny PATTERN MESSAGE PATHS...: no line of the paths may match.
deny() {
  local pattern=$1 message=$2 found
  shift 2
  if found=$(git grep -nE "$pattern" -- "$@"); then
    printf 'lint: %s\n%s\n' "$message" "$found" >&2
    status=1
  fi
}
deny '\bassert\(' 'user input is checked with require(), never by assert' '*.h' '*.cpp'
deny 'TODO|FIXME|XXX' 'work left undone belongs in an issue' '*.h' '*.cpp' '*.sh' '*.py' '*.md' ':!tools/lint.sh'
deny 'std::(rand|random_device|mt19937)|\bs?rand\(' 'random numbers come from core/random.h' '*.h' '*.cpp'
deny '__shared__|<<<|\basm\b' 'shared memory, launches and PTX go through kernels/gpu/gpu.h and ptx.h' '*.cu' '*.cuh'

# A vjp sees Variables only: a Tensor in it would cut off higher derivatives without a word.
if ! python3 tools/lint_vjp.py autograd/ops/*.cpp; then status=1; fi

# Layers use only those above them.
layers=(core kernels autograd nn gan)
for i in "${!layers[@]}"; do
  below=("${layers[@]:$((i + 1))}" tools bench tests)
  pattern=$(IFS='|'; echo "${below[*]}")
  deny "#include \"($pattern)/" "${layers[$i]}/ may not use the layers below it" "${layers[$i]}/"
done
exit $status
