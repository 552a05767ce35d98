// SPDX-License-Identifier: BSD-3-Clause
#include "traces/copies/forge.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "fmt/format.h"

#include "capture/file_byte_order.h"
#include "traces/copies/forged_frame.h"
#include "traces/writing/output_file.h"
#include "traces/writing/tcp_frame.h"

namespace cairn::traces {
namespace {

constexpr uint32_t kEthernetLink = 1;

struct Connection {
  // The first to have been seen, and the other.
  std::array<KnownFlow, 2> flows;
  size_t client = 0;  // which of them
  size_t newest_record = 0;
  std::array<PacketTime, 2> due = {PacketTime::InfinitePast(), PacketTime::InfinitePast()};
  std::array<bool, 2> done_once = {};
  std::array<bool, 2> attacked = {};

  bool open() const {
    const auto usable = [](const KnownFlow& flow) {
      return flow.seen && flow.acknowledges && !flow.finished;
    };
    return usable(flows[0]) && usable(flows[1]) &&
           flows[0].data_segments + flows[1].data_segments > 0;
  }
};

// A forged packet and its place.
struct Forged {
  size_t before_record = 0;  // it stands before this real one
  PacketTime time;
  size_t at = 0;  // of its frame, in the frames' bytes
  uint32_t captured_bytes = 0;
  uint32_t original_bytes = 0;
  bool kept = true;
};

bool Keeps(const ForgeOptions& options, bool of_client, const IpAddress& src,
           const IpAddress& dst) {
  switch (options.kept) {
    case Kept::kAll:
      return true;
    case Kept::kClients:
      return of_client;
    case Kept::kServers:
      return !of_client;
    case Kept::kEntering:
      return options.protect.Contains(dst);
    case Kept::kLeaving:
      return options.protect.Contains(src);
  }
  return true;
}

// Who opened a connection of which this packet is the first.
bool IsClients(const TcpFrame& packet) {
  if (packet.Has(kSyn)) return !packet.Has(kAck);
  return packet.src.port > packet.dst.port;
}

// Goes through the real packets once and decides what is forged where.
class Forgery {
 public:
  Forgery(const RawCapture& capture, const ForgeOptions& options)
      : capture_(capture),
        options_(options),
        random_(options.seed, 0),
        real_kept_(capture.records.size(), true) {
    latest_.reserve(capture.records.size());
    PacketTime latest = PacketTime::InfinitePast();
    for (const RawCapture::Record& record : capture.records)
      latest_.push_back(latest = std::max(latest, record.time));
  }

  absl::Status Run() {
    for (size_t i = 0; i < capture_.records.size() && !too_many_; ++i) {
      const std::span<const uint8_t> frame = capture_.Frame(capture_.records[i]);
      if (const std::optional<TcpFrame> packet = ReadTcpFrame(frame)) Take(i, *packet, frame);
    }
    std::stable_sort(forged_.begin(), forged_.end(), [](const Forged& a, const Forged& b) {
      return std::pair(a.before_record, a.time) < std::pair(b.before_record, b.time);
    });
    counts_.real = capture_.records.size();
    counts_.forged = forged_.size();
    if (!too_many_) return absl::OkStatus();
    return absl::ResourceExhaustedError(fmt::format(
        "more than {} bytes of forged packets; forge fewer, or shorter ones", options_.max_bytes));
  }

  absl::Status WriteTo(const std::string& path, const files::OutputGuard& guard) {
    OutputFile file(CaptureOutput({}, path));
    if (absl::Status status = file.Open(guard); !status.ok()) return status;
    std::vector<uint8_t> buffer(capture_.FileHeader().begin(), capture_.FileHeader().end());
    auto next = forged_.begin();
    for (size_t i = 0; i <= capture_.records.size(); ++i) {
      for (; next != forged_.end() && next->before_record == i; ++next) AppendForged(*next, buffer);
      if (i < capture_.records.size()) AppendReal(i, buffer);
      if (buffer.size() < kFlushBytes) continue;
      if (absl::Status status = file.Write(buffer); !status.ok()) return status;
      buffer.clear();
    }
    absl::Status status = file.Write(buffer);
    status.Update(file.Close());
    return status;
  }

  const ForgeCounts& counts() const { return counts_; }

 private:
  static constexpr size_t kFlushBytes = size_t{1} << 20;

  void Take(size_t record, const TcpFrame& packet, std::span<const uint8_t> frame) {
    const auto [it, fresh] = connections_.try_emplace(std::minmax(packet.src, packet.dst));
    Connection& connection = it->second;
    if (fresh) {
      connection.client = IsClients(packet) ? 0 : 1;
      connection.flows[0].src = packet.src;
    }
    // A SYN begins another connection of the same ends.
    if (packet.Has(kSyn) && !packet.Has(kAck)) {
      connection = Connection();
      connection.flows[0].src = packet.src;
    }
    const size_t side = connection.flows[0].src == packet.src ? 0 : 1;
    real_kept_[record] = Keeps(options_, side == connection.client, packet.src.ip, packet.dst.ip);
    const Placement placement = options_.attack == nullptr ? Placement::kAfter : NextPlacement();
    const bool triggers = options_.attack != nullptr && connection.open();
    bool counted = false;
    if (triggers) {
      ForgeDue(connection, record);
      counted = options_.every_packets > 0 && ++eligible_ % options_.every_packets == 0;
      if (placement != Placement::kAfter) {
        if (counted) ForgeBefore(connection, record, placement);
        ForgeOnce(connection, record, placement);
      }
    }
    connection.flows[side].See(packet, frame);
    connection.newest_record = record;
    if (placement != Placement::kAfter || options_.attack == nullptr || !connection.open()) return;
    if (const std::optional<size_t> end = AnyEnd(connection); counted && end)
      ForgeAfter(connection, record, *end);
    for (const size_t end : {size_t{0}, size_t{1}}) {
      if (IsDueOnce(connection, end)) ForgeAfter(connection, record, end);
    }
  }

  Placement NextPlacement() {
    if (options_.placement != Placement::kMixed) return options_.placement;
    return static_cast<Placement>(random_.Below(3));
  }

  bool MayForge(const Connection& connection, size_t end) const {
    if (options_.forger == Forger::kBothEnds) return true;
    return !options_.protect.Contains(connection.flows[end].src.ip) &&
           options_.protect.Contains(connection.flows[end].dst.ip);
  }

  // The end whose packet is forged; nothing when none may be.
  std::optional<size_t> AnyEnd(const Connection& connection) {
    const size_t end = random_.Chance(0.5) ? 1 : 0;
    if (MayForge(connection, end)) return end;
    if (MayForge(connection, 1 - end)) return 1 - end;
    return std::nullopt;
  }

  bool IsDueOnce(Connection& connection, size_t end) {
    constexpr uint64_t kSegments = 3;
    if (!options_.once || connection.done_once[end] || !MayForge(connection, end)) return false;
    if (connection.flows[end].data_segments < kSegments) return false;
    connection.done_once[end] = true;
    return true;
  }

  void ForgeOnce(Connection& connection, size_t record, Placement placement) {
    for (const size_t end : {size_t{0}, size_t{1}}) {
      if (IsDueOnce(connection, end))
        ForgeAt(connection, record, TimeBefore(connection, record, placement), end);
    }
  }

  void ForgeBefore(Connection& connection, size_t record, Placement placement) {
    const std::optional<size_t> end = AnyEnd(connection);
    if (end) ForgeAt(connection, record, TimeBefore(connection, record, placement), *end);
  }

  PacketTime TimeBefore(const Connection& connection, size_t record, Placement placement) const {
    const PacketTime begin = latest_[connection.newest_record];
    const PacketDelta pause = latest_[record] - begin;
    const PacketDelta wait = placement == Placement::kMiddle
                                 ? PacketDelta::FromNanoseconds(pause.ToNanoseconds() / 2)
                                 : pause - kShortly;
    return RoundDown(begin + std::max(wait, PacketDelta::Zero()));
  }

  void ForgeAfter(Connection& connection, size_t record, size_t end) {
    const PacketTime time = RoundDown(latest_[record] + kShortly);
    Append(connection, end, FirstAfter(record + 1, capture_.records.size(), time), time);
  }

  // Each flow's own clock, from a random moment of the first stretch on.
  void ForgeDue(Connection& connection, size_t record) {
    if (options_.interval <= PacketDelta::Zero()) return;
    const PacketTime now = latest_[record];
    for (const size_t end : {size_t{0}, size_t{1}}) {
      if (!MayForge(connection, end)) continue;
      PacketTime& due = connection.due[end];
      if (!due.IsSet()) {
        const double part = random_.Unit() * static_cast<double>(options_.interval.ToNanoseconds());
        due = now + PacketDelta::FromNanoseconds(static_cast<int64_t>(part));
      }
      for (; due < now && !too_many_; due = due + options_.interval)
        ForgeAt(connection, record, RoundDown(due), end);
    }
  }

  // Between the connection's newest packet and `record`, which is its next.
  void ForgeAt(Connection& connection, size_t record, PacketTime time, size_t end) {
    Append(connection, end, FirstAfter(connection.newest_record + 1, record, time), time);
  }

  // The first record of [begin, end) that is later than all that is not later than `time`, or end.
  size_t FirstAfter(size_t begin, size_t end, PacketTime time) const {
    const auto from = latest_.begin() + static_cast<std::ptrdiff_t>(begin);
    const auto to = latest_.begin() + static_cast<std::ptrdiff_t>(std::max(begin, end));
    return static_cast<size_t>(std::upper_bound(from, to, time) - latest_.begin());
  }

  void Append(Connection& connection, size_t end, size_t before_record, PacketTime time) {
    const Moment moment{connection.flows[end], connection.flows[1 - end], options_.as, random_};
    segments_.clear();
    options_.attack->forge(moment, segments_);
    const bool stampless = options_.as.reason == Ignored::kOldStamp &&
                           !(moment.own.timestamps && moment.peer.timestamps);
    if (segments_.empty() || stampless) {
      ++counts_.impossible;
      return;
    }
    for (const ForgedSegment& segment : segments_) {
      too_many_ |= frames_.size() + forged_.size() * sizeof(Forged) > options_.max_bytes;
      if (too_many_) return;
      const size_t sender = segment.of_peer ? 1 - end : end;
      const KnownFlow& flow = connection.flows[sender];
      if (!connection.attacked[sender]) ++counts_.flows;
      connection.attacked[sender] = true;
      Forged packet{.before_record = before_record, .time = time, .at = frames_.size()};
      packet.kept = Keeps(options_, sender == connection.client, flow.src.ip, flow.dst.ip);
      const Disguise disguise{options_.as.reason, options_.as.knowledge, options_.hop_limit};
      const uint32_t headers = AppendForgedFrame(flow, segment, disguise, random_, frames_);
      packet.original_bytes = static_cast<uint32_t>(frames_.size() - packet.at);
      const uint32_t snap = options_.snap_length.value_or(capture_.header.snapshot_length);
      packet.captured_bytes = std::min(packet.original_bytes, snap == 0 ? headers : snap);
      frames_.resize(packet.at + packet.captured_bytes);
      forged_.push_back(packet);
    }
  }

  PacketTime RoundDown(PacketTime time) const {
    const int64_t tick = capture_.header.nanoseconds_per_tick;
    return PacketTime::FromNanoseconds(time.ToNanoseconds() / tick * tick);
  }

  void AppendReal(size_t record, std::vector<uint8_t>& buffer) {
    if (!real_kept_[record]) {
      ++counts_.left_out;
      return;
    }
    const std::span<const uint8_t> bytes = capture_.Whole(capture_.records[record]);
    buffer.insert(buffer.end(), bytes.begin(), bytes.end());
  }

  void AppendForged(const Forged& packet, std::vector<uint8_t>& buffer) {
    if (!packet.kept) {
      ++counts_.left_out;
      return;
    }
    AppendRecordHeader(capture_.header, packet.time, packet.captured_bytes, packet.original_bytes,
                       buffer);
    const auto frame = frames_.begin() + static_cast<std::ptrdiff_t>(packet.at);
    buffer.insert(buffer.end(), frame, frame + packet.captured_bytes);
  }

  static constexpr PacketDelta kShortly = PacketDelta::FromMicroseconds(1);

  const RawCapture& capture_;
  const ForgeOptions& options_;
  RandomStream random_;
  absl::flat_hash_map<std::pair<Endpoint, Endpoint>, Connection> connections_;
  std::vector<PacketTime> latest_;  // of each record and all before it
  std::vector<bool> real_kept_;
  std::vector<Forged> forged_;
  std::vector<uint8_t> frames_;
  std::vector<ForgedSegment> segments_;
  bool too_many_ = false;
  uint64_t eligible_ = 0;
  ForgeCounts counts_;
};

absl::Status Check(const RawCapture& capture, const ForgeOptions& options) {
  if (capture.header.link != kEthernetLink)
    return absl::InvalidArgumentError("the capture is not of an Ethernet");
  const bool by_direction = options.kept == Kept::kEntering || options.kept == Kept::kLeaving;
  if (options.protect.empty() && (by_direction || options.forger == Forger::kOutsider))
    return absl::InvalidArgumentError(
        "which end is outside is known only from the protected networks");
  if (options.attack == nullptr) return absl::OkStatus();
  const Attack& attack = *options.attack;
  if (attack.both_ends && options.forger == Forger::kOutsider) {
    return absl::InvalidArgumentError(
        fmt::format("'{}' forges packets of both ends, which an outsider cannot", attack.name));
  }
  if (!attack.Allows(options.as.reason, options.as.knowledge)) {
    return absl::InvalidArgumentError(fmt::format(
        "an end host would not ignore '{}' for its {}{}", attack.name, NameOf(options.as.reason),
        options.as.knowledge == Knowledge::kBlind ? " when the forger is blind" : ""));
  }
  constexpr uint32_t kLargestPayload = 60000;
  if (options.as.payload_bytes == 0 || options.as.payload_bytes > kLargestPayload)
    return absl::InvalidArgumentError("a forged segment has 1 to 60000 bytes of data");
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<ForgeCounts> Forge(const RawCapture& capture, const ForgeOptions& options,
                                  const std::string& out, const files::OutputGuard& guard) {
  if (absl::Status status = Check(capture, options); !status.ok()) return status;
  Forgery forgery(capture, options);
  if (absl::Status status = forgery.Run(); !status.ok()) return status;
  if (absl::Status status = forgery.WriteTo(out, guard); !status.ok()) return status;
  return forgery.counts();
}

}  // namespace cairn::traces
