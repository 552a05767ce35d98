#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# package_test.sh BUILD_DIRECTORY VERSION: makes the Debian package, installs it with dpkg into an empty root, runs what
# it installed, and removes it.
set -euo pipefail
readonly build=$1 version=$2
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
readonly root=$scratch/root

fail() {
  echo "FAILED: $*" >&2
  exit 1
}

# dpkg looks for its helpers here even when no maintainer script needs them.
export PATH=$PATH:/usr/sbin:/sbin
# It knows the other packages only by name, and would say so of each.
dpkg_in_root() {
  dpkg --root="$root" --force-not-root --force-script-chrootless --log=/dev/null "$@" 2>&1 | sed '/files list file for package .* missing/d'
}

(cd "$build" && cpack -G DEB -B "$scratch" >"$scratch/cpack.log" 2>&1) || {
  cat "$scratch/cpack.log"
  fail "cpack"
}
debs=("$scratch"/cairn_"$version"*.deb)
[[ ${#debs[@]} == 1 && -s ${debs[0]} ]] || fail "no package of version $version: $(ls "$scratch")"

# The empty root knows this system's packages, so that dpkg really checks the dependencies.
mkdir -p "$root"/var/lib/dpkg/{info,updates,triggers}
cp /var/lib/dpkg/status "$root/var/lib/dpkg/status"
dpkg_in_root --install "${debs[0]}"

doc=usr/share/doc/cairn
for file in usr/bin/cairn usr/bin/cairn-lab usr/bin/cairn-traces etc/cairn/cairn.yaml usr/share/man/man1/cairn.1.gz \
  usr/share/man/man1/cairn-lab.1.gz usr/share/man/man1/cairn-traces.1.gz usr/share/man/man5/cairn.yaml.5.gz usr/share/man/man5/stopd.yaml.5.gz \
  $doc/copyright $doc/changelog.gz $doc/README.md $doc/docs/policy.md $doc/examples/example-site.yaml \
  usr/share/bash-completion/completions/cairn usr/share/bash-completion/completions/cairn-lab usr/sbin/stopd etc/cairn/stopd.yaml \
  usr/share/man/man8/stopd.8.gz usr/share/bash-completion/completions/stopd usr/lib/systemd/system/stopd.service \
  usr/lib/systemd/system/stopd.socket usr/lib/systemd/system/stopd-ca.service usr/lib/sysusers.d/stopd.conf \
  usr/lib/tmpfiles.d/stopd.conf; do
  [[ -s $root/$file ]] || fail "$file is not installed"
done
for path in docs/*.md docs/*.schema.json traces/README.md traces/*.gz; do
  cmp "$path" "$root/$doc/$path" || fail "$path is not in the package"
done
for path in docs/*.schema.json; do
  cmp "$path" "$root/usr/share/cairn/schemas/${path##*/}" || fail "the schema ${path##*/} is not in the package"
done
gzip -dc "$root/$doc/changelog.gz" | head -n 1 | grep -q -F "cairn ($version)" || fail "the changelog is of another version"

# What Debian asks of a package.  Continuous integration has the tool.
if command -v lintian >/dev/null; then
  lintian --fail-on error,warning --display-info --tag-display-limit 0 "${debs[0]}" >"$scratch/lintian" 2>&1 || {
    cat "$scratch/lintian"
    fail "lintian"
  }
  if grep ' hardening-' "$scratch/lintian"; then fail "the programs are less protected than the compiler can"; fi
elif [[ ${CI:-} == true ]]; then
  fail "lintian is not installed"
fi
for library in libpcap libyaml-cpp libfmt libsqlite3 libc6 libseccomp libsystemd libbpf adduser; do
  dpkg-deb --field "${debs[0]}" Depends | grep -q "$library" || fail "no dependency on $library"
done
for program in "$root"/usr/bin/cairn{,-lab,-traces} "$root/usr/sbin/stopd"; do
  if grep -q -a -F "$PWD" "$program"; then fail "$program holds the path of its build"; fi
done

cairn=$root/usr/bin/cairn
[[ $("$cairn" --version) == *"$version"* ]] || fail "cairn --version: $("$cairn" --version)"
"$cairn" config check "$root/etc/cairn/cairn.yaml" || fail "the default configuration"
"$cairn" replay "$root/$doc/traces/demo.pcap.gz" --config "$root/etc/cairn/cairn.yaml" --protect 10.10.0.0/16 --format json \
  >"$scratch/alerts" 2>"$scratch/summary" || fail "replay: $(cat "$scratch/summary")"
grep -q '"event":"stepping_stone"' "$scratch/alerts" || fail "no alert on the demo trace"

man_page=$(gzip -dc "$root/usr/share/man/man1/cairn.1.gz" | sed 's/\\-/-/g')
for command in replay watch relays sessions policy config; do
  "$cairn" "$command" --help >/dev/null || fail "cairn $command --help"
  [[ $man_page == *"$command"* ]] || fail "the manual page does not tell of $command"
done
"$cairn" config check "$root/$doc/examples/example-site.yaml" || fail "the example of a configuration"
"$root/usr/bin/cairn-traces" generate --preset small --packets 1000 --out "$scratch/small.pcap" 2>/dev/null ||
  fail "cairn-traces generate"
man_page=$(gzip -dc "$root/usr/share/man/man1/cairn-traces.1.gz" | sed 's/\\-/-/g')
for command in generate cut truth forge; do
  "$root/usr/bin/cairn-traces" "$command" --help >/dev/null || fail "cairn-traces $command --help"
  [[ $man_page == *".B cairn-traces $command"* ]] || fail "the manual page does not tell of cairn-traces $command"
done
"$root/usr/bin/cairn-lab" score "$root/$doc/traces/demo.pcap.gz" --no-config >"$scratch/score" 2>&1 ||
  fail "cairn-lab score: $(cat "$scratch/score")"
man_page=$(gzip -dc "$root/usr/share/man/man1/cairn-lab.1.gz" | sed 's/\\-/-/g')
for command in score protocol calibration relays; do
  "$root/usr/bin/cairn-lab" "$command" --help >/dev/null || fail "cairn-lab $command --help"
  [[ $man_page == *".B cairn-lab $command"* ]] || fail "the manual page does not tell of cairn-lab $command"
done
# shellcheck disable=SC1090,SC1091
(source "$root/usr/share/bash-completion/completions/cairn" && complete -p cairn >/dev/null) || fail "completion"
# shellcheck disable=SC1090,SC1091
(source "$root/usr/share/bash-completion/completions/cairn-lab" && complete -p cairn-lab >/dev/null) || fail "completion of cairn-lab"

# stopd: its user, its units, which nothing starts by itself, and its command line.
stopd=$root/usr/sbin/stopd
[[ $("$stopd" --version) == *"$version"* ]] || fail "stopd --version: $("$stopd" --version)"
"$stopd" config check "$root/etc/cairn/stopd.yaml" || fail "the default configuration of stopd"
users=$("$stopd" config show -c "$root/etc/cairn/stopd.yaml" | sed -n 's/^  user: //p')
[[ $(wc -w <<<"$users") == 2 ]] || fail "the users of stopd are: $users"
if command -v systemd-sysusers >/dev/null; then
  for user in $users _stopca; do
    grep -q "^$user:" "$root/etc/passwd" || fail "there is no user '$user' for stopd"
  done
fi
[[ -z $(find "$root/etc" -name 'stopd*.s*') ]] || fail "a unit of stopd is enabled"
if command -v systemd-analyze >/dev/null; then
  mkdir "$scratch/units"
  for unit in stopd.service stopd-ca.service; do
    sed "s|/usr/sbin/stopd|$stopd|" "$root/usr/lib/systemd/system/$unit" >"$scratch/units/$unit"
  done
  cp "$root/usr/lib/systemd/system/stopd.socket" "$scratch/units/"
  complaints=$(systemd-analyze --man=no verify "$scratch"/units/stopd{.service,.socket,-ca.service} 2>&1) || true
  # Of units of this machine's own it may complain, too.
  if grep -F stopd <<<"$complaints"; then fail "systemd-analyze verify"; fi
fi
man_page=$(gzip -dc "$root/usr/share/man/man8/stopd.8.gz" | sed 's/\\-/-/g')
for command in run redeem list verify config; do
  "$stopd" "$command" --help >/dev/null || fail "stopd $command --help"
  [[ $man_page == *"$command"* ]] || fail "the manual page does not tell of $command"
done
# shellcheck disable=SC1090,SC1091
(source "$root/usr/share/bash-completion/completions/stopd" && complete -p stopd >/dev/null) || fail "completion of stopd"
mkdir -p "$root/var/lib/stopd"
echo evidence >"$root/var/lib/stopd/record"
mkdir -p "$root/var/lib/stopd-tracing" "$root/var/lib/stopd-ca" "$root/etc/cairn/tracing"
echo evidence >"$root/var/lib/stopd-tracing/chain"
echo secret >"$root/etc/cairn/tracing/host.key"
echo secret >"$root/var/lib/stopd-ca/ca-1.key"

dpkg_in_root --remove cairn
[[ ! -e $cairn && -e $root/etc/cairn/cairn.yaml ]] || fail "remove must keep the configuration and nothing else"
[[ ! -e $stopd && -e $root/etc/cairn/stopd.yaml ]] || fail "remove must keep the configuration of stopd"
dpkg_in_root --purge cairn
[[ $(find "$root/etc/cairn" -type f) == "$root/etc/cairn/tracing/host.key" ]] || fail "purge left the configuration, or took a key with it"
[[ -e $root/var/lib/stopd/record && -e $root/var/lib/stopd-tracing/chain ]] || fail "purge took records with it"
[[ -e $root/var/lib/stopd-ca/ca-1.key ]] || fail "purge took an authority with it"
echo "passed"
