#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Agents under floods of connections, whole and half open: those who talk to each other go on, and it costs little."""
import os
import re
import time

import border_rig
import harness
import hosts
import tracing_rig

AGENT = "stopd: tracing"
MOST_MEMORY = 48 * 1024  # kB
WORK_PORTS = (24113, 24176)

# Many connections from many addresses, again and again: silent ones, garbage, and a greeting without end.
FLOOD = """import os,socket,sys,time
host,sources,seconds=sys.argv[1],sys.argv[2].split(','),float(sys.argv[3])
until=time.monotonic()+seconds
held,opened=[],0
while time.monotonic()<until:
    for source in sources:
        s=socket.socket(); s.setblocking(False)
        s.bind((source,0))
        try: s.connect((host,4113))
        except BlockingIOError: pass
        held.append((s,opened%3)); opened+=1
    time.sleep(0.05)
    for s,kind in held[-len(sources):]:
        try:
            if kind==1: s.send(os.urandom(2000))
            if kind==2: s.send(bytes([22,3,1,64,0,1,0,63,252,3,3])+os.urandom(900))
        except OSError: pass
    while len(held)>600: held.pop(0)[0].close()
print(opened)
"""
# Only the first packet of many connections, from addresses that nobody has: none of them is ever whole.  Every second one
# to the well-known port, the others to any work port.  Raw, as the kernel would not send it.
SYNS = """import random,socket,struct,sys,time
host,first,last,count,rate=sys.argv[1],*map(int,sys.argv[2:6])
raw=socket.socket(socket.AF_INET,socket.SOCK_RAW,socket.IPPROTO_RAW)
to=socket.inet_aton(host)
dice=random.Random(7)
begin=time.monotonic()
for i in range(count):
    port=4113 if i%2 else dice.randint(first,last)
    source=struct.pack('!I',(198<<24|18<<16)+dice.getrandbits(17))
    tcp=struct.pack('!HHIIBBHHH',dice.randint(1024,65535),port,dice.getrandbits(32),0,5<<4,2,64240,0,0)
    checked=source+to+struct.pack('!HH',6,20)+tcp
    total=sum(struct.unpack(f'!{len(checked)//2}H',checked))
    total=(total&0xffff)+(total>>16)
    total=(total&0xffff)+(total>>16)
    ip=struct.pack('!BBHHHBBH4s4s',0x45,0,40,0,0,64,6,0,source,to)
    raw.sendto(ip+tcp[:16]+struct.pack('!H',total^0xffff)+tcp[18:],(host,0))
    early=i/rate-(time.monotonic()-begin)
    if early>0.01: time.sleep(early)
print(count)
"""
SYN_COUNT, SYN_RATE = 20000, 2500


class Floods(border_rig.AtBorder, tracing_rig.FourHosts):
    def honest(self, *settings):
        site = self.site(settings=settings)
        self.net = site.network
        self.person = site.login("abcd")
        return site

    def strangers(self, site, count):
        """More addresses of the router, next to b and c."""
        addresses = [f"10.10.0.{100 + i}" for i in range(count)]
        for address in addresses:
            hosts.ip("addr", "add", f"{address}/24", "dev", "inside", netns=site.network.router)
        return addresses

    @staticmethod
    def memory_of(site, host):
        """Of the agent, in kB."""
        status = host.run("cat", f"/proc/{site.processes(host)[AGENT]}/status").out
        return int(re.search(r"VmRSS:\s+(\d+) kB", status)[1])

    @staticmethod
    def work_of(site, host):
        """The seconds of a core that the agent has taken."""
        fields = host.run("cat", f"/proc/{site.processes(host)[AGENT]}/stat").out.rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def test_floods_on_the_well_known_port(self):
        """Strangers from twenty addresses: those who talk go on, and who is new gets in when it tries again."""
        site = self.honest("tracing.knowledge.exchange_interval=1s")
        b = site["b"]
        self.assert_to_person(site)  # links are up
        sources = self.strangers(site, 20)
        before = site.counters(b)
        flood = self.at_border("python3", "-c", FLOOD, b.address, ",".join(sources), "8")
        traces = 0
        while flood.poll() is None:
            self.assert_to_person(site)
            traces += 1
        self.assertGreater(traces, 0 if harness.SANITIZED else 2)
        opened = int(flood.communicate()[0])
        self.assertGreater(opened, 300)
        counters = site.counters(b)
        self.assertGreater(counters["links_refused_rate"], before["links_refused_rate"] + opened // 2)
        self.assertEqual(counters["handshakes"], before["handshakes"], "no stranger has proven anything")
        if not harness.SANITIZED:
            self.assertLess(self.memory_of(site, b), MOST_MEMORY)
        # Nobody is kept out for longer.
        site.stop_agent(site["c"])
        site.start_agent(site["c"])
        self.assert_to_person(site)

    def test_half_open_connections(self):
        """Twenty thousand that never become whole: the kernel deals with them, and the agent learns nothing of it."""
        site = self.honest("tracing.knowledge.exchange_interval=1s")
        b, c = site["b"], site["c"]
        # What b answers to nobody is lost: a router that said so would end them.
        hosts.ip("route", "add", "blackhole", "198.18.0.0/15", netns=self.net.router)
        self.assert_to_person(site)  # links are up
        before, worked, start = site.counters(b), self.work_of(site, b), time.monotonic()
        flood = self.at_border("python3", "-c", SYNS, b.address, *WORK_PORTS, SYN_COUNT, SYN_RATE)
        hosts.wait_for(lambda: self.half_open(b) > 50, "connections are half open")
        traces = 0
        while flood.poll() is None:
            self.assert_to_person(site)
            traces += 1
            if traces == 1:  # and one that is new gets in
                site.stop_agent(c)
                site.start_agent(c)
        self.assertGreater(traces, 0 if harness.SANITIZED else 2)
        self.assertEqual(flood.communicate()[0].decode().strip(), str(SYN_COUNT))
        self.assertGreater(self.half_open(b), 50)
        counters = site.counters(b)
        self.assertLess(counters["links_accepted"], before["links_accepted"] + 50)
        self.assertEqual(counters["links_refused_rate"], before["links_refused_rate"])
        if not harness.SANITIZED:
            self.assertLess(self.work_of(site, b) - worked, (time.monotonic() - start) / 4)
            self.assertLess(self.memory_of(site, b), MOST_MEMORY)

    @staticmethod
    def half_open(host):
        return len(host.run("ss", "-Htn", "state", "syn-recv").out.splitlines())


if __name__ == "__main__":
    harness.main()
