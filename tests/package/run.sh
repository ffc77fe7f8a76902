#!/usr/bin/env bash
# Installs the build into an empty folder and builds against nothing else: the README's example, and a file that
# includes every header, which would show one that was left behind.
# usage: run.sh SOURCE_DIR BUILD_DIR [cmake options]
set -euo pipefail
source_dir=$1 build_dir=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cmake --install "$build_dir" --prefix "$work/prefix" >/dev/null
sed -n '/^```cpp$/,/^```$/{//!p}' "$source_dir/README.md" >"$work/example.cpp"
[ -s "$work/example.cpp" ] || { echo "README.md has no C++ example" >&2; exit 1; }
(cd "$work/prefix/include" && find saddle -name '*.h' | sort | sed 's/.*/#include <&>/') >"$work/headers.cpp"

cmake -S "$source_dir/tests/package" -B "$work/build" -DCMAKE_PREFIX_PATH="$work/prefix" \
  -DEXAMPLE_SOURCES="$work/example.cpp;$work/headers.cpp" "${@:3}" >/dev/null
cmake --build "$work/build"
"$work/build/example"
"$work/prefix/bin/gan-train" --version
