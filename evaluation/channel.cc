// SPDX-License-Identifier: BSD-3-Clause
#include "evaluation/channel.h"

#include <algorithm>

namespace cairn::evaluation {
namespace {

constexpr PacketDelta kRetransmission = PacketDelta::FromMilliseconds(200);

enum class Fate { kArrives, kLostBeforeTap, kLostBehindTap };

Fate Draw(double share, traces::RandomStream& random) {
  if (!random.Chance(share)) return Fate::kArrives;
  return random.Chance(0.5) ? Fate::kLostBeforeTap : Fate::kLostBehindTap;
}

}  // namespace

void SortByTime(Stream& stream) {
  std::stable_sort(stream.begin(), stream.end(),
                   [](const DataSegment& a, const DataSegment& b) { return a.time < b.time; });
}

FlowTimes TimesOf(const Stream& stream) {
  FlowTimes times;
  times.reserve(stream.size());
  for (const DataSegment& segment : stream) times.push_back(segment.time);
  return times;
}

PacketDelta RelayTime(traces::RandomStream& random) {
  return traces::Seconds(0.001 + random.Exponential(0.002));
}

Stream Relayed(const Stream& in, PacketDelta most, DelayOrder order, traces::RandomStream& random) {
  const double most_s = static_cast<double>(most.ToNanoseconds()) / 1e9;
  Stream out;
  out.reserve(in.size());
  PacketTime last = PacketTime::InfinitePast();
  for (const DataSegment& segment : in) {
    const PacketDelta held = most == PacketDelta::Zero()
                                 ? PacketDelta::Zero()
                                 : traces::Seconds(random.Uniform(0, most_s));
    PacketTime leaves = segment.time + RelayTime(random) + held;
    if (order == DelayOrder::kKept) leaves = std::max(leaves, last);
    last = leaves;
    out.push_back({leaves, segment.ends_line});
  }
  SortByTime(out);
  return out;
}

Stream Merged(const Stream& in, PacketDelta window) {
  if (window == PacketDelta::Zero()) return in;
  Stream out;
  for (const DataSegment& segment : in) {
    if (!out.empty() && segment.time <= out.back().time) {
      out.back().ends_line |= segment.ends_line;
    } else {
      out.push_back({segment.time + window, segment.ends_line});
    }
  }
  return out;
}

Stream Split(const Stream& in, traces::RandomStream& random) {
  Stream out;
  out.reserve(in.size() * 2);
  for (const DataSegment& segment : in) {
    out.push_back({segment.time, false});
    out.push_back({segment.time + traces::Seconds(random.Exponential(0.001)), segment.ends_line});
  }
  SortByTime(out);
  return out;
}

Stream Coalesced(const Stream& in, PacketDelta within) {
  Stream out;
  for (const DataSegment& segment : in) {
    if (!out.empty() && segment.time - out.back().time < within) {
      out.back().ends_line |= segment.ends_line;
    } else {
      out.push_back(segment);
    }
  }
  return out;
}

Crossing CrossLossy(const Stream& in, double share, traces::RandomStream& random) {
  if (share <= 0) return {in, in};
  Crossing crossing;
  PacketTime last_delivered = PacketTime::InfinitePast();
  for (size_t i = 0; i < in.size(); ++i) {
    const DataSegment& segment = in[i];
    const Fate fate = Draw(share, random);
    const PacketTime repeated = segment.time + kRetransmission;
    if (fate == Fate::kLostBeforeTap) {
      const bool overtaken = i + 1 < in.size() && in[i + 1].time < repeated;
      if (!overtaken) crossing.seen.push_back({repeated, segment.ends_line});
    } else {
      crossing.seen.push_back(segment);
    }
    const PacketTime arrives = fate == Fate::kArrives ? segment.time : repeated;
    last_delivered = std::max(last_delivered, arrives);
    crossing.delivered.push_back({last_delivered, segment.ends_line});
  }
  SortByTime(crossing.seen);
  return crossing;
}

void AddPoisson(Stream& stream, double per_second, PacketTime end, traces::RandomStream& random) {
  if (per_second <= 0) return;
  for (PacketTime time = kSessionStart;;) {
    time = time + traces::Seconds(random.Exponential(1 / per_second));
    if (time >= end) break;
    stream.push_back({time, false});
  }
  SortByTime(stream);
}

}  // namespace cairn::evaluation
