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
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
CAIRN = ROOT / "build/bin/cairn"
BUNDLED = ROOT / "traces"
# tshark prints a conversation's duration with four decimals.
DURATION_STEP_NS = 100_000
MICROSECOND_NS = 1000  # tcptrace's resolution
FARTHEST_NS = 0x1_0000_0000 * 10**9  # before and after 1970


@dataclasses.dataclass
class Flow:
    """What one end sent."""

    packets: int = 0
    payload: int = 0
    claimed: int = 0  # payload by the IP header's length alone


@dataclasses.dataclass
class Session:
    """One connection, by whoever counted it; `flows` by the sender's (address, port)."""

    ends: frozenset
    first_ns: int
    last_ns: int
    flows: dict
    record: dict = None


@dataclasses.dataclass
class Capture:
    """What tshark says of a capture."""

    sessions: list
    conversations: list
    # Ends of packets that its table of conversations counts and `sessions` do not, or the reverse.
    counted_otherwise: set
    inside: collections.Counter  # packets by the layer that is not looked into
    big_tcp: int = 0             # packets with lengths of zero, because they do not fit


def run(*command):
    done = subprocess.run([str(word) for word in command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, check=False)
    # tshark and tcptrace read what is whole of a cut file, and say 1 or 2.
    if not done.stdout and done.returncode != 0:
        return None
    return done.stdout


def address(text):
    ip = ipaddress.ip_address(text)
    return str(getattr(ip, "ipv4_mapped", None) or ip)


def nanoseconds(decimal_seconds):
    seconds, _, fraction = decimal_seconds.partition(".")
    return int(seconds) * 10**9 + int((fraction + "0" * 9)[:9])


def cairn_sessions(path, work):
    out = work / "sessions.tsv"
    # As long as tshark waits: for ever.  And no reordering, because tshark takes packets as they come.
    done = subprocess.run([CAIRN, "replay", path, "--sessions", out, "--alerts", work / "alerts.json",
                           "--summary", "json",
                           "--set", "connections.closing_timeout=1h", "--set", "connections.handshake_timeout=1h",
                           "--set", "connections.established_timeout=60d", "--set", "capture.reorder_window=0s"],
                          check=False, stderr=subprocess.PIPE, text=True)
    if done.returncode == 2 or not out.exists():
        return None, False
    counters = [json.loads(line)["capture"] for line in done.stderr.splitlines() if line[:1] == "{"]
    goes_back = any(counter["clamped"] + counter["reordered"] > 0 for counter in counters)
    sessions = []
    with open(out, encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines, delimiter="\t"):
            client = (address(row["client_ip"]), int(row["client_port"]))
            server = (address(row["server_ip"]), int(row["server_port"]))
            flows = {end: Flow(int(row[f"{side}_packets"]), int(row[f"{side}_payload_bytes"]))
                     for end, side in ((server, "server"), (client, "client"))}
            sessions.append(Session(frozenset((client, server)), unix_ns(row["first_time"]),
                                    unix_ns(row["last_time"]), flows, row))
    return sessions, goes_back


def unix_ns(rfc3339):
    import calendar
    import time

    whole, _, fraction = rfc3339.rstrip("Z").partition(".")
    return calendar.timegm(time.strptime(whole, "%Y-%m-%dT%H:%M:%S")) * 10**9 + int((fraction + "0" * 9)[:9])


FIELDS = ("tcp.stream", "frame.time_epoch", "frame.protocols", "ip.src", "ipv6.src", "tcp.srcport", "ip.dst",
          "ipv6.dst", "tcp.dstport", "tcp.len", "ip.len", "ip.hdr_len", "ip.flags.mf", "ipv6.plen",
          "ipv6.fraghdr.more", "tcp.hdr_len", "gre.proto")
# What tshark looks into and cairn does not; a TCP header in an ICMP error is a quotation.
NOT_LOOKED_INTO = {"icmp", "icmpv6", "etag", "vntag", "ayiya", "teredo", "gtp", "ipcomp", "wlan", "capwap.data", "l2tp",
                   "sflow"}
WCCP_IN_GRE = "0x883e"
SHORTEST_HEADER = 20


@dataclasses.dataclass
class Segment:
    """A packet's first TCP header.  tshark also reads packets within payload (OpenFlow has such), behind it."""

    stream: str
    time_ns: int
    src: tuple
    dst: tuple
    payload: int  # None: tshark calls the header malformed
    claimed: int
    inside: str  # what is not looked into, and holds this header; else empty
    holds_others: bool


def number(values, place):
    return int(values[place]) if place < len(values) and values[place] else 0


def not_looked_into(before, values):
    if WCCP_IN_GRE in values["gre.proto"]:
        return "wccp"
    if ("udp", "gre") in zip(before, before[1:]):
        return "gre over udp"
    return next((layer for layer in before if layer in NOT_LOOKED_INTO), "")


def segment_of(row):
    """None: a packet without a TCP header that tshark can read."""
    values = dict(zip(FIELDS, (value.split(",") for value in row)))
    layers = values["frame.protocols"][0].split(":")
    if "tcp" not in layers or (values["ipv6.plen"][0] == "0" and not values["tcp.len"][0]):
        return None
    before, behind = layers[:layers.index("tcp")], layers[layers.index("tcp") + 1:]
    ip = [layer for layer in before if layer in ("ip", "ipv6")][-1]
    place = before.count(ip) - 1
    src, dst = ((address(values[f"{ip}.{side}"][place]), int(values[f"tcp.{side}port"][0])) for side in ("src", "dst"))
    if ip == "ip":
        room = number(values["ip.len"], place) - number(values["ip.hdr_len"], place)
        fragment = values["ip.flags.mf"][place] in ("1", "True")
    else:
        fragment = values["ipv6.fraghdr.more"][-1] in ("1", "True")
        room = number(values["ipv6.plen"], place) - (8 if "" != values["ipv6.fraghdr.more"][-1] else 0)
    header = number(values["tcp.hdr_len"], 0)
    payload = int(values["tcp.len"][0]) if values["tcp.len"][0] else None
    # tshark tells no length of a fragment's payload, nor where the packet ends within the header.
    if payload is None and room >= header:
        payload = room - header if fragment else 0
    if header < SHORTEST_HEADER:
        payload = None
    return Segment(values["tcp.stream"][0], nanoseconds(values["frame.time_epoch"][0]), src, dst, payload,
                   max(room - header, payload or 0), not_looked_into(before, values),
                   not {"tcp", "icmp", "icmpv6"}.isdisjoint(behind))


def tshark_capture(path):
    fields = [word for field in FIELDS for word in ("-e", field)]
    text = run("tshark", "-n", "-r", path, "-o", "tcp.desegment_tcp_streams:false", "-o", "ip.defragment:false",
               "-o", "ipv6.defragment:false", "-Y", "tcp || udp.length == 0 || ipv6.plen == 0",
               "-T", "fields", "-E", "occurrence=a", *fields, "-z", "conv,tcp,tcp && !icmp && !icmpv6")
    if text is None:
        return None
    streams, capture = {}, Capture([], [], set(), collections.Counter())
    for line in text.splitlines():
        row = line.split("\t")
        if len(row) != len(FIELDS):
            capture.conversations += conversation(line)
            continue
        segment = segment_of(row)
        if segment is None:
            capture.big_tcp += 1
            continue
        ends = frozenset((segment.src, segment.dst))
        if segment.inside or segment.payload is None or segment.holds_others:
            capture.counted_otherwise.add(ends)
        if segment.inside or segment.payload is None:
            capture.inside[segment.inside or "a header that is cut off or malformed"] += 1
            continue
        now = segment.time_ns
        session = streams.setdefault(segment.stream, Session(ends, now, now, {end: Flow() for end in ends}))
        session.first_ns = min(session.first_ns, now)
        session.last_ns = max(session.last_ns, now)
        flow = session.flows[segment.src]
        flow.packets += 1
        flow.payload += segment.payload
        flow.claimed += segment.claimed
    capture.sessions = list(streams.values())
    return capture


def conversation(line):
    """A row of tshark's table, as people read it: [(end, end, frames <-, frames ->, duration in ns)]; else []."""
    words = line.split()
    if len(words) < 12 or words[1] != "<->":
        return []
    first, second = (end.rpartition(":") for end in (words[0], words[2]))
    return [((address(first[0].strip("[]")), int(first[2])), (address(second[0].strip("[]")), int(second[2])),
             int(words[3]), int(words[6]), nanoseconds(words[-1]))]


def tcptrace_flows(path):
    """{ends: [(first packet in us, whether nothing was repeated or lost, {sender: (unique bytes, data bytes)})]}"""
    text = run("tcptrace", "-nl", "--csv", path)
    if text is None:
        return {}
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    found = collections.defaultdict(list)
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
        flows = {end: (int(row[f"unique_bytes_sent_{way}"]), int(row[f"actual_data_bytes_{way}"]))
                 for end, way in ((a, "a2b"), (b, "b2a"))}
        found[frozenset((a, b))].append((first_us, clean, flows))
    return found


class Tally:
    """Counts, and what to say of each connection that differs."""

    def __init__(self):
        self.counts = collections.Counter()
        self.reasons = collections.Counter()
        self.inside = collections.Counter()
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


def reason_of_time(own_ns, tshark_ns, goes_back):
    if own_ns % 10**9 == 10**9 - 1:
        return "the fraction of a second is none, taken for the second's last nanosecond"
    if not -FARTHEST_NS <= tshark_ns <= FARTHEST_NS:
        return "outside of the years 1840 to 2106, taken for a damaged time stamp"
    return "time goes back in the capture, and sessions take the newest" if goes_back else None


def compare_times_and_packets(name, ours, tshark, goes_back, tally):
    """Counts each of our sessions against tshark's stream of the same ends and order."""
    groups = by_ends(tshark.sessions)
    for ends, group in by_ends(ours).items():
        other = groups.pop(ends, [])
        where = f"{name}: {' '.join(f'{ip}:{port}' for ip, port in sorted(ends))}"
        if len(group) != len(other):
            # The same packets all the same?
            reason = "cut elsewhere, the same packets in sum" if totals(group) == totals(other) else None
            if not other and tshark.big_tcp:
                reason = "lengths of zero (BIG TCP), which tshark does not read"
            for session in group:
                tally.agree("cut into sessions", False, reason,
                            f"{where}: {len(group)} sessions, tshark {len(other)}")
            continue
        for session, stream in zip(group, other):
            tally.agree("cut into sessions", True)
            for end in ends:
                own, tsharks = session.flows[end], stream.flows[end]
                tally.agree("packets of a side", own.packets == tsharks.packets, None,
                            f"{where}: {own.packets} and {tsharks.packets}")
                claims = own.payload == tsharks.claimed
                tally.agree("payload bytes of a side", own.payload == tsharks.payload,
                            "the IP length points behind the packet's end" if claims else None,
                            f"{where}: {own.payload} and {tsharks.payload}, by IP lengths {tsharks.claimed}")
            for what, own, tsharks in (("first time", session.first_ns, stream.first_ns),
                                       ("last time", session.last_ns, stream.last_ns)):
                tally.agree(what, own == tsharks, reason_of_time(own, tsharks, goes_back),
                            f"{where}: {own} and {tsharks}")
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


def compare_conversations(name, ours, tshark, goes_back, tally):
    """Against the table itself, where it has one conversation of these ends."""
    table = collections.defaultdict(list)
    for a, b, to_a, to_b, duration_ns in tshark.conversations:
        table[frozenset((a, b))].append((a, b, to_a, to_b, duration_ns))
    for ends, group in by_ends(ours).items():
        other = table.get(ends, [])
        if len(group) != 1 or len(other) != 1:
            continue
        session, (a, b, to_a, to_b, duration_ns) = group[0], other[0]
        where = f"{name}: {a[0]}:{a[1]} {b[0]}:{b[1]}"
        if a == b:
            continue
        otherwise = "it counts packets that are no segments, or not those that hold ICMP" \
            if ends in tshark.counted_otherwise else None
        good = session.flows[b].packets == to_a and session.flows[a].packets == to_b
        tally.agree("conv,tcp: frames", good, otherwise, where)
        off = abs(session.last_ns - session.first_ns - duration_ns)
        tally.agree("conv,tcp: duration", off <= DURATION_STEP_NS, otherwise or
                    reason_of_time(session.last_ns, max(stream.last_ns for stream in tshark.sessions), goes_back),
                    f"{where}: {off} ns off")


def reason_of_unique_bytes(session, side, value, lossless, unique, data, goes_back, cut_otherwise):
    if cut_otherwise:
        return "tcptrace cuts these connections elsewhere"
    if unique > data:
        return "tcptrace tells of more unique bytes than data bytes"
    if "S" not in session.record["history"].upper():
        return "no SYN: tcptrace takes the first acknowledgement's number for the first byte's"
    if goes_back:
        return "time goes back in the capture, and tcptrace cuts by time"
    if not lossless and "R" in session.record[f"{side}_flags"] and unique > value:
        return "tcptrace counts the data that a RST carries"
    return None


def compare_unique_bytes(name, ours, tcptrace, goes_back, tally):
    for ends, group in by_ends(ours).items():
        rows = tcptrace.get(ends, [])
        for session in group:
            first_us = round(session.first_ns / MICROSECOND_NS)
            for _, clean, flows in (row for row in rows if row[0] == first_us):
                compare_unique_bytes_of(session, clean, flows, goes_back, len(rows) != len(group), name, tally)


def compare_unique_bytes_of(session, clean, flows, goes_back, cut_otherwise, name, tally):
    for side in ("client", "server"):
        end = (address(session.record[f"{side}_ip"]), int(session.record[f"{side}_port"]))
        value, missed = int(session.record[f"{side}_bytes"]), int(session.record[f"{side}_missed_bytes"])
        repeated = int(session.record[f"{side}_retransmitted_bytes"])
        unique, data = flows[end]
        lossless = clean and missed == 0 and repeated == 0
        what = "unique bytes of a side" + ("" if lossless else ", with loss or repeats")
        where = f"{name}: {session.record['client_ip']}:{session.record['client_port']} {side}"
        tally.agree(what, value - missed == unique,
                    reason_of_unique_bytes(session, side, value, lossless, unique, data, goes_back, cut_otherwise),
                    f"{where}: {value - missed} and {unique}")


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
        (ours, goes_back), tshark = cairn_sessions(plain, work), tshark_capture(plain)
        if ours is None or tshark is None:
            tally.counts["captures that one of them cannot read"] += 1
            return
        tally.counts["captures"] += 1
        tally.counts["sessions"] += len(ours)
        for layer, packets in tshark.inside.items():
            tally.inside[layer] += packets
        compare_times_and_packets(path.name, ours, tshark, goes_back, tally)
        compare_conversations(path.name, ours, tshark, goes_back, tally)
        compare_unique_bytes(path.name, ours, tcptrace_flows(plain), goes_back, tally)


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
    for layer, packets in tally.inside.items():
        print(f"left out of tshark's: {packets:,} packets with TCP in {layer}")
    for line in tally.unexplained[:200]:
        print("not explained:", line)
    print(f"{len(tally.unexplained)} differences without a reason")
    return 1 if tally.unexplained else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
