#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# ./dev test [everything]: builds each preset and runs its tests; all presets run, and one line sums them up.
#
# Each test runs where it shows most: those of the parts under sanitizers; those of the programs as users have them,
# the few in which somebody hostile speaks under sanitizers as well.  `everything` runs each test in each build.
set -euo pipefail
. .ci/build.sh

passed=0
failed=0

# test_preset PRESET TARGET [CTEST_ARGUMENT...]: adds a line to the summary.
test_preset() {
  local preset=$1 target=$2 log=build/$1.test.log counts start=$SECONDS built
  shift 2
  echo "== Tests, $preset: build"
  configure "$preset" -DCAIRN_TESTS=ON
  build_targets "$preset" "$target"
  built=$SECONDS
  echo "== Tests, $preset: run"
  ctest --preset "$preset" -j "$jobs" --no-tests=error "$@" 2>&1 | tee "$log" || true
  # "98% tests passed, 2 tests failed out of 100"; without this line ctest itself broke down.
  counts=$(sed -n 's/^[0-9]*% tests passed, \([0-9]*\) tests* failed out of \([0-9]*\)$/\1 \2/p' "$log")
  read -r broken all <<<"${counts:-1 1}"
  skipped=$(grep -c '\*\*\*Skipped' "$log") || true
  summary+=("$preset: $((all - broken - skipped)) passed, $broken failed, $skipped skipped; built in $((built - start)) s, run in $((SECONDS - built)) s")
  # What a case leaves out on this machine, it says.
  mapfile -t -O ${#summary[@]} summary < <(
    sed -n 's/^ *\(SKIPPED: .*\)/  \1/p' "build/$preset/Testing/Temporary/LastTest.log" | sort -u)
  passed=$((passed + all - broken - skipped))
  failed=$((failed + broken))
  # Continuous integration runs as root with every package: nothing has a reason to be skipped there.
  if [[ ${CI:-} == true && $EUID == 0 ]]; then failed=$((failed + skipped)); fi
}

case ${1:-} in
  "") in_release=(-L optimised) in_asan=(-LE release_only) release_target=optimised ;;
  everything) in_release=() in_asan=() release_target=all ;;
  *)
    echo "usage: ./dev test [everything]" >&2
    exit 2
    ;;
esac
# Tests of programs wait for them most of the time.
jobs=$(($(nproc) + 1))

summary=()
test_preset release "$release_target" "${in_release[@]}"
test_preset asan all "${in_asan[@]}"
# ThreadSanitizer sees nothing in tests that start no thread; these are the ones that do.
test_preset tsan threaded -L threads
printf '\n'
printf '%s\n' "${summary[@]}"
echo "$passed passed, $failed failed"
((failed == 0))
