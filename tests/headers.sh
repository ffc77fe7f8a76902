#!/usr/bin/env bash
# What bench/collect-headers.sh collects is enough to configure with, and nothing of the system's is taken instead.
# usage: headers.sh SOURCE_DIR [cmake options]
set -euo pipefail
source_dir=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

"$source_dir/bench/collect-headers.sh" "$work/collected"
mv "$work/collected" "$work/headers"  # it may be moved

astray=$(find "$work/headers" -xtype l -o -type l -lname '/*')
[ -z "$astray" ] || { echo "headers: links that lead out or nowhere: $astray"; exit 1; }

# The folders in which CMake finds packages by itself are hidden; CMake still finds the compiler.
cmake -S "$source_dir" -B "$work/build" -DCMAKE_PREFIX_PATH="$work/headers/usr" -DCMAKE_FIND_USE_CMAKE_SYSTEM_PATH=OFF \
  -DPKG_CONFIG_EXECUTABLE="$work/headers/bin/pkg-config" -DSADDLE_CUDA=OFF "${@:2}" >"$work/log" ||
  { cat "$work/log"; exit 1; }

for entry in CLI11_DIR Catch2_DIR Eigen3_DIR nlohmann_json_DIR tomlplusplus_DIR STB_INCLUDE_DIR ZLIB_INCLUDE_DIR \
  ZLIB_LIBRARY_RELEASE HWY_INCLUDEDIR pkgcfg_lib_HWY_hwy; do
  value=$(sed -n "s/^$entry:[A-Z]*=//p" "$work/build/CMakeCache.txt")
  [[ $value == "$work/headers/"* ]] || { echo "headers: $entry is '$value', not of the collected"; exit 1; }
done

# What is collected compiles, too: each library's main header, with the folder in front of the system's.
cat >"$work/all.cpp" <<'SOURCE'
#include <zlib.h>

#include <CLI/CLI.hpp>
#include <Eigen/QR>
#include <catch2/catch.hpp>
#include <hwy/highway.h>
#include <nlohmann/json.hpp>
#include <stb/stb_image.h>
#include <toml++/toml.h>
SOURCE
"${CXX:-c++}" -std=c++20 -fsyntax-only -M -isystem "$work/headers/usr/include" -isystem "$work/headers/usr/include/eigen3" \
  "$work/all.cpp" >"$work/used"
for header in zlib.h CLI/CLI.hpp Eigen/QR catch2/catch.hpp hwy/highway.h nlohmann/json.hpp stb/stb_image.h toml++/toml.h; do
  grep -q "$work/headers/usr/include/\(eigen3/\)\?$header" "$work/used" || { echo "headers: $header is the system's"; exit 1; }
done
