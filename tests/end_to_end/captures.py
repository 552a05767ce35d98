# SPDX-License-Identifier: BSD-3-Clause
"""Small captures for the tests, made by code: stepping stones that somebody types through, and noise."""
import random
import socket
import struct

FIN, SYN, RST, PSH, ACK = 0x01, 0x02, 0x04, 0x08, 0x10
ETHERNET = 1
MILLISECOND = 1_000_000
SECOND = 1_000 * MILLISECOND
START = 1_795_256_102 * SECOND  # 2026-11-21T10:15:02Z


def frame(src, sport, dst, dport, flags, seq, ack, payload_bytes):
    """One Ethernet frame with IPv4 and TCP headers; the payload is zeros."""
    tcp = struct.pack("!HHIIBBHHH", sport, dport, seq & 0xFFFFFFFF, ack & 0xFFFFFFFF, 0x50, flags, 65535, 0, 0)
    ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 40 + payload_bytes, 0, 0x4000, 64, 6, 0,
                     socket.inet_aton(src), socket.inet_aton(dst))
    return bytes(12) + b"\x08\x00" + ip + tcp + bytes(payload_bytes)


class Connection:
    """One TCP connection that appends its packets, as (time, frame), to a list."""

    def __init__(self, packets, src, sport, dst, dport, start):
        self.packets = packets
        self.ends = (src, sport), (dst, dport)
        self.next = [1000, 5000]
        self._send(start, 0, SYN, 0, 1)
        self._send(start + 10 * MILLISECOND, 1, SYN | ACK, 0, 1)
        self._send(start + 20 * MILLISECOND, 0, ACK, 0, 0)

    def _send(self, time, side, flags, payload, sequence_space):
        (src, sport), (dst, dport) = self.ends[side], self.ends[1 - side]
        ack = self.next[1 - side] if flags & ACK else 0
        self.packets.append((time, frame(src, sport, dst, dport, flags, self.next[side], ack, payload)))
        self.next[side] += sequence_space

    def data(self, time, from_originator, payload=48):
        self._send(time, 0 if from_originator else 1, PSH | ACK, payload, payload)

    def close(self, time):
        self._send(time, 0, FIN | ACK, 0, 1)
        self._send(time + 10 * MILLISECOND, 1, FIN | ACK, 0, 1)
        self._send(time + 20 * MILLISECOND, 0, ACK, 0, 0)


def key_times(rng, start, keys):
    """Bursts of keys with pauses between them."""
    time = start
    for _ in range(keys):
        time += int(rng.choice((rng.uniform(0.1, 0.3), rng.uniform(0.6, 2.5))) * SECOND)
        yield time


def chain(number=0, keys=60, start=START, close=True, clear_text=False, seed=1):
    """Packets of somebody outside who types over an inside host (10.10.0.0/16) to an outside target."""
    rng = random.Random(seed * 1000 + number)
    packets = []
    person, stone, target = f"172.16.{number}.2", f"10.10.{number}.15", f"172.17.{number}.2"
    up = Connection(packets, person, 40000 + number, stone, 23 if clear_text else 22, start)
    down = Connection(packets, stone, 50000 + number, target, 22, start + SECOND)
    time = start
    for time in key_times(rng, start + 2 * SECOND, keys):
        lag = int(rng.uniform(1, 8) * MILLISECOND)
        away = int(rng.uniform(15, 40) * MILLISECOND)
        up.data(time, True)
        down.data(time + lag, True)
        down.data(time + lag + away, False)
        up.data(time + 2 * lag + away, False)
    if close:
        up.close(time + SECOND)
        down.close(time + SECOND + 5 * MILLISECOND)
    return sorted(packets)


def chains(count, **options):
    return sorted(packet for number in range(count) for packet in chain(number, **options))


def pcap(packets, link=ETHERNET, snap=65535):
    """A classic pcap file with nanoseconds."""
    parts = [struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, snap, link)]
    for time, data in packets:
        parts.append(record(time, data[:snap], len(data)))
    return b"".join(parts)


def record(time, data, wire_bytes, captured=None):
    captured = len(data) if captured is None else captured
    return struct.pack("<IIII", time // SECOND, time % SECOND, captured, wire_bytes) + data
