#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""service_test.py BUILD_DIRECTORY: the Debian package on a machine of its own, whose services systemd runs.

The machine is this one, seen through an overlay that takes all writes, with namespaces for everything else; so dpkg, the
maintainer scripts, the units and what they forbid are the real ones.  Needs root.
"""
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "end_to_end"))
import harness  # noqa: E402
from hosts import wait_for  # noqa: E402

BUILD = Path(sys.argv.pop(1)).resolve() if len(sys.argv) > 1 else Path("build/release").resolve()
PATIENCE = 30  # seconds for one command
SYSTEMD = "/lib/systemd/systemd"
USER = 1001
HOME = Path("/", "home", "person")  # where ProtectHome= has a say
SERVER, RELAYED = 9000, 7000  # ports of what the tests are about

# Everything up to the first process of the machine.  $1: a folder on which it may mount what it wants.
START = r"""
set -e
mount -t tmpfs tmpfs "$1"
mkdir "$1/writes" "$1/work" "$1/root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$1/writes,workdir=$1/work" "$1/root"
cd "$1/root"
mount -t proc proc proc
mount -t sysfs sysfs sys
mount -t cgroup2 cgroup2 sys/fs/cgroup
for folder in run tmp dev; do mount -t tmpfs -o mode=755 tmpfs $folder; done
chmod 1777 tmp
for device in null zero full random urandom tty; do
  touch dev/$device
  mount --bind /dev/$device dev/$device
done
mkdir -p dev/pts dev/shm host
mount -t devpts -o newinstance,ptmxmode=0666 devpts dev/pts
ln -s pts/ptmx dev/ptmx
ip link set lo up
rm -rf etc/systemd/system/* var/lib/stopd etc/cairn usr/sbin/policy-rc.d
echo machine >etc/hostname
# In a plain chroot there is no root to be moved.
pivot_root . host 2>/dev/null || true
exec chroot . env -i container=test PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
  /lib/systemd/systemd --system --unit=basic.target --log-target=console --show-status=no
"""


class Machine:
    def __init__(self, folder):
        mounts = folder / "machine"
        mounts.mkdir()
        self.log = folder / "log"
        with open(self.log, "wb") as log:
            self.outside = subprocess.Popen(
                ["unshare", "--mount", *harness.mount_propagation(), "--pid", "--net", "--uts", "--ipc", "--cgroup", "--fork", "--kill-child", "--",
                 "sh", "-c", START, "sh", str(mounts)], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        try:
            self.pid = wait_for(self._first_process, "the machine has a first process")
            wait_for(lambda: self.run("systemctl", "is-active", "basic.target", check=False) == "active\n", "it is up")
        except BaseException:
            self.close()
            raise

    def _first_process(self):
        assert self.outside.poll() is None, self.log.read_text()
        children = Path(f"/proc/{self.outside.pid}/task/{self.outside.pid}/children").read_text().split()
        is_up = children and os.readlink(f"/proc/{children[0]}/exe").endswith("/systemd")
        return int(children[0]) if is_up else None

    def run(self, *words, check=True, data=None):
        command = ["nsenter", "-t", str(self.pid), "-m", "-p", "-n", "-u", "-i", "-C", "-r", "-w", "--", "env", "-i", "LC_ALL=C.UTF-8",
                   "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", *map(str, words)]
        done = subprocess.run(command, input=data, stdin=None if data is not None else subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=PATIENCE, check=False)
        text = done.stdout.decode()
        assert not check or done.returncode == 0, f"{words}: {text}\n{self.journal() if words[0] != 'journalctl' else ''}"
        return text

    def start(self, unit, *words, properties=()):
        self.run("systemd-run", "--quiet", "--collect", f"--unit={unit}", f"--uid={USER}", *[f"--property={p}" for p in properties],
                 "--", *words)

    def copy_in(self, source, target):
        self.run("sh", "-c", f"cat >{target}", data=source.read_bytes())

    def journal(self):
        return self.run("journalctl", "-u", "stopd", "-o", "cat", "--no-pager", check=False)

    def state(self, unit):
        return self.run("systemctl", "is-active", unit, check=False).strip()

    def listens(self, port):
        return self.run("ss", "-Hltn", f"sport = :{port}").strip() != ""

    def close(self):
        self.outside.send_signal(signal.SIGKILL)
        self.outside.wait()


class ServiceTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = Path(tempfile.mkdtemp(prefix="cairn_"))
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        if os.geteuid() != 0:
            print("SKIPPED: this test needs root, for namespaces", flush=True)
            raise unittest.SkipTest("needs root")
        for program in (SYSTEMD, "unshare", "nsenter", "socat", "ss"):
            assert shutil.which(program, path=os.environ["PATH"] + ":/usr/sbin:/sbin"), f"this test needs {program}"
        made = subprocess.run(["cpack", "-G", "DEB", "-B", cls.folder], cwd=BUILD, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, check=False)
        assert made.returncode == 0, made.stdout.decode()
        cls.machine = Machine(cls.folder)
        cls.addClassCleanup(cls.machine.close)
        cls.machine.copy_in(next(cls.folder.glob("*.deb")), "/tmp/cairn.deb")
        cls.machine.run("sh", "-c", f"echo person:x:{USER}:{USER}::{HOME}:/bin/sh >>/etc/passwd")
        cls.machine.run("dpkg", "-i", "/tmp/cairn.deb")
        for unit in ("stopd.socket", "stopd.service", "stopd-ca.service"):
            assert cls.machine.state(unit) == "inactive", "the package started something by itself"
        cls.machine.start("server", "socat", f"TCP-LISTEN:{SERVER},fork,reuseaddr", "EXEC:cat")
        wait_for(lambda: cls.machine.listens(SERVER), "the server listens")

    def setUp(self):
        self.assertEqual(self.machine.state("stopd.service"), "inactive")
        self.machine.run("rm", "-rf", "/var/lib/stopd")
        self.machine.run("systemctl", "start", "stopd.socket")
        self.addCleanup(self.machine.run, "systemctl", "stop", "stopd.socket", "stopd.service")

    def connect(self, unit, *to, properties=(), address="127.0.0.1"):
        """A connection to the server by a service; its port."""
        if not to:
            to = ("EXEC:sleep 1000",)
        self.machine.start(unit, "socat", *to, f"TCP:{address}:{SERVER}", properties=properties)
        self.addCleanup(self.machine.run, "systemctl", "stop", unit)
        pid = self.machine.run("systemctl", "show", "-P", "MainPID", unit).strip()

        def look():
            found = re.search(rf":(\d+) +{address}:{SERVER} .*pid={pid},", self.machine.run("ss", "-Htnp", "state", "established"))
            return int(found[1]) if found else None
        return wait_for(look, f"{unit} is connected")

    def ask(self, port, *options):
        return self.machine.run("cairn", "token", "-q", "127.0.0.1", f"{port},{SERVER}", *options).strip()

    def saved(self, port):
        token = self.ask(port, "--type", "SV", "--about", "127.0.0.1")
        return json.loads(self.machine.run("stopd", "redeem", token, "--json"))["record"]

    def test_the_first_question_starts_it_and_a_later_one_starts_it_again(self):
        port = self.connect("client")
        record = self.saved(port)
        self.assertEqual(self.machine.state("stopd.service"), "active")
        owner = record["processes"][0]
        self.assertEqual((owner["name"], owner["user"], owner["control_group"]), ("socat", "person", "/system.slice/client.service"))
        self.assertRegex(owner["executable_sha256"], "^[0-9a-f]{64}$")
        self.assertEqual(record["host"]["name"], "machine")
        self.assertIn("systemd", [p["name"] for p in record["processes"]])
        self.machine.run("systemctl", "stop", "stopd.service")
        self.assertEqual(self.machine.state("stopd.service"), "inactive")
        self.assertEqual(self.saved(port)["processes"][0]["name"], "socat")
        self.assertIn("2 records", self.machine.run("stopd", "verify"))

    def test_it_sees_into_the_network_of_another_service(self):
        alone = ["PrivateNetwork=yes"]
        self.machine.start("hidden", "sh", "-c", f"socat TCP-LISTEN:{RELAYED} EXEC:'sleep 1000' & sleep 1; "
                           f"exec socat UNIX-LISTEN:/tmp/way TCP:127.0.0.1:{RELAYED}", properties=alone)
        self.addCleanup(self.machine.run, "systemctl", "stop", "hidden")
        wait_for(lambda: self.machine.run("sh", "-c", "test -S /tmp/way && echo yes", check=False), "the hidden service is up")
        port = self.connect("client", "UNIX:/tmp/way")
        wait_for(lambda: self.machine.run("pgrep", "-x", "sleep", check=False), "the way is through")
        record = self.saved(port)
        commands = [p.get("command_line", "") for p in record["processes"]]
        self.assertIn(f"socat TCP-LISTEN:{RELAYED} EXEC:sleep 1000", commands)

    def test_a_network_side_that_dies_is_started_again_under_the_same_service(self):
        port = self.connect("client")
        self.saved(port)
        before = self.machine.run("systemctl", "show", "-P", "MainPID", "stopd").strip()
        self.machine.run("pkill", "-KILL", "-u", "_stopd")
        wait_for(lambda: "started again" in self.machine.journal(), "the log tells")
        wait_for(lambda: self.machine.run("pgrep", "-u", "_stopd", check=False), "there is another")
        self.assertEqual(self.saved(port)["processes"][0]["name"], "socat")
        self.assertEqual(self.machine.run("systemctl", "show", "-P", "MainPID", "stopd").strip(), before)
        self.assertEqual(self.machine.state("stopd.service"), "active")

    def test_names_by_the_file_in_a_home_folder(self):
        self.machine.run("sh", "-c", f"mkdir -p {HOME} && echo 127.0.0.1 >{HOME}/.ident && "
                         f"chown -R person {HOME} && chmod 700 {HOME} && chmod 600 {HOME}/.ident")
        self.machine.run("cp", "/etc/cairn/stopd.yaml", "/tmp/stopd.yaml")
        self.addCleanup(self.machine.run, "cp", "/tmp/stopd.yaml", "/etc/cairn/stopd.yaml")
        self.machine.run("sh", "-c", "echo 'replies: {real_names: {enabled: true, hosts: [127.0.0.0/8]}}' >/etc/cairn/stopd.yaml")
        self.assertEqual(self.ask(self.connect("client"), "--type", "ID"), "person")

    def test_the_tracing_agent_works_within_what_the_unit_allows(self):
        self.assertEqual(self.machine.run("stat", "-c", "%U %a", "/var/lib/stopd-tracing").strip(), "_stoptrace 700")
        self.machine.run("cp", "/etc/cairn/stopd.yaml", "/tmp/stopd.yaml")
        self.addCleanup(self.machine.run, "cp", "/tmp/stopd.yaml", "/etc/cairn/stopd.yaml")
        self.machine.run("sh", "-c", "echo 'tracing: {enabled: true}' >/etc/cairn/stopd.yaml")
        self.addCleanup(self.machine.run, "rm", "-rf", "/etc/cairn/tracing", "/tmp/ca")
        # One by which other hosts could reach it, as a certificate must have.
        address = "192.0.2.9"
        self.machine.run("ip", "address", "replace", f"{address}/32", "dev", "lo")
        self.machine.run("sh", "-ec", f"""
            stopd ca init /tmp/ca --no-passphrase
            stopd ca request --token "$(stopd ca invite /tmp/ca machine --address {address})" >/tmp/request
            stopd ca issue /tmp/ca /tmp/request >/tmp/certificate
            stopd ca install /tmp/certificate --authorities /tmp/ca/ca.crt --revocations /tmp/ca/ca.crl""")
        port = self.connect("client", address=address)
        self.machine.run("systemctl", "start", "stopd.service")
        wait_for(lambda: self.machine.listens(4113), f"the agent listens: {self.machine.journal()}")
        self.assertEqual(len(self.machine.run("pgrep", "-u", "_stoptrace").split()), 2)  # it, and the key's keeper
        told = self.machine.run("stopd", "trace", "follow", f"{address}:{SERVER}", f"{address}:{port}", "--json", check=False)
        events = [json.loads(line) for line in told.splitlines()]
        self.assertEqual(events[-1]["event"], "trace_done", told)
        self.assertTrue(events[0]["verified"], told)
        self.assertIn("person", told)
        self.assertNotIn("cannot", self.machine.journal())

    def test_an_authority_serves_within_what_its_unit_allows(self):
        """Started as the page on certificates says, by hosts that are enrolled by it."""
        folder, passphrase = "/var/lib/stopd-ca", "/etc/cairn/ca-passphrase"
        self.addCleanup(self.machine.run, "rm", "-rf", folder, passphrase, "/tmp/root-ca", "/tmp/host")
        self.machine.run("systemctl", "start", "stopd-ca.service")
        self.assertEqual(self.machine.state("stopd-ca.service"), "inactive")  # there is no authority yet
        self.machine.run("sh", "-ec", f"""
            umask 077
            echo correct horse battery >{passphrase}
            stopd ca init /tmp/root-ca --no-passphrase
            stopd ca intermediate /tmp/root-ca {folder} --new-passphrase-file {passphrase}
            chown -R _stopca:_stopca {folder}""")
        self.machine.run("systemctl", "start", "stopd-ca.service")
        self.addCleanup(self.machine.run, "systemctl", "stop", "stopd-ca.service")
        wait_for(lambda: self.machine.listens(4114), "the service listens")
        self.machine.run("sh", "-ec", f"""
            token=$(runuser -u _stopca -- stopd ca invite {folder} machine --address 192.0.2.9)
            stopd ca request --token "$token" --folder /tmp/host --from 127.0.0.1:4114
            runuser -u _stopca -- stopd ca crl {folder} --passphrase-file - <{passphrase}
            stopd ca request --renew --folder /tmp/host --from 127.0.0.1:4114
            cmp /tmp/host/ca.crl {folder}/ca.crl""")
        pid = self.machine.run("systemctl", "show", "-P", "MainPID", "stopd-ca").strip()
        status = self.machine.run("cat", f"/proc/{pid}/status")
        self.assertIn("Seccomp:\t2", status)
        self.assertRegex(status, r"CapBnd:\t0+\n")
        journal = self.machine.run("journalctl", "-u", "stopd-ca", "-o", "cat", "--no-pager")
        self.assertIn("a certificate was issued", journal)
        self.assertNotIn("cannot", journal)
        # A fault of it makes it start again.
        self.machine.run("systemctl", "kill", "-s", "KILL", "stopd-ca")
        wait_for(lambda: self.machine.listens(4114), "the service listens again")

    def test_counters_at_a_signal_and_at_the_end(self):
        self.saved(self.connect("client"))
        counters = r"requests=1\b"
        self.machine.run("systemctl", "kill", "-s", "USR1", "--kill-who=main", "stopd")
        wait_for(lambda: re.search(counters, self.machine.journal()), "the log has the counters")

    def test_it_is_confined_and_says_that_it_is_alive(self):
        self.saved(self.connect("client"))
        self.assertNotIn("could write to all files", self.machine.journal())
        self.assertEqual(self.machine.run("systemctl", "show", "-P", "WatchdogUSec", "stopd").strip(), "1min")
        self.assertEqual(self.machine.run("systemctl", "show", "-P", "MemoryMax", "stopd").strip(), str(1 << 30))

        def alive():
            return int(self.machine.run("systemctl", "show", "-P", "WatchdogTimestampMonotonic", "stopd"))
        first = alive()
        wait_for(lambda: alive() > first, "it has told again that it is alive")

    def test_it_starts_with_the_machine_without_the_socket_unit(self):
        self.machine.run("systemctl", "stop", "stopd.socket")
        self.assertFalse(self.machine.listens(113))
        self.machine.run("systemctl", "start", "stopd.service")
        self.assertTrue(self.machine.listens(113))
        self.assertEqual(self.saved(self.connect("client"))["processes"][0]["name"], "socat")

    def test_an_upgrade_restarts_it_and_a_removal_ends_it(self):
        port = self.connect("client")
        self.saved(port)
        before = self.machine.run("systemctl", "show", "-P", "MainPID", "stopd").strip()
        self.machine.run("dpkg", "-i", "/tmp/cairn.deb")
        self.assertNotEqual(self.machine.run("systemctl", "show", "-P", "MainPID", "stopd").strip(), before)
        self.assertEqual(self.saved(port)["processes"][0]["name"], "socat")
        self.addCleanup(self.machine.run, "dpkg", "-i", "/tmp/cairn.deb")
        self.machine.run("dpkg", "-r", "cairn")
        self.assertFalse(self.machine.listens(113))
        self.assertEqual(self.machine.run("ls", "/var/lib/stopd/records").count(".json"), 2)


if __name__ == "__main__":
    unittest.main(verbosity=2)
