#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Agents among strangers, forgers, thieves of keys and users of their own hosts."""
import re
import subprocess
import time

import harness
import hosts
import stopd_faults_test
import tracing_rig
from tracing_rig import QUICK

AGENT, KEY, FRONT, MONITOR = "stopd: tracing", "stopd: key", "stopd: network", "stopd"
PORT = 4113
WORK_PORTS = (24113, 24176)
PROTOCOL = "cairn-trace/1"

# A client of the well-known port: version of TLS, certificate and key ("-": none).  Prints what came of it.
CLIENT = """import socket,ssl,sys
host,source,version,certificate,key=sys.argv[1:6]
context=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
context.check_hostname=False
context.verify_mode=ssl.CERT_NONE
context.set_alpn_protocols(['""" + PROTOCOL + """'])
if version=='1.2': context.maximum_version=ssl.TLSVersion.TLSv1_2
if certificate!='-': context.load_cert_chain(certificate,key)
plain=socket.create_connection((host,4113),timeout=10,source_address=(source,0) if source!='-' else None)
try:
    with context.wrap_socket(plain) as secure:
        got=secure.recv(16384)
        print('talks' if b'hello' in got else 'closed',flush=True)
        if got and 'stay' in sys.argv:
            while secure.recv(16384): pass
            print('ended',flush=True)
except (OSError,ssl.SSLError) as error:
    print('refused',error)
"""
# Answers at the well-known port with a certificate.
SERVER = """import socket,ssl,sys
context=ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(sys.argv[1],sys.argv[2])
context.verify_mode=ssl.CERT_REQUIRED
context.load_verify_locations(sys.argv[3])
context.set_alpn_protocols(['""" + PROTOCOL + """'])
listener=socket.create_server(('0.0.0.0',4113))
while True:
    plain,_=listener.accept()
    try:
        with context.wrap_socket(plain,server_side=True) as secure:
            while secure.recv(16384): pass
    except OSError: pass
"""
# Connects to each port of a range; prints those that were open.
SCAN = """import socket,sys
for port in range(int(sys.argv[2]),int(sys.argv[3])+1):
    with socket.socket() as s:
        s.settimeout(5)
        if s.connect_ex((sys.argv[1],port))==0: print(port,s.recv(100))
"""
# What a user of the host tries on a process of the agent: prints what was possible.
SPY = """import ctypes,os,signal,sys
pid=int(sys.argv[1])
def possible(what,call):
    try: call()
    except OSError: return
    print(what)
def read(file):
    with open(f'/proc/{pid}/{file}','rb') as f: f.read(0 if file=='mem' else 1)
libc=ctypes.CDLL(None,use_errno=True)
def trace():
    if libc.ptrace(16,pid,0,0)!=0: raise OSError(ctypes.get_errno(),'ptrace')
for file in ('mem','maps','environ','syscall','auxv','io'): possible(file,lambda: read(file))
for file in ('root','cwd','exe'): possible(file,lambda: os.readlink(f'/proc/{pid}/{file}'))
possible('fd',lambda: os.listdir(f'/proc/{pid}/fd'))
possible('ptrace',trace)
if sys.argv[2:]==['signals']:
    for number in (signal.SIGTERM,signal.SIGSTOP,signal.SIGQUIT,signal.SIGKILL): possible('signal',lambda: os.kill(pid,number))
"""


class Attacks(tracing_rig.FourHosts):
    def honest(self, *settings):
        site = self.site(settings=settings)
        self.person = site.login("abcd")
        return site

    def script(self, where, text, *arguments, **how):
        return where("python3", "-c", text, *arguments, **how)

    def test_clients_that_cannot_prove_who_they_are(self):
        site = self.honest(*QUICK)
        router, b = "10.10.0.1", site["b"]
        other = tracing_rig.Authority(self.folder / "other")
        other.issue("forged", [router])
        for name, dates in (("expired", ("20250101000000Z", "20250201000000Z")), ("early", ("20990101000000Z", "20990201000000Z"))):
            site.authority.issue(name, [router], dates=("-startdate", dates[0], "-enddate", dates[1]))
        site.authority.issue("server", [router], uses="serverAuth")
        site.authority.issue("right", [router])
        # As somebody has it who has stolen the key of another host; and a sensor's may be anywhere, if it names no address.
        site.authority.issue("elsewhere", ["10.10.0.99"])
        site.authority.issue("sensor", [], uses="clientAuth")
        site.authority.issue("sensor_elsewhere", ["10.10.0.99"], uses="clientAuth")

        def client(version, certificate):
            files = ["-", "-"]
            if certificate:
                files = [(other if certificate == "forged" else site.authority).folder / f"{certificate}.{end}"
                         for end in ("crt", "key")]
            return self.script(site.network.at_border, CLIENT, b.address, "-", version, *files).out
        # That the client can do it shows that the others fail for what they have.
        self.assertIn("talks", client("1.3", "right"))
        self.assertIn("talks", client("1.3", "sensor"))
        for version, certificate, reason in (
                ("1.2", None, None), ("1.2", "right", None), ("1.3", None, None), ("1.3", "forged", "forged"),
                ("1.3", "expired", "expired"), ("1.3", "early", "not"), ("1.3", "server", "clientAuth"),
                ("1.3", "elsewhere", f"it comes from {router}, which the certificate of 'elsewhere' does not name"),
                ("1.3", "sensor_elsewhere", f"it comes from {router}, which the certificate of 'sensor_elsewhere' does not name")):
            with self.subTest(version=version, certificate=certificate):
                before = len(b.log_text())
                said = client(version, certificate)
                self.assertNotIn("talks", said)
                # That of a host that is somewhere else is good, and so TLS takes it.
                self.assertIn("closed" if certificate and "elsewhere" in certificate else "refused", said)
                if reason:
                    hosts.wait_for(lambda before=before: 'rule "distrusted"' in b.log_text()[before:],
                                   f"the reason: {b.log_text()[before:]}")
                    self.assertIn(reason, b.log_text()[before:])
        # Where addresses are translated, as the administrator says.
        site.stop_agent(b)
        site.start_agent(b, "tracing.translated=[10.10.0.1/32]")
        self.assertIn("talks", client("1.3", "elsewhere"))
        self.assertNotIn("talks", client("1.3", "expired"))
        # By another program, too.
        for words in (["-tls1_2"], ["-tls1_3"], ["-tls1_3", "-alpn", PROTOCOL], ["-tls1_3", "-early_data", "/etc/hostname"]):
            done = site.network.at_border("openssl", "s_client", "-connect", f"{b.address}:{PORT}", "-quiet", *words)
            self.assertNotIn("hello", done.out)
            self.assertNotEqual(done.code, 0, words)
        self.assert_to_person(site)

    def test_servers_that_cannot_prove_who_they_are(self):
        """At b answers somebody else, with a certificate that is not b's to answer by."""
        site = self.honest(*QUICK, "tracing.limits.peer_timeout=5s")
        b = site["b"]
        site.stop_agent(b)
        other = tracing_rig.Authority(self.folder / "other")
        other.issue("forged", [b.address])
        site.authority.issue("expired", [b.address], dates=("-startdate", "20250101000000Z", "-enddate", "20250201000000Z"))
        site.authority.issue("elsewhere", ["10.10.0.99"])
        site.authority.issue("asker", [b.address], uses="clientAuth")
        for name, reason in (("forged", "forged"), ("expired", "expired"), ("elsewhere", b.address), ("asker", "for asking")):
            with self.subTest(certificate=name):
                folder = (other if name == "forged" else site.authority).folder
                server = self.script(b.start, SERVER, folder / f"{name}.crt", folder / f"{name}.key", site.authority.folder / "ca.crt")
                b.await_port(PORT)
                before = len(site["c"].log_text())
                hops, end = site.trace("abcd")
                self.assertEqual([hop["host"] for hop in hops], site.in_turn("cd"))
                self.assertEqual((end["end"], end["beyond"]["local"]["ip"]), ("refused", b.address))
                self.assertIn(reason, site["c"].log_text()[before:])
                server.kill()
                b.run("pkill", "-KILL", "python3")
                server.wait()
                hosts.wait_for(lambda: not b.listens(PORT), "it has ended")
        site.start_agent(b)
        self.assert_to_person(site)

    def test_a_stolen_key_after_its_revocation(self):
        """The list comes to one host, and from there to all; who used the key is cut off."""
        site = self.site({**tracing_rig.FOUR, "e": "10.10.0.4"}, settings=QUICK, without="e")
        self.person = site.login("abcd")
        self.assert_to_person(site)
        e, files = site["e"], site.authority.folder

        def thief(where):
            return self.script(e.run, CLIENT, where.address, "-", "1.3", files / "e.crt", files / "e.key").out
        self.assertIn("talks", thief(site["b"]))
        site.authority.revoke("e")
        list_of_d = site.folder(site["d"]) / "ca.crl"
        list_of_d.write_bytes((files / "ca.crl").read_bytes())
        site.await_log(site["d"], "took list", patience=30)
        for name in "abc":
            hosts.wait_for(lambda name=name: "took list" in site[name].log_text(), f"{name} has the list", 30)
            said = thief(site[name])
            self.assertNotIn("talks", said)
            self.assertIn("refused", said)
            self.assertRegex(site[name].log_text(), r"revoked.*rule \"distrusted\"|rule \"distrusted\".*revoked")
        self.assert_to_person(site)
        # It stays known where the configured list is the old one.
        site.stop_agent(site["b"])
        site.start_agent(site["b"])
        self.assertNotIn("talks", thief(site["b"]))

    def test_scans_of_work_ports(self):
        site = self.honest(*QUICK)
        self.assert_to_person(site)
        b = site["b"]
        work = b.run("ss", "-Htn", "state", "established", "sport >= :24113 and sport <= :24176").out
        self.assertTrue(work, "who talks does so at a work port")
        scan = self.script(site.network.at_border, SCAN, b.address, *map(str, WORK_PORTS))
        self.assertEqual((scan.out, scan.err), ("", ""))
        self.assert_to_person(site)

    def test_work_ports_behind_a_firewall(self):
        self.needs(hosts.have("nft"), "nft")
        site = self.honest(*QUICK)
        b = site["b"]
        rule = f"add rule inet f input tcp dport {WORK_PORTS[0]}-{WORK_PORTS[1]} "
        # b does not call c meanwhile: over its link c would have no need of b's work ports.
        no_call = ("add chain inet f output { type filter hook output priority 0 ; }",
                   f"add rule inet f output ip daddr {site['c'].address} tcp flags & (syn | ack) == syn drop")
        for verdict in ("drop", "reject with tcp reset"):
            with self.subTest(verdict=verdict):
                for words in ("add table inet f", "add chain inet f input { type filter hook input priority 0 ; }", rule + verdict,
                              *no_call):
                    self.assertEqual(b.run("nft", words).code, 0)
                before = len(site["c"].log_text())
                hops, end = site.trace("abcd")
                self.assertEqual([hop["host"] for hop in hops], site.in_turn("cd"))
                self.assertEqual((end["end"], end["beyond"]["local"]["ip"]), ("silent", b.address))
                hosts.wait_for(lambda before=before: "the work ports 24113-24176 have to be open between agents"
                               in site["c"].log_text()[before:], "c says why", patience=90)
                b.run("nft", "delete table inet f")
        self.assert_to_person(site)

    def assert_none_lost(self, site, seconds):
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            self.assert_to_person(site)

    def test_without_work_ports(self):
        site = self.honest(*QUICK, "tracing.port_hopping=off")
        b = site["b"]
        for words in ("add table inet f", "add chain inet f input { type filter hook input priority 0 ; }",
                      f"add rule inet f input tcp dport {WORK_PORTS[0]}-{WORK_PORTS[1]} drop"):
            b.run("nft", words)
        self.assert_none_lost(site, 3)
        self.assertEqual(site.counters(b)["port_hops"], 0)

    def test_ports_that_change_during_traces(self):
        site = self.honest(*QUICK, "tracing.port_hopping=timed", "tracing.hop_period=1500ms",
                           "tracing.listen.handshake_timeout=1s", "tracing.listen.work_port_patience=1s")
        self.assert_none_lost(site, 8)
        counters = site.counters(site["b"])
        self.assertGreater(counters["port_hops"], 3)
        self.assertEqual(counters["trace_peers_lost"], 0)

    def test_what_the_processes_may(self):
        site = self.site({"a": "10.10.0.2"})
        a = site["a"]
        uid = str(hosts.USERS["_stoptrace"])
        processes = site.processes(a)
        for name, root in ((AGENT, f"{site.folder(a)}/knowledge"), (KEY, "")):
            with self.subTest(process=name):
                pid = processes[name]
                status = dict(re.findall(r"^(\w+):[ \t]*(.*)$", a.run("cat", f"/proc/{pid}/status").out, re.M))
                self.assertEqual((set(status["Uid"].split()), set(status["Gid"].split()), status["Groups"].strip()),
                                 ({uid}, {uid}, ""))
                for capabilities in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
                    self.assertEqual(int(status[capabilities], 16), 0, capabilities)
                self.assertEqual((status["NoNewPrivs"], status["Seccomp"]), ("1", "2"))
                if root:
                    self.assertEqual(a.run("readlink", f"/proc/{pid}/root").out.strip(), root)
                else:
                    self.assertEqual(a.run("ls", "-A", f"/proc/{pid}/root/").out, "")
                limits = a.run("cat", f"/proc/{pid}/limits").out
                self.assertRegex(limits, r"Max core file size +0 +0 ")
                if name == AGENT:  # enough for all its links, files and memory, and no more
                    for limit, least, most in (("open files", 1100, 1400), ("file size", 256 << 20, 512 << 20)):
                        held = re.search(rf"Max {limit} +(\d+) +(\d+) ", limits)
                        self.assertEqual(held[1], held[2])
                        self.assertTrue(least < int(held[1]) < most, limits)
                    if "VmPeak" in status and int(status["VmPeak"].split()[0]) < 1 << 30:  # sanitizers take terabytes
                        self.assertRegex(limits, r"Max address space +\d+ +\d+ ")
                links = a.run("sh", "-c", f"for f in /proc/{pid}/fd/*; do readlink $f; done").out.split("\n")[:-1]
                others = {link for link in links if not link.startswith("socket:")}
                self.assertLessEqual(others, {str(a.log), "/dev/null", "/", f"{root}/chains.cbor", *(
                    link for link in others if root and link.startswith(root))})

    def test_where_the_key_is(self):
        """In the memory of one process, and of no other."""
        site = self.honest(*QUICK)
        self.assert_to_person(site)
        b = site["b"]
        text = subprocess.run(["openssl", "ec", "-in", site.authority.folder / "b.key", "-text", "-noout"], check=True,
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout.decode()
        digits = re.sub(r"[\s:]", "", re.search(r"priv:(.*?)pub:", text, re.S)[1])
        secret = bytes.fromhex(digits)[-32:]
        pem = (site.authority.folder / "b.key").read_text().splitlines()[1][:40]

        def holds(name, wanted):
            holds_bytes = stopd_faults_test.HOLDS.replace("sys.argv[2].encode()", "bytes.fromhex(sys.argv[2])")
            return b.run("python3", "-c", holds_bytes, str(site.processes(b)[name]), wanted.hex()).code == 0
        forms = (secret, secret[::-1], pem.encode())
        self.assertTrue(any(holds(KEY, form) for form in forms), "the search finds it where it is")
        for name in (AGENT, FRONT, MONITOR):
            for form in forms:
                self.assertFalse(holds(name, form), name)

    def test_a_user_of_the_host(self):
        site = self.site({"a": "10.10.0.2"})
        a = site["a"]
        folder = site.folder(a)
        processes = site.processes(a)
        self.assertIn("mem", self.script(a.run, SPY, str(processes[KEY])).out.split(), "root may: the search works")
        for name in (AGENT, KEY):
            said = self.script(a.run, SPY, str(processes[name]), "signals", user="alice")
            self.assertEqual((said.out, said.err), ("", ""), name)
        # Whoever has taken over the agent has its user.
        taken_over = self.script(a.run, SPY, str(processes[KEY]), user="_stoptrace")
        self.assertEqual((taken_over.out, taken_over.err), ("", ""))
        for path in ("host.key", "control", "knowledge/chains", "knowledge/x"):
            done = a.run("sh", "-c", f"cat {folder}/{path} || ls {folder}/knowledge || echo x > {folder}/{path}", user="alice")
            self.assertEqual((done.code != 0, done.out), (True, ""), path)
        done = a.run("python3", "-c", f"import socket; socket.socket(socket.AF_UNIX).connect('{folder}/control')", user="alice")
        self.assertIn("PermissionError", done.err)
        done = a.run(hosts.STOPD, "trace", "follow", "10.10.0.2:22", "10.10.0.1:1", *a.stopd_settings, user="alice")
        self.assertEqual(done.code, 1)
        done = a.run(hosts.STOPD, "trace", "list", *a.stopd_settings, user="alice")
        self.assertEqual((done.code, done.out), (1, ""))
        self.assertIn("root", done.err)
        # As if the mode of the socket were wide: the kernel says who it is.
        a.run("chmod", "777", folder / "control")
        done = a.run("python3", "-c", f"import socket; s=socket.socket(socket.AF_UNIX); s.connect('{folder}/control'); "
                     "s.settimeout(10); print(s.recv(10))", user="alice")
        self.assertTrue(done.out == "b''\n" or "ConnectionReset" in done.err, done.out + done.err)
        self.assertEqual(site.processes(a), processes)


if __name__ == "__main__":
    harness.main()
