# SPDX-License-Identifier: BSD-3-Clause
"""Hosts whose agents trace chains: certificates of a site, stopd with tracing, real logins from host to host."""
import json
import os
import re
import subprocess
import threading
import time

import hosts
from terminal import Terminal


class Authority:
    """A site's certificate authority, by plain openssl: what any site may have."""

    def __init__(self, folder, environment=None):
        """`environment`: more of it, for the programs that make certificates."""
        self.folder = folder
        self.environment = {**os.environ, **(environment or {})}
        folder.mkdir()
        self.openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", "ca.key")
        self.openssl("req", "-x509", "-new", "-key", "ca.key", "-days", "30", "-subj", "/CN=site", "-out", "ca.crt",
                     "-addext", "keyUsage=critical,keyCertSign,cRLSign")
        (folder / "index").write_text("")
        (folder / "crlnumber").write_text("01\n")
        (folder / "conf").write_text(
            "[ca]\ndefault_ca=site\n[site]\ndatabase=index\ncrlnumber=crlnumber\ndefault_md=sha256\ndefault_crl_days=30\n"
            "certificate=ca.crt\nprivate_key=ca.key\nnew_certs_dir=.\nserial=serial\npolicy=any\ncopy_extensions=copy\n"
            "unique_subject=no\n"
            "[any]\ncommonName=supplied\n")
        (folder / "serial").write_text("1000\n")
        self.list()

    def openssl(self, *words):
        subprocess.run(["openssl", *map(str, words)], cwd=self.folder, env=self.environment, check=True,
                       stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def issue(self, name, addresses, uses="clientAuth,serverAuth", dates=("-days", "20")):
        """Makes NAME.key and NAME.crt."""
        self.openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", f"{name}.key")
        names = ",".join([f"DNS:{name}", *(f"IP:{address}" for address in addresses)])
        self.openssl("req", "-new", "-key", f"{name}.key", "-subj", f"/CN={name}", "-out", f"{name}.csr",
                     "-addext", f"subjectAltName={names}", "-addext", f"extendedKeyUsage={uses}")
        self.openssl("ca", "-batch", "-config", "conf", "-in", f"{name}.csr", "-out", f"{name}.crt", "-notext", *dates)

    def revoke(self, name):
        self.openssl("ca", "-config", "conf", "-revoke", f"{name}.crt")
        self.list()

    def list(self):
        self.openssl("ca", "-config", "conf", "-gencrl", "-out", "ca.crl")


class Site:
    """A network of hosts, all with sshd and, unless told otherwise, an agent."""

    def __init__(self, test, addresses, without=(), settings=(), authority_environment=None):
        self.test = test
        self.network = test.network(addresses, ("sshd", "ssh", "openssl"))
        self.authority = Authority(self.network.folder / "ca", authority_environment)
        self.settings = list(settings)
        self.agents = {}
        for host in self.network.hosts.values():
            host.start_sshd()
        for name, host in self.network.hosts.items():
            self.give_certificate(host)
            if name not in without:
                self.start_agent(host)

    def __getitem__(self, name):
        return self.network[name]

    def folder(self, host):
        return host.folder / "tracing"

    def give_certificate(self, host, name=None, addresses=None, **wish):
        """`addresses`: the host's own, unless told otherwise."""
        name = name or host.name
        folder = self.folder(host)
        folder.mkdir(exist_ok=True, mode=0o700)
        self.authority.issue(name, addresses or [host.address], **wish)
        for source, target in ((f"{name}.crt", "host.crt"), (f"{name}.key", "host.key"), ("ca.crt", "ca.crt"),
                               ("ca.crl", "ca.crl")):
            path = folder / target
            path.write_bytes((self.authority.folder / source).read_bytes())
            path.chmod(0o600)

    def settings_of(self, host):
        folder = self.folder(host)
        return [
            "tracing.enabled=true", f"tracing.folder={folder}/knowledge", f"tracing.control={folder}/control",
            f"tracing.certificate={folder}/host.crt", f"tracing.key={folder}/host.key",
            f"tracing.authorities={folder}/ca.crt", f"tracing.revocations={folder}/ca.crl", *OFTEN, *self.settings]

    def start_agent(self, host, *settings):
        # So that the agent's own user gets to its folder.
        for folder in (host.folder, self.folder(host)):
            folder.chmod(0o711)
        self.agents[host.name] = host.start_stopd(*self.settings_of(host), *settings)

    def stop_agent(self, host, signal="TERM"):
        self.signal_daemon(host, signal)
        self.agents.pop(host.name).wait()

    @staticmethod
    def processes(host):
        """The daemon's processes on a host, as it numbers them, by name."""
        found = {}
        for line in host.run("ps", "--no-headers", "-eo", "stat:8,comm:16,pid:8,args").out.splitlines():
            state, name, pid, command = line[:8], line[9:25], line[26:34], line[35:]
            is_client = f"{hosts.STOPD} trace " in command
            if name.startswith("stopd") and not state.startswith("Z") and not is_client:
                found.setdefault(name.strip(), int(pid))  # a child has its parent's name for a moment
        return found

    @staticmethod
    def signal_daemon(host, signal):
        """Its first process, and not somebody's who asks it."""
        host.run("pkill", f"-{signal}", "-o", "-f", f"^{hosts.STOPD} run ")

    def signal_agent(self, host, signal):
        host.run("kill", f"-{signal}", str(self.processes(host)["stopd: tracing"]))

    @staticmethod
    def await_log(host, text, times=1, patience=hosts.PATIENCE):
        hosts.wait_for(lambda: host.log_text().count(text) >= times,
                       f"{text!r} in the log of {host.name}: {host.log_text()[-1500:]}", patience)

    @staticmethod
    def counters(host):
        """All counters of a host's stopd, as SIGUSR1 has them logged."""
        before = host.log_text().count("counters of tracing")
        Site.signal_daemon(host, "USR1")
        hosts.wait_for(lambda: host.log_text().count("counters of tracing") > before, "counters")
        return {name: int(value) for name, value in re.findall(r"(\w+)=(\d+)", host.log_text())}

    def chains(self, host):
        """The chains that a host knows of, the oldest first."""
        done = host.stopd("trace", "list", "--json", "--limit", "1000")
        self.test.assertEqual(done.code, 0, done.err)
        return [json.loads(line) for line in reversed(done.out.splitlines())]

    def await_same_chains(self, traces, names=None, patience=hosts.PATIENCE):
        """Until all hosts (or these) know of these traces, each of them once, proven."""
        wanted = sorted(traces)
        for host in [self[name] for name in names or self.network.hosts]:
            def known(host=host):
                return sorted(chain["trace"] for chain in self.chains(host) if chain["trace"] in traces)
            hosts.wait_for(lambda known=known: len(known()) >= len(wanted),
                           lambda host=host, known=known: f"{host.name} knows {len(wanted)} chains; it has {len(known())}; "
                           f"{self.counters(host)}; {host.log_text()[-800:]}", patience)
            self.test.assertEqual(known(), wanted, host.name)
            self.test.assertEqual([chain["doubt"] for chain in self.chains(host) if not chain["verified"]], [])

    def serves_stop(self, path):
        """Whether the one before the last host of a path gives a token for its login to the last."""
        host, last = self[path[-2]], self[path[-1]]
        ports = f"{host.connection_to(last.address, 22)},22"
        done = self.network.ask(host, ports, "-q", "--type", "SV", "--about", last.address)
        return (done.code, len(done.out.strip())) == (0, 64)

    def login(self, path, user="alice", first=None):
        """A terminal on the first host, and logins from there along the path, to the last."""
        terminal = Terminal(self[path[0]].command(first or ("bash", "-i"), user))
        self.test.addCleanup(terminal.close)
        terminal.expect(f"{path[0]}> ")
        for name in path[1:]:
            terminal.line(f"ssh {self[name].address}", f"{name}> ")
        return terminal

    def last_connection(self, path, port=22, nth=-1):
        """The last login's connection, as the last host has it."""
        last, before = self[path[-1]], self[path[-2]]
        out = last.run("ss", "-Htnp", "state", "established", f"sport = :{port} and dst {before.address}").out
        # By when they were accepted, as the numbers of the processes tell.
        lines = sorted(out.splitlines(), key=lambda line: max(map(int, re.findall(r"pid=(\d+)", line)), default=0))
        ends = [line.split()[2:4] for line in lines]
        return ends[nth]

    def follow(self, host, local, remote, *words):
        done = host.stopd("trace", "follow", local, remote, "--json", *words)
        events = [json.loads(line) for line in done.out.splitlines()]
        return done, [e for e in events if e["event"] == "trace_hop"], [e for e in events if e["event"] == "trace_done"]

    def trace(self, path, **where):
        host = self[path[-1]]
        done, hops, ends = self.follow(host, *self.last_connection(path, **where))
        self.test.assertEqual(len(ends), 1, done.out + done.err + host.log_text()[-2000:])
        return hops, ends[0]

    def in_turn(self, path):
        return [self[name].address for name in reversed(path)]


def at_once(*calls):
    """Runs them at the same time; their results, in order."""
    results = [None] * len(calls)

    def run(i):
        results[i] = calls[i]()
    threads = [threading.Thread(target=run, args=(i,)) for i in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


FOUR = {"a": "172.16.0.2", "b": "10.10.0.2", "c": "10.10.0.3", "d": "172.16.0.3"}
SEVEN = {**FOUR, "e": "10.10.0.4", "f": "10.10.0.5", "g": "172.16.0.4"}
# Nobody waits long for what others know, and agents may come back as often as a test wants.
QUICK = ("tracing.knowledge.exchange_interval=1s", "tracing.listen.max_handshakes_per_source_minute=1000",
         f"tracing.peers=[{', '.join(FOUR.values())}]")


# A fast machine traces more often in a test than agents allow in a minute.
OFTEN = ("tracing.limits.max_rounds_per_asker_minute=100000", "tracing.limits.max_rounds_per_peer_minute=100000")


class TestCase(hosts.TestCase):
    def site(self, addresses=None, **how):
        return Site(self, addresses or FOUR, **how)


class FourHosts(TestCase):
    def four(self, *settings, **how):
        """Four hosts, and somebody who has logged in from the first to the last."""
        site = self.site(settings=[*QUICK, *settings], **how)
        self.person = site.login("abcd")
        return site

    def assert_to_person(self, site, path="abcd"):
        hops, end = site.trace(path)
        self.assertEqual(([hop["host"] for hop in hops], end["end"]), (site.in_turn(path), "console"),
                         site[path[-1]].log_text()[-1500:])
        return end["trace"]

    def assert_ends_before(self, site, name, why, path="abcd"):
        """A trace ends where this host should answer, and says so in time."""
        start = time.monotonic()
        hops, end = site.trace(path)
        self.assertLess(time.monotonic() - start, 10 + 5)  # the deadline, and what asks
        reached = path[path.index(name) + 1:]
        self.assertEqual([hop["host"] for hop in hops], site.in_turn(reached))
        self.assertTrue(all(hop["verified"] for hop in hops))
        self.assertEqual((end["end"], end["beyond"]["local"]["ip"]), (why, site[name].address))
        return end["trace"]

    def trace_on(self, site, path, told):
        """Traces again and again, from two places, until told to end; what was told to the end is noted."""
        over = threading.Event()
        failed = []
        ends = site.last_connection(path)

        def trace():
            while not over.is_set():
                done, hops, last = site.follow(site[path[-1]], *ends)
                # Where the own agent is just away, nothing was told.
                if hops and last and done.code in (0, 1) and "went away" not in done.out:
                    told[last[0]["trace"]] = last[0]["end"]
                elif done.code not in (0, 1):
                    failed.append((done.code, done.err))
        askers = [threading.Thread(target=trace) for _ in range(2)]
        for asker in askers:
            asker.start()

        def end():
            over.set()
            for asker in askers:
                asker.join()
            self.assertEqual(failed, [])
        return end
