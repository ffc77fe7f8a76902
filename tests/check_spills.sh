#!/usr/bin/env bash
# tools/keep_ptxas_report.sh and tools/check_spills.py on a compiler that says what nvcc would.
# usage: check_spills.sh SOURCE_DIR PYTHON
set -euo pipefail
keep=$1/tools/keep_ptxas_report.sh
check=("$2" "$1/tools/check_spills.py")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
fail() { echo "check_spills.sh: $*"; exit 1; }

# kernel NAME STACK STORES: what ptxas says of one.
kernel() {
  printf "ptxas info    : Compiling entry function '%s' for 'sm_90'\n" "$1"
  printf 'ptxas info    : Function properties for %s\n    %s bytes stack frame, %s bytes spill stores, 0 bytes spill loads\n' \
    "$1" "$2" "$3"
  echo 'ptxas info    : Used 40 registers, used 1 barriers'
}
cat >compiler <<'COMPILER'
#!/bin/sh
cat says >&2
echo 'warning: mind this' >&2
exit 3
COMPILER
chmod +x compiler
f32=_Z1kIfEvPT_ f64=_Z1kIdEvPT_ mixed=_Z1kIfdEvPT_PT0_  # k<float>, k<double>, k<float, double>

# judge STATUS: the check's exit code for what `says` holds.
judge() {
  local status=0
  "$keep" "$work/compiler" -c k.cu -o k.cu.o 2>passed_by || status=$?
  [ $status = 3 ] || fail "the compiler's exit code became $status"
  [ "$(cat passed_by)" = 'warning: mind this' ] || fail "what is no report became: $(cat passed_by)"
  status=0
  "${check[@]}" k.cu.o >log || status=$?
  [ $status = "$1" ] || fail "exit code $status instead of $1: $(cat log) for: $(cat says)"
}
{ kernel $f32 0 0; kernel $f64 16 0; } >says && judge 0
{ kernel $f64 0 0; kernel $f32 0 4; } >says && judge 1
kernel $f32 8 0 >says && judge 1
kernel $mixed 8 0 >says && judge 1
: >says && judge 1
echo 'ptxas info    : 0 bytes gmem' >says && judge 1
rm k.cu.o.ptxas
"${check[@]}" k.cu.o >log && fail "a report that is missing is not missed"
exit 0
