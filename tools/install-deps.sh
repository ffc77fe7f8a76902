#!/usr/bin/env bash
# Installs the Debian packages that building and testing Saddle takes; asks for nothing that is already there.
# usage: install-deps.sh [package ...]    more packages to install beside them
set -euo pipefail

packages=(g++ cmake ninja-build pkg-config catch2 libcli11-dev libeigen3-dev libhwy-dev libstb-dev
  libtomlplusplus-dev nlohmann-json3-dev zlib1g-dev "$@")

missing=()
for package in "${packages[@]}"; do
  [ "$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0

run=()
if [ "$(id -u)" != 0 ]; then
  command -v sudo >/dev/null || {
    echo "install-deps.sh: needs root (or sudo) to install: ${missing[*]}" >&2
    exit 1
  }
  run=(sudo)
fi
"${run[@]}" apt-get update -q
"${run[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${missing[@]}"
