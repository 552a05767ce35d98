#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# cairn config as a user calls it.  Usage: config_command_test.sh CAIRN SOURCE_DIR
set -eu
export CAIRN_CONFIG=  # what the machine has in /etc/cairn decides nothing here
cairn=$1
source=$2
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT

fail() {
  echo "FAILED: $1"
  exit 1
}

# expect CODE ARGUMENT...: runs cairn, output in $work/out and $work/err.
expect() {
  wanted=$1
  shift
  got=0
  "$cairn" "$@" >"$work/out" 2>"$work/err" || got=$?
  [ "$got" -eq "$wanted" ] || fail "cairn $*: exit $got, not $wanted: $(cat "$work/err")"
}

told() {
  grep -qF -- "$2" "$work/$1" || fail "std$1 does not hold '$2' but: $(cat "$work/$1")"
}

expect 0 config default
cmp "$work/out" "$source/config/cairn.yaml"
expect 0 config reference
cmp "$work/out" "$source/docs/configuration.md"
expect 0 config manual
cmp "$work/out" "$source/docs/cairn.yaml.5"

expect 0 config check "$source/config/cairn.yaml" "$source/config/example-site.yaml"
told out "example-site.yaml: no fault found"
printf 'timing:\n  direct:\n    min_ration: 0.5\n' >"$work/bad.yaml"
expect 2 config check "$source/config/cairn.yaml" "$work/bad.yaml"
told err "bad.yaml:3:5: unknown key 'timing.direct.min_ration'; the nearest known key is timing.direct.min_ratio"
told out "cairn.yaml: no fault found"
printf 'policy:\n  allow:\n    - name: a\n      middle: 192.0.2.1\n' >"$work/former.yaml"
expect 0 config check "$work/former.yaml"
told err "former.yaml:4:7: warning: policy.allow[1]: 'middle' is the former name of stone_hosts: write stone_hosts"
told out "former.yaml: no fault found"
expect 2 config check "$work/missing.yaml"
told err "No such file or directory"
expect 0 config check
told out "the defaults are used"
CAIRN_CONFIG="$work/bad.yaml" expect 2 config check
told err "bad.yaml:3:5"
CAIRN_CONFIG=
printf 'capture: {filter: "tcp prot 22"}\n' >"$work/filter.yaml"
expect 2 config check "$work/filter.yaml"
told err "filter.yaml: capture.filter: the capture filter 'tcp prot 22' is not valid"
expect 2 config

expect 0 config show
cp "$work/out" "$work/defaults.yaml"
expect 0 config show --config "$work/defaults.yaml"
cmp "$work/out" "$work/defaults.yaml"
expect 0 config show --set coincidence_window=40ms --protect 192.0.2.0/24
told out "coincidence_window: 40ms"
told out "protected_networks: [192.0.2.0/24]"
expect 2 config show --set coincidence_window=700ms
told err "is not shorter than"
expect 2 config show --set nonsense=1
told err "unknown key 'nonsense'"
expect 2 config show --config "$work/bad.yaml"

[ -w /dev/full ] && {
  got=0
  "$cairn" config default >/dev/full 2>/dev/null || got=$?
  [ "$got" -eq 1 ] || fail "a full disk: exit $got, not 1"
}
echo "cairn config: all as expected"
