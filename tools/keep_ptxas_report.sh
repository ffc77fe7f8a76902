#!/usr/bin/env bash
# Runs a compiler and keeps what ptxas says of each kernel's registers, stack and spills in a file beside the object:
# kernel.cu.o.ptxas for kernel.cu.o. tools/check_spills.py reads those. Everything else passes by.
# usage: keep_ptxas_report.sh COMPILER ARGUMENTS... -o OBJECT ...
set -uo pipefail
object=''
for ((i = 1; i < $#; ++i)); do
  if [ "${!i}" = -o ]; then
    next=$((i + 1))
    object=${!next}
  fi
done
said=$(mktemp)
trap 'rm -f "$said"' EXIT
status=0
"$@" 2>"$said" || status=$?
report='^ptxas (info )? *:|bytes stack frame|^    [0-9]+ bytes'
[ -z "$object" ] || grep -E "$report" "$said" >"$object.ptxas"
grep -vE "$report" "$said" >&2
exit $status
