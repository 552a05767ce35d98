# SPDX-License-Identifier: BSD-3-Clause
"""Hosts for end-to-end tests: each has its own network, processes, mounts, name and users, on this machine.

Those inside (10.10.0.0/24) and those outside (172.16.0.0/24) reach each other through a router, whose interface `outside`
is the border link.  Needs root.
"""
import json
import os
import re
import shutil
import signal
import subprocess
import time
from pathlib import Path

import harness
from guard import Guard

STOPD = os.path.abspath(os.environ.get("STOPD", "build/bin/stopd"))
STOPD_IS_READY = "listening on "  # begins the line that it logs when it serves
CAIRN = os.path.abspath(harness.CAIRN)
PATIENCE = 60  # seconds for anything to happen
USERS = {"root": 0, "www-data": 33, "nobody": 65534, "sshd": 101, "_stopd": 102, "_stoptrace": 103, "alice": 1001, "bob": 1002}
TOOLS = {"ip": "iproute2", "nsenter": "util-linux", "unshare": "util-linux", "ss": "iproute2"}


def have(*programs):
    path = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
    return all(shutil.which(program, path=path) for program in programs)


def ip(*words, netns=None):
    command = ["ip", *(["-n", netns] if netns else []), *map(str, words)]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    assert done.returncode == 0, f"{command}: {done.stdout.decode()}"


def wait_for(look, what, patience=PATIENCE):
    """What `look` returns as soon as it is true.  `what`: the text of the fault, or what makes it when it is needed."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        found = look()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError(f"not within {patience} s: {what() if callable(what) else what}")


class Host:
    """One host; its processes see no others."""

    def __init__(self, network, name, address):
        self.network, self.name, self.address = network, name, address
        self.netns = f"{network.prefix}{name}"
        self.folder = network.folder / name
        self.folder.mkdir()
        self.processes = []
        self.environment = {}  # of all that is started from now on, beside what users have
        ip("netns", "add", self.netns)
        gateway, bridge = network.side_of(address)
        outer = f"v{network.number}{name}"
        ip("link", "add", outer, "netns", network.router, "type", "veth", "peer", "name", "eth0", "netns", self.netns)
        ip("link", "set", outer, "master", bridge, "up", netns=network.router)
        ip("link", "set", "lo", "up", netns=self.netns)
        ip("addr", "add", f"{address}/24", "dev", "eth0", netns=self.netns)
        ip("link", "set", "eth0", "up", netns=self.netns)
        ip("route", "add", "default", "via", gateway, netns=self.netns)
        self.log = self.folder / "log"
        self._start_init()

    def _start_init(self):
        setup = " && ".join([
            f"hostname {self.name}", "mount -t tmpfs run /run", "mkdir -p -m 0755 /run/sshd",
            "mkdir -m 1777 /run/screen", "touch /run/utmp",
            *[f"mount --bind {self.network.folder}/{file} /etc/{file}" for file in ("passwd", "shadow", "group")],
            f"touch {self.folder}/up", "exec sleep 3600"])
        self.init = subprocess.Popen(
            ["ip", "netns", "exec", self.netns, "unshare", "--pid", "--fork", "--kill-child", "--mount-proc", "--uts",
             "sh", "-c", setup], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        try:
            wait_for((self.folder / "up").exists, f"{self.name} is up")
        except AssertionError:
            self.init.kill()
            raise AssertionError(self.init.stderr.read().decode()) from None
        children = Path(f"/proc/{self.init.pid}/task/{self.init.pid}/children").read_text().split()
        self.pid = int(children[0])

    def command(self, words, user="root"):
        """The command that runs `words` on this host."""
        as_user = [] if user == "root" else ["setpriv", f"--reuid={USERS[user]}", f"--regid={USERS[user]}", "--clear-groups"]
        home = self.network.home(user)
        return ["nsenter", "-t", str(self.pid), "-m", "-u", "-n", "-p", "-r", "--", *as_user, "env", "-i", f"HOME={home}",
                f"USER={user}", f"TMUX_TMPDIR={home}", "TERM=xterm", "LC_ALL=C.UTF-8", "SHELL=/bin/bash",
                "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                *(f"{name}={value}" for name, value in self.environment.items()), *map(str, words)]

    def run(self, *words, user="root", patience=harness.TIMEOUT, data=None):
        done = subprocess.run(self.command(words, user), input=data, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              stdin=None if data is not None else subprocess.DEVNULL, timeout=patience, check=False)
        return harness.Run(done.returncode, done.stdout.decode(), done.stderr.decode())

    def start(self, *words, user="root", log=None, **options):
        options.setdefault("stdin", subprocess.DEVNULL)
        options.setdefault("stdout", subprocess.DEVNULL)
        with open(log or self.log, "ab") as errors:
            process = subprocess.Popen(self.command(words, user), stderr=errors, start_new_session=True, **options)
        self.processes.append(process)
        return process

    def listens(self, port):
        return self.run("ss", "-Hltn", f"sport = :{port}").out.strip() != ""

    def has_accepted(self, port):
        """Whether a process has a connection to this port."""
        return "users:" in self.run("ss", "-Htnp", "state", "established", f"sport = :{port}").out

    def await_port(self, port):
        wait_for(lambda: self.listens(port), f"{self.name} listens on {port}; its log: {self.log_text()[-800:]}")

    def log_text(self):
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def start_sshd(self):
        self.start("/usr/sbin/sshd", "-D", "-e", "-f", self.network.folder / "sshd_config")
        self.await_port(22)

    def start_stopd(self, *settings, port=113):
        self.stopd_settings = [word for setting in [
            f"store.folder={self.folder}/store", f"listen.port={port}", "listen.user=_stopd", "store.min_free=0",
            *settings] for word in ("-s", setting)]
        started = self.log_text().count(STOPD_IS_READY)
        process = self.start(STOPD, "run", *self.stopd_settings)
        # The port is open earlier than the store: what looks at files must wait for both.
        wait_for(lambda: self.log_text().count(STOPD_IS_READY) > started,
                 f"stopd of {self.name} is ready; its log: {self.log_text()[-800:]}")
        return process

    def stopd(self, command, *words):
        return self.run(STOPD, command, *words, *self.stopd_settings)

    def redeem(self, token):
        done = self.stopd("redeem", token, "--json")
        assert done.code == 0, done.err
        return json.loads(done.out)

    def connection_to(self, address, port):
        """The own port of the established connection to there."""
        def look():
            out = self.run("ss", "-Htn", "state", "established", f"dst {address} and dport = :{port}").out
            found = re.search(r"\d+ +\d+ +\S+:(\d+) ", out)
            return int(found[1]) if found else None
        return wait_for(look, f"{self.name} is connected to {address}:{port}")

    def close(self):
        for process in [*self.processes, self.init]:
            if process.poll() is None:
                process.send_signal(signal.SIGKILL)
            process.wait()
            for stream in (process.stdin, process.stdout, process.stderr):
                if stream:
                    stream.close()
        ip("netns", "del", self.netns)


class Network:
    """Hosts by their names, from a dict of names and addresses."""
    count = 0

    def __init__(self, folder, addresses):
        Network.count += 1
        self.number = Network.count
        self.prefix = f"cairn-{os.getpid()}-{self.number}-"
        self.folder = folder
        self.router = f"{self.prefix}router"
        self.hosts = {}
        self.guard = Guard(self.prefix, folder)
        self._write_users()
        ip("netns", "add", self.router)
        try:
            for bridge, address in (("inside", "10.10.0.1/24"), ("outside", "172.16.0.1/24")):
                ip("link", "add", bridge, "type", "bridge", netns=self.router)
                ip("addr", "add", address, "dev", bridge, netns=self.router)
                ip("link", "set", bridge, "up", netns=self.router)
            self.at_border("sysctl", "-qw", "net.ipv4.ip_forward=1", check=True)
            for name, address in addresses.items():
                self.hosts[name] = Host(self, name, address)
        except BaseException:
            self.close()
            raise

    def __getitem__(self, name):
        return self.hosts[name]

    @staticmethod
    def side_of(address):
        return ("10.10.0.1", "inside") if address.startswith("10.") else ("172.16.0.1", "outside")

    def home(self, user):
        return f"{self.folder}/home/{user}"

    def _write_users(self):
        folder = self.folder
        (folder / "passwd").write_text("".join(
            f"{user}:x:{uid}:{uid}::{self.home(user)}:{'/bin/bash' if uid in (0, 1001, 1002) else '/usr/sbin/nologin'}\n"
            for user, uid in USERS.items()))
        (folder / "group").write_text("".join(f"{user}:x:{uid}:\n" for user, uid in USERS.items()) + "tty:x:5:\nutmp:x:43:\n")
        (folder / "shadow").write_text("".join(f"{user}::19000::::::\n" for user in USERS))
        for user, uid in USERS.items():
            ssh = folder / "home" / user / ".ssh"
            ssh.mkdir(parents=True)
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", ssh / "id_ed25519"], check=True,
                           stdin=subprocess.DEVNULL)
            (ssh / "authorized_keys").write_text((ssh / "id_ed25519.pub").read_text())
            (ssh / "config").write_text("StrictHostKeyChecking no\nUserKnownHostsFile /dev/null\nLogLevel ERROR\n")
            for startup in (".bashrc", ".bash_profile"):
                (ssh.parent / startup).write_text(
                    "PS1='\\h> '\nexport TMUX_TMPDIR=~\nbind 'set enable-bracketed-paste off' 2>/dev/null\n")
            for path in (ssh.parent, *ssh.parent.rglob("*")):
                os.chown(path, uid, uid)
                path.chmod(0o700 if path.is_dir() else 0o600)
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / "host_key"], check=True,
                       stdin=subprocess.DEVNULL)
        (folder / "sshd_config").write_text(
            f"HostKey {folder}/host_key\nUsePAM no\nPasswordAuthentication no\nStrictModes no\nPermitRootLogin yes\n"
            "PidFile none\nUseDNS no\nGatewayPorts clientspecified\n")

    def at_border(self, *words, check=False, **options):
        """Runs a command on the router."""
        options.setdefault("stdin", subprocess.DEVNULL)
        done = subprocess.run(["ip", "netns", "exec", self.router, *map(str, words)], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, timeout=harness.TIMEOUT, check=False, **options)
        assert done.returncode == 0 or not check, done.stderr.decode()
        return harness.Run(done.returncode, done.stdout.decode(), done.stderr.decode())

    def ask(self, host, ports, *arguments):
        """One request by hand, sent from the router."""
        return self.at_border(CAIRN, "token", host.address, ports, *arguments)

    def token(self, host, ports, *arguments):
        done = self.ask(host, ports, "-q", *arguments)
        assert done.code == 0, f"{done.err}; log of {host.name}: {host.log_text()[-2000:]}"
        return done.out.strip()

    def close(self):
        for host in self.hosts.values():
            host.close()
        self.hosts = {}
        subprocess.run(["ip", "netns", "del", self.router], check=False)
        self.guard.close()


class TestCase(harness.TestCase):
    """A network that is made for one test and taken down after it."""

    def network(self, addresses, programs=()):
        self.needs(harness.IS_ROOT, "root, for network namespaces")
        for tool, package in TOOLS.items():
            self.needs(have(tool), f"{tool} (package {package})")
        for program in programs:
            self.needs(have(program), f"{program}")
        network = Network(self.folder, addresses)
        self.addCleanup(network.close)
        return network
