# SPDX-License-Identifier: BSD-3-Clause
"""./dev accuracy sessions: session records against tshark and tcptrace, connection by connection.

For every capture: the records that `cairn replay --sessions` writes; tshark's own table of conversations
(-z conv,tcp: frames each way, duration) and its payload lengths and times, summed by its stream numbers; tcptrace's
unique bytes.  Prints how many connections agree, and every one that does not, with the reason when it is one of those
that docs/sessions.md explains.  Exit status 1 when a difference has no such reason.
"""

import argparse
import collections
import csv
import dataclasses
import gzip
import ipaddress
import pathlib
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
CAIRN = ROOT / "build/bin/cairn"
BUNDLED = ROOT / "traces"
NANOSECOND = 1
# tshark prints a conversation's duration with four decimals.
DURATION_STEP_NS = 100_000
MICROSECOND_NS = 1000  # tcptrace's resolution


@dataclasses.dataclass
class Flow:
    """What one end sent."""

    packets: int = 0
    payload: int = 0


@dataclasses.dataclass
class Session:
    """One connection, by whoever counted it; `flows` by the sender's (address, port)."""

    ends: frozenset
    first_ns: int
    last_ns: int
    flows: dict
    record: dict = None


def run(*command):
    done = subprocess.run([str(word) for word in command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, check=False)
    # tshark and tcptrace read what is whole of a cut file, and say 1 or 2.
    if not done.stdout and done.returncode != 0:
        return None
    return done.stdout


def address(text):
    return str(ipaddress.ip_address(text))


def nanoseconds(decimal_seconds):
    seconds, _, fraction = decimal_seconds.partition(".")
    return int(seconds) * 10**9 + int((fraction + "0" * 9)[:9])


def cairn_sessions(path, work):
    out = work / "sessions.tsv"
    # As long as tshark waits: for ever.  And no reordering, because tshark takes packets as they come.
    done = subprocess.run([CAIRN, "replay", path, "--sessions", out, "--alerts", work / "alerts.json", "--quiet",
                           "--set", "connections.closing_timeout=1h", "--set", "connections.handshake_timeout=1h",
                           "--set", "connections.established_timeout=60d", "--set", "capture.reorder_window=0s"],
                          check=False, stderr=subprocess.PIPE, text=True)
    if done.returncode == 2 or not out.exists():
        return None
    sessions = []
    with open(out, encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines, delimiter="\t"):
            client = (address(row["client_ip"]), int(row["client_port"]))
            server = (address(row["server_ip"]), int(row["server_port"]))
            flows = {end: Flow(int(row[f"{side}_packets"]), int(row[f"{side}_payload_bytes"]))
                     for end, side in ((server, "server"), (client, "client"))}
            sessions.append(Session(frozenset((client, server)), unix_ns(row["first_time"]),
                                    unix_ns(row["last_time"]), flows, row))
    return sessions


def unix_ns(rfc3339):
    import calendar
    import time

    whole, _, fraction = rfc3339.rstrip("Z").partition(".")
    return calendar.timegm(time.strptime(whole, "%Y-%m-%dT%H:%M:%S")) * 10**9 + int((fraction + "0" * 9)[:9])


FIELDS = ("tcp.stream", "frame.time_epoch", "frame.protocols", "ip.src", "ipv6.src", "tcp.srcport", "ip.dst",
          "ipv6.dst", "tcp.dstport", "tcp.len")


def outer_segment(row):
    """The first TCP header of a packet that tshark tells of: (stream, time in ns, source, destination, payload); None
    when an ICMP error quotes it.  tshark also reads packets within payload (OpenFlow has such), behind that header."""
    stream, time, protocols, src4, src6, sport, dst4, dst6, dport, length = (value.split(",") for value in row)
    layers = protocols[0].split(":")
    before = layers[:layers.index("tcp")]
    if "icmp" in before or "icmpv6" in before or not length[0]:
        return None
    last = [layer for layer in before if layer in ("ip", "ipv6")][-1]
    place = before.count(last) - 1
    src, dst = (src4, dst4) if last == "ip" else (src6, dst6)
    return (stream[0], nanoseconds(time[0]), (address(src[place]), int(sport[0])),
            (address(dst[place]), int(dport[0])), int(length[0]))


def tshark_sessions(path):
    """By tshark's stream numbers, and its own table of conversations."""
    fields = [word for field in FIELDS for word in ("-e", field)]
    text = run("tshark", "-n", "-r", path, "-o", "tcp.desegment_tcp_streams:false", "-o", "ip.defragment:false",
               "-o", "ipv6.defragment:false", "-Y", "tcp", "-T", "fields", "-E", "occurrence=a", *fields,
               "-z", "conv,tcp,tcp && !icmp && !icmpv6")
    if text is None:
        return None, []
    streams, rows = {}, []
    for line in text.splitlines():
        row = line.split("\t")
        if len(row) != len(FIELDS):
            rows += conversation(line)
            continue
        segment = outer_segment(row)
        if segment is None:
            continue
        stream, now, src, dst, payload = segment
        session = streams.setdefault(stream, Session(frozenset((src, dst)), now, now, {src: Flow(), dst: Flow()}))
        session.first_ns = min(session.first_ns, now)
        session.last_ns = max(session.last_ns, now)
        session.flows[src].packets += 1
        session.flows[src].payload += payload
    return list(streams.values()), rows


def conversation(line):
    """A row of tshark's table, as people read it: [(end, end, frames <-, frames ->, duration in ns)]; else []."""
    words = line.split()
    if len(words) < 12 or words[1] != "<->":
        return []
    first, second = (end.rpartition(":") for end in (words[0], words[2]))
    return [((address(first[0].strip("[]")), int(first[2])), (address(second[0].strip("[]")), int(second[2])),
             int(words[3]), int(words[6]), nanoseconds(words[-1]))]


def tcptrace_flows(path):
    """{(ends, first packet in us): {sender: unique bytes}}; of connections in which nothing was repeated or lost."""
    text = run("tcptrace", "-nl", "--csv", path)
    if text is None:
        return {}
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    found = {}
    for row in csv.DictReader(lines, skipinitialspace=True):
        row = {name.strip(): value.strip() for name, value in row.items() if name and value}
        if "unique_bytes_sent_b2a" not in row:
            continue
        try:
            a = (address(row["host_a"]), int(row["port_a"]))
            b = (address(row["host_b"]), int(row["port_b"]))
        except ValueError:  # it cuts the beginning off an IPv6 address that starts with zeros
            continue
        clean = all(int(row[f"{what}_{way}"]) == 0 for way in ("a2b", "b2a")
                    for what in ("rexmt_data_pkts", "outoforder_pkts", "zwnd_probe_pkts"))
        first_us = round(nanoseconds(row["first_packet"]) / MICROSECOND_NS)
        found[frozenset((a, b)), first_us] = (clean, {a: int(row["unique_bytes_sent_a2b"]),
                                                      b: int(row["unique_bytes_sent_b2a"])})
    return found


class Tally:
    """Counts, and what to say of each connection that differs."""

    def __init__(self):
        self.counts = collections.Counter()
        self.reasons = collections.Counter()
        self.unexplained = []

    def agree(self, what, good, reason=None, detail=""):
        self.counts[what] += 1
        if good:
            self.counts[what, "equal"] += 1
        elif reason:
            self.reasons[what, reason] += 1
        else:
            self.unexplained.append(f"{what}: {detail}")


def by_ends(sessions):
    groups = collections.defaultdict(list)
    for session in sessions:
        groups[session.ends].append(session)
    for group in groups.values():
        group.sort(key=lambda session: session.first_ns)
    return groups


def compare_times_and_packets(name, ours, theirs, tally):
    """Yields nothing; counts each of our sessions against tshark's stream of the same ends and order."""
    groups = by_ends(theirs)
    for ends, group in by_ends(ours).items():
        other = groups.pop(ends, [])
        where = f"{name}: {' '.join(f'{ip}:{port}' for ip, port in sorted(ends))}"
        if len(group) != len(other):
            # The same packets all the same?
            same = totals(group) == totals(other)
            for session in group:
                tally.agree("cut into sessions", False, "cut elsewhere, the same packets in sum" if same else None,
                            f"{where}: {len(group)} sessions, tshark {len(other)}")
            continue
        for session, stream in zip(group, other):
            tally.agree("cut into sessions", True)
            for end in ends:
                own, tsharks = session.flows[end], stream.flows[end]
                tally.agree("packets of a side", own.packets == tsharks.packets, None,
                            f"{where}: {own.packets} and {tsharks.packets}")
                tally.agree("payload bytes of a side", own.payload == tsharks.payload, None,
                            f"{where}: {own.payload} and {tsharks.payload}")
            tally.agree("first time", session.first_ns == stream.first_ns, None,
                        f"{where}: {session.first_ns} and {stream.first_ns}")
            tally.agree("last time", session.last_ns == stream.last_ns, None,
                        f"{where}: {session.last_ns} and {stream.last_ns}")
    for ends, group in groups.items():
        for stream in group:
            tally.agree("cut into sessions", False, None,
                        f"{name}: {' '.join(f'{ip}:{port}' for ip, port in sorted(ends))}: only tshark has it")


def totals(sessions):
    sums = collections.defaultdict(Flow)
    for session in sessions:
        for end, flow in session.flows.items():
            sums[end].packets += flow.packets
            sums[end].payload += flow.payload
    return {end: (flow.packets, flow.payload) for end, flow in sums.items() if flow.packets}


def compare_conversations(name, ours, rows, tally):
    """Against the table itself, where it has one conversation of these ends."""
    table = collections.defaultdict(list)
    for a, b, to_a, to_b, duration_ns in rows:
        table[frozenset((a, b))].append((a, b, to_a, to_b, duration_ns))
    for ends, group in by_ends(ours).items():
        other = table.get(ends, [])
        if len(group) != 1 or len(other) != 1:
            continue
        session, (a, b, to_a, to_b, duration_ns) = group[0], other[0]
        where = f"{name}: {a[0]}:{a[1]} {b[0]}:{b[1]}"
        if a == b:
            continue
        good = session.flows[b].packets == to_a and session.flows[a].packets == to_b
        tally.agree("conv,tcp: frames", good, None, where)
        off = abs(session.last_ns - session.first_ns - duration_ns)
        tally.agree("conv,tcp: duration", off <= DURATION_STEP_NS, None, f"{where}: {off} ns off")


def compare_unique_bytes(name, ours, tcptrace, tally):
    for session in ours:
        found = tcptrace.get((session.ends, round(session.first_ns / MICROSECOND_NS)))
        if found is None:
            continue
        clean, unique = found
        for end, side in (((address(session.record[f"{side}_ip"]), int(session.record[f"{side}_port"])), side)
                          for side in ("client", "server")):
            value, missed = int(session.record[f"{side}_bytes"]), int(session.record[f"{side}_missed_bytes"])
            repeated = int(session.record[f"{side}_retransmitted_bytes"])
            lossless = clean and missed == 0 and repeated == 0
            what = "unique bytes of a side" + ("" if lossless else ", with loss or repeats")
            where = f"{name}: {session.record['client_ip']}:{session.record['client_port']} {side}"
            good = value - missed == unique[end]
            reason = None if lossless else "tcptrace counts a gap's late filling, or a probe, as a repeat"
            if not good and "S" not in session.record["history"].upper():
                reason = "no SYN: tcptrace takes the first acknowledgement's number for the first byte's"
            tally.agree(what, good, reason, f"{where}: {value - missed} and {unique[end]}")


def captures(paths):
    for path in paths:
        if path.is_dir():
            yield from sorted(file for file in path.rglob("*") if file.name.endswith((".pcap", ".pcap.gz", ".pcapng")))
        else:
            yield path


def compare(path, tally):
    with tempfile.TemporaryDirectory(prefix="cairn-accuracy-") as folder:
        work = pathlib.Path(folder)
        plain = work / "capture.pcap"
        opener = gzip.open if path.name.endswith(".gz") else open
        with opener(path, "rb") as packed, open(plain, "wb") as unpacked:
            shutil.copyfileobj(packed, unpacked)
        ours, (theirs, rows) = cairn_sessions(plain, work), tshark_sessions(plain)
        if ours is None or theirs is None:
            tally.counts["captures that one of them cannot read"] += 1
            return
        tally.counts["captures"] += 1
        tally.counts["sessions"] += len(ours)
        compare_times_and_packets(path.name, ours, theirs, tally)
        compare_conversations(path.name, ours, rows, tally)
        compare_unique_bytes(path.name, ours, tcptrace_flows(plain), tally)


def main(words):
    parser = argparse.ArgumentParser(prog="./dev accuracy sessions")
    parser.add_argument("path", nargs="*", type=pathlib.Path, help="captures, or folders of captures; default: bundled")
    parser.add_argument("--verbose", action="store_true", help="one line for each capture")
    arguments = parser.parse_args(words)
    tally = Tally()
    for path in captures(arguments.path or [BUNDLED]):
        if arguments.verbose:
            print(path, flush=True)
        compare(path, tally)
    for what in [key for key in tally.counts if isinstance(key, str)]:
        total = tally.counts[what]
        if (what, "equal") in tally.counts or any(key[0] == what for key in tally.reasons):
            print(f"{what:<45} {tally.counts[what, 'equal']:>9,} of {total:>9,} equal")
            for (name, reason), count in tally.reasons.items():
                if name == what:
                    print(f"{'':<45} {count:>9,} {reason}")
        else:
            print(f"{what:<45} {total:>9,}")
    for line in tally.unexplained[:200]:
        print("not explained:", line)
    print(f"{len(tally.unexplained)} differences without a reason")
    return 1 if tally.unexplained else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
