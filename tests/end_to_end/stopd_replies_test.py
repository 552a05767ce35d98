#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""What stopd tells whom: tokens, errors, names; and ordinary ident clients."""
import os
import re

import harness
import hosts

TOKEN = re.compile(r"^[0-9a-f]{64}$")
TWO = {"a": "10.10.0.2", "b": "10.10.0.3"}


class Replies(hosts.TestCase):
    """b asks a, whose alice has connected to b."""

    def connected(self, *settings):
        network = self.network(TWO, ("nc",))
        a, b = network["a"], network["b"]
        a.start_stopd("limits.max_requests_per_asker_minute=10000", *settings)
        b.start("nc", "-l", "-k", "-p", "9000")
        b.await_port(9000)
        a.start("nc", "-d", b.address, "9000", user="alice")
        b.start("nc", "-d", a.address, "113")  # a connection that a has not opened
        return network, a, b, f"{a.connection_to(b.address, 9000)},9000"

    def ask(self, asker, host, *lines, half_close=False):
        """The replies to lines that are sent as they are, on one connection."""
        script = ("import socket,sys\ns=socket.create_connection((sys.argv[1],113),timeout=10)\n"
                  "s.sendall(sys.stdin.buffer.read())\n" + ("s.shutdown(socket.SHUT_WR)\n" if half_close else "") +
                  f"f=s.makefile('rb')\nfor i in range({len(lines)}): sys.stdout.write(f.readline().decode())\n")
        done = asker.run("python3", "-c", script, host.address, data="".join(lines).encode())
        self.assertEqual(done.code, 0, done.err)
        return done.out.split("\r\n")[:-1]

    def tokens_of(self, replies):
        tokens = []
        for reply in replies:
            self.assertIn(":USERID:OTHER:", reply)
            tokens.append(reply.rsplit(":", 1)[1])
            self.assertRegex(tokens[-1], TOKEN)
        return tokens

    def test_an_ordinary_ident_client_gets_ordinary_answers(self):
        _, a, b, ports = self.connected()
        local, remote = ports.split(",")
        lines = [f"{local},{remote}\r\n", f" {local} , {remote} \r\n", f"{local}, {remote}\n", "1,2\r\n", "0,9\r\n",
                 "70000,9\r\n", "nonsense\r\n", f"113,{b.connection_to(a.address, 113)}\r\n"]
        replies = self.ask(b, a, *lines, half_close=True)
        for line, reply in zip(lines, replies):
            print(f"{line.strip()!r:32} {reply}")
        self.tokens_of(replies[:3])
        self.assertTrue(all(reply.startswith(f"{local},{remote}:") for reply in replies[:3]))
        self.assertEqual(replies[3:], ["1,2:ERROR:NO-USER", "0,9:ERROR:INVALID-PORT", "70000,9:ERROR:INVALID-PORT",
                                       "0,0:ERROR:INVALID-PORT",
                                       f"113,{b.connection_to(a.address, 113)}:ERROR:NO-USER"])
        self.assertEqual(len(set(self.tokens_of(replies[:3]))), 3)

    def test_who_names_an_address_never_gets_an_error_or_a_name(self):
        _, a, b, ports = self.connected("replies.real_names.enabled=true", "replies.real_names.hosts=0.0.0.0/0")
        self.opt_in(a, f"{b.address}\n")
        inbound = f"113,{b.connection_to(a.address, 113)}"
        lines = [f"{what}:{about}\r\n" for about in (b.address, "192.0.2.9", "999.1.1.1", "[2001:db8::7]", "no.such.host")
                 for what in (f"{ports}:ID", f"{ports}:SV", f"{ports}:SV_REC:7", f"{ports}:SV REC : 8", f"{inbound}:SV", "1,2:SV",
                              "0,22:SV", "99999,22:ID", "x:ID", f"{ports}:WHAT", f"{ports}:ID_REC")]
        tokens = self.tokens_of(self.ask(b, a, *lines))
        # A ring of questions, of course, gets tokens too: session ids 7 and 8 came five times.
        self.assertEqual(len(tokens), len(lines))
        self.assertEqual(len(set(tokens)), len(tokens))
        log = a.log_text()
        self.assertIn("a loop", log)
        self.assertNotIn("alice,", "".join(lines))

    def test_tokens_of_all_types_look_alike(self):
        _, a, b, ports = self.connected("replies.errors=token")
        lines = [f"{ports}{kind}\r\n" for kind in ("", ":ID", ":ID_REC:1", ":SV", ":SV_REC:2", ":SV_REC:2")] + ["1,2\r\n", "0,1\r\n"]
        tokens = self.tokens_of(self.ask(b, a, *lines))
        self.assertEqual(len(set(tokens)), len(lines))
        saved = [a.redeem(token)["state"] for token in tokens[:7]]
        self.assertEqual(saved, ["none", "none", "none", "intact", "intact", "none", "none"])
        self.assertEqual(a.redeem(tokens[0])["journal"]["user"], "alice")
        self.assertEqual(a.redeem(tokens[6])["journal"]["reason"], "no such connection")
        self.assertEqual(a.redeem(tokens[7])["journal"]["reason"], "an invalid request")

    def test_errors_are_masked_on_request(self):
        _, a, b, _ = self.connected("replies.errors=unknown_error")
        self.assertEqual(self.ask(b, a, "1,2\r\n", "0,2\r\n", "1,2:SV\r\n"),
                         ["1,2:ERROR:UNKNOWN-ERROR", "0,2:ERROR:UNKNOWN-ERROR", "1,2:ERROR:UNKNOWN-ERROR"])

    def opt_in(self, host, text, owner="alice"):
        path = host.network.folder / "home" / "alice" / ".ident"
        if path.is_symlink() or path.exists():
            path.unlink()
        path.write_text(text)
        os.chown(path, hosts.USERS[owner], hosts.USERS[owner])
        return path

    def test_users_may_have_their_name_told(self):
        network, a, b, ports = self.connected("replies.real_names.enabled=true", f"replies.real_names.hosts={TWO['b']}")
        name = f"{ports}:USERID:OTHER:alice"

        def told(kind=""):
            reply = self.ask(b, a, f"{ports}{kind}\r\n")[0]
            if reply != name:
                self.tokens_of([reply])
            return reply == name

        self.assertFalse(told())
        path = self.opt_in(a, f"# friends\n\n192.0.2.1\n10.10.0.0/24  # the neighbours\n")
        self.assertTrue(told())
        self.assertTrue(told(":ID"))
        for kind in (":ID_REC:5", ":SV", ":SV_REC:6"):
            self.assertFalse(told(kind), kind)
        self.opt_in(a, "192.0.2.0/24\nexample.org\n")
        self.assertFalse(told())
        # What alice could not have written, or points elsewhere, or is too large, is no word of hers.
        self.opt_in(a, f"{b.address}\n", owner="bob")
        self.assertFalse(told())
        path = self.opt_in(a, f"{b.address}\n" + "#" * 70000)
        self.assertFalse(told())
        path.unlink()
        elsewhere = path.with_name("elsewhere")
        elsewhere.write_text(f"{b.address}\n")
        os.chown(elsewhere, hosts.USERS["alice"], hosts.USERS["alice"])
        path.symlink_to(elsewhere)
        self.assertFalse(told())
        path.unlink()
        os.mkfifo(path)
        os.chown(path, hosts.USERS["alice"], hosts.USERS["alice"])
        self.assertFalse(told())
        # From a host that the administrator has not listed.
        self.opt_in(a, "0.0.0.0/0\n")
        self.assertTrue(told())
        other = self.ask(a, a, "1,2\r\n")
        self.assertEqual(other, ["1,2:ERROR:NO-USER"])

    def test_an_ipv6_connection(self):
        network = self.network(TWO, ("nc",))
        a, b = network["a"], network["b"]
        for host, address in ((a, "2001:db8::2"), (b, "2001:db8::3")):
            hosts.ip("addr", "add", f"{address}/64", "dev", "eth0", "nodad", netns=host.netns)
        a.start_stopd()
        b.start("nc", "-6", "-l", "-k", "-p", "9000")
        b.await_port(9000)
        a.start("nc", "-d", "2001:db8::3", "9000", user="alice")
        port = a.connection_to("[2001:db8::3]", 9000)
        done = b.run(hosts.CAIRN, "token", "2001:db8::2", f"{port},9000", "--type", "SV", "--about", "2001:db8::3", "-q")
        self.assertEqual(done.code, 0, done.err)
        record = a.redeem(done.out.strip())["record"]
        self.assertEqual(record["asked"]["remote"], "[2001:db8::3]:9000")
        self.assertEqual(record["processes"][0]["name"], "nc")


if __name__ == "__main__":
    harness.main()
