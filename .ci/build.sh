# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash
# Sourced: configure and build one of the presets of CMakePresets.json.

# configure PRESET [CMAKE_ARGUMENT...].  Quiet unless it fails.
configure() {
  local preset=$1 log=build/$1.configure.log
  shift
  mkdir -p build
  cmake --preset "$preset" "$@" >"$log" 2>&1 || {
    cat "$log" >&2
    return 1
  }
}

# build_targets PRESET TARGET...
build_targets() {
  local preset=$1
  shift
  cmake --build "build/$preset" --target "$@"
}
