#!/usr/bin/env bash
# Copies the third-party headers and libraries that a build needs from this Debian's installed packages into a folder,
# for a machine that has a compiler and CMake but no packages: bench/gpu-report.sh --headers takes it.
# usage: collect-headers.sh DIR     DIR must be new or empty
set -euo pipefail
[ $# = 1 ] || { sed -n '2,4s/^# //p' "$0" >&2; exit 2; }
target=$1
[ ! -e "$target" ] || [ -z "$(ls -A "$target")" ] || { echo "collect-headers: $target is not empty" >&2; exit 2; }

# Those that CMakeLists.txt, bench/ and tests/ ask for; the libraries behind the links of some; and pkg-config itself.
packages=(catch2 libcli11-dev libeigen3-dev libhwy-dev libstb-dev libtomlplusplus-dev nlohmann-json3-dev zlib1g-dev
  libhwy1 libtomlplusplus3 zlib1g pkgconf pkgconf-bin libpkgconf3)
for package in "${packages[@]}"; do
  dpkg-query -W "$package" >/dev/null 2>&1 || { echo "collect-headers: $package is not installed" >&2; exit 1; }
  dpkg -L "$package"
done | grep -E '/(include|lib|cmake|pkgconfig)/|/bin/.*pkg' | grep -vE '/(doc|man)/' | while read -r path; do
  if [ -f "$path" ] || [ -L "$path" ]; then echo "$path"; fi
done | sort -u | tar -C / --files-from <(sed 's|^/||') -cf - | { mkdir -p "$target" && tar -C "$target" -xf -; }

# Debian keeps some shared libraries in /lib, which is /usr/lib. One root here, as there.
if [ -d "$target/lib" ]; then
  cp -a "$target/lib/." "$target/usr/lib/"
  rm -r "${target:?}/lib"
fi

# Links between files of here stay in here, and those to libraries that are not needed go.
find "$target" -type l -lname '/*' | while read -r link; do
  ln -sfn "$(basename "$(readlink "$link")")" "$link"
done
find "$target" -xtype l -delete

# pkg-config from in here, that knows only what lies in here, under whatever path the folder is then.
mkdir -p "$target/bin"
cat >"$target/bin/pkg-config" <<'WRAPPER'
#!/bin/sh
root=$(CDPATH= cd -- "$(dirname -- "$0")/.." && pwd)
export PKG_CONFIG_SYSROOT_DIR="$root" PKG_CONFIG_ALLOW_SYSTEM_CFLAGS=1 PKG_CONFIG_ALLOW_SYSTEM_LIBS=1
PKG_CONFIG_LIBDIR=$(echo "$root"/usr/lib/*-linux-gnu/pkgconfig):$root/usr/share/pkgconfig
export PKG_CONFIG_LIBDIR
LD_LIBRARY_PATH=$(echo "$root"/usr/lib/*-linux-gnu)${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH} exec "$root/usr/bin/pkgconf" "$@"
WRAPPER
chmod +x "$target/bin/pkg-config"
echo "collect-headers: $(find "$target" -type f | wc -l) files, $(du -sm "$target" | cut -f1) MiB in $target"
