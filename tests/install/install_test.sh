#!/usr/bin/env bash
# usage: install_test.sh SOURCE BUILD   (BUILD has the libraries; nothing of Leat is compiled here)
#
# Installs BUILD into a temporary folder and builds examples/word_count.cc against it, far from the tree; runs it; and
# configures the same program with the sources as a sub-project.
set -euo pipefail
source=$(realpath "$1") build=$(realpath "$2")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cmake --install "$build" --prefix "$work/prefix" >/dev/null
mkdir -p "$work/src/examples"
cp "$source"/examples/word_count.{h,cc} "$work/src/examples"
cp "$source/tests/install/app/CMakeLists.txt" "$work/src"
type=$(grep '^CMAKE_BUILD_TYPE:' "$build/CMakeCache.txt" | cut -d= -f2)
sanitize=$(grep '^LEAT_SANITIZE:' "$build/CMakeCache.txt" | cut -d= -f2)
options=(-G Ninja -DCMAKE_BUILD_TYPE="$type" -DWORD_COUNT=examples/word_count.cc -DWORD_COUNT_INCLUDES="$work/src"
         -DCMAKE_CXX_COMPILER="$(grep '^CMAKE_CXX_COMPILER:' "$build/CMakeCache.txt" | cut -d= -f2)"
         -DCMAKE_CXX_FLAGS="${sanitize:+-fsanitize=$sanitize}")

echo "== find_package"
cmake -S "$work/src" -B "$work/installed" "${options[@]}" -DCMAKE_PREFIX_PATH="$work/prefix" >"$work/log" 2>&1 ||
  { cat "$work/log"; exit 1; }
cmake --build "$work/installed" >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }
if grep -rq "$source" "$work/prefix/lib"/*/cmake "$work/prefix/lib/cmake" 2>/dev/null; then
  echo "the package names the source tree:"; grep -rn "$source" "$work/prefix"/lib*; exit 1
fi
"$work/installed/my_app" describe | grep -q "Topologies:"

echo "== add_subdirectory"
cmake -S "$work/src" -B "$work/nested" "${options[@]}" -DLEAT_SOURCE="$source" -DCMAKE_EXPORT_COMPILE_COMMANDS=ON \
  >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }
ninja -C "$work/nested" -t query my_app >/dev/null
if ninja -C "$work/nested" -t targets all | grep -qE '_(test|bench|fuzz_loop): '; then
  echo "as a sub-project Leat builds its tests"; exit 1
fi
echo "ok"
