// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TESTS_SUPPORT_FORGED_TRAFFIC_H_
#define CAIRN_TESTS_SUPPORT_FORGED_TRAFFIC_H_

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "capture/segment.h"

namespace cairn::testing {

// What somebody sends who wants to fill a detector's tables.
enum class Forgery : uint8_t {
  kSyn,     // handshakes that nobody goes on with, each from an address of its own
  kData,    // a byte of data of a connection that nobody knows, likewise
  kKnown,   // a byte of a connection that is known, at its place or 1 MB ahead of it
  kRst,     // resets, one half of known connections (at their place), one half of others
  kPauses,  // a byte of any of many connections, so that all of them resume all the time
};
inline constexpr std::array<std::string_view, 5> kForgeryNames = {"syn", "data", "known", "rst",
                                                                  "pauses"};
inline std::optional<Forgery> ForgeryFromName(std::string_view name) {
  for (size_t i = 0; i < kForgeryNames.size(); ++i) {
    if (kForgeryNames[i] == name) return static_cast<Forgery>(i);
  }
  return std::nullopt;
}

// Segments of one kind at a steady rate, from outside to 10.0.0.0/16.  Deterministic.
class ForgedTraffic {
 public:
  // `known`: connections that kKnown, kRst and kPauses go round.
  ForgedTraffic(Forgery kind, uint32_t per_second, uint32_t known)
      : kind_(kind),
        step_ns_(1'000'000'000 / per_second),
        next_seq_(kind == Forgery::kSyn || kind == Forgery::kData ? 0 : known, 1) {}

  // The handshakes of the known connections, in their first second.
  std::vector<Segment> Handshakes() {
    std::vector<Segment> segments;
    const auto count = static_cast<int64_t>(next_seq_.size());
    for (uint32_t i = 0; i < next_seq_.size(); ++i) {
      Segment segment = Known(i);
      segment.time = PacketTime::FromNanoseconds(now_ns_ + 1'000'000'000 * i / count);
      segment.seq = 0;
      segment.flags = kSyn;
      segments.push_back(segment);
      segment.flags = kSyn | kAck;
      std::swap(segment.src, segment.dst);
      std::swap(segment.src_port, segment.dst_port);
      segment.ack = 1;
      segments.push_back(segment);
    }
    now_ns_ += 1'000'000'000;
    return segments;
  }

  void Fill(std::span<Segment> segments) {
    for (Segment& segment : segments) {
      now_ns_ += step_ns_;
      segment = Next();
      segment.time = PacketTime::FromNanoseconds(now_ns_);
    }
  }

 private:
  Segment Next() {
    ++count_;
    switch (kind_) {
      case Forgery::kSyn: {
        Segment segment = Unknown();
        segment.flags = kSyn;
        return segment;
      }
      case Forgery::kData:
        return WithData(Unknown());
      case Forgery::kRst: {
        const uint32_t i = Random() % static_cast<uint32_t>(next_seq_.size());
        Segment segment = count_ % 2 == 0 ? Known(i) : Unknown();
        if (count_ % 2 == 0) segment.seq = next_seq_[i];
        segment.flags = kRst;
        return segment;
      }
      case Forgery::kKnown: {
        const uint32_t i = Random() % static_cast<uint32_t>(next_seq_.size());
        Segment segment = WithData(Known(i));
        segment.seq = count_ % 2 == 0 ? next_seq_[i]++ : next_seq_[i] + 1'000'000;
        return segment;
      }
      case Forgery::kPauses:
        break;
    }
    // At random: what comes at equal intervals is a clock's, and no onset.
    const uint32_t i = Random() % static_cast<uint32_t>(next_seq_.size());
    Segment segment = WithData(Known(i));
    segment.seq = next_seq_[i]++;
    return segment;
  }

  Segment Unknown() {
    Segment segment;
    segment.src = IpAddress::FromV4(0x20000000U + Random() % 0x40000000U);
    segment.dst = IpAddress::FromV4(0x0a000000U + Random() % 0x10000U);
    segment.src_port = static_cast<uint16_t>(1024 + Random() % 60'000);
    segment.dst_port = 22;
    segment.seq = Random();
    return segment;
  }

  static Segment Known(uint32_t i) {
    Segment segment;
    segment.src = IpAddress::FromV4(0x80000000U + i / 64);
    segment.dst = IpAddress::FromV4(0x0a000000U + i % 0x10000U);
    segment.src_port = static_cast<uint16_t>(20'000 + i % 64);
    segment.dst_port = 22;
    return segment;
  }

  static Segment WithData(Segment segment) {
    segment.flags = kAck;
    segment.ack = 1;
    segment.payload_bytes = 1;
    return segment;
  }

  uint32_t Random() {
    random_ = random_ * 6364136223846793005ULL + 1442695040888963407ULL;
    return static_cast<uint32_t>(random_ >> 32);
  }

  const Forgery kind_;
  const int64_t step_ns_;
  std::vector<uint32_t> next_seq_;
  int64_t now_ns_ = 1'700'000'000'000'000'000;
  uint64_t count_ = 0;
  uint64_t random_ = 1;
};

}  // namespace cairn::testing

#endif  // CAIRN_TESTS_SUPPORT_FORGED_TRAFFIC_H_
