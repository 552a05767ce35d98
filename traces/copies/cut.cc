// SPDX-License-Identifier: BSD-3-Clause
#include "traces/copies/cut.h"

#include <pcap/pcap.h>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <unordered_set>

#include "fmt/format.h"

#include "capture/pcap_handle.h"
#include "traces/writing/tcp_frame.h"

namespace cairn::traces {
namespace {

bool Chosen(const TruthConnection& connection, const CutOptions& options) {
  if (options.sessions.empty() && options.scenarios.empty() && options.variants.empty())
    return true;
  return options.sessions.contains(connection.session) ||
         options.scenarios.contains(connection.scenario) ||
         options.variants.contains(connection.sub);
}

// The chosen connections, with what was seen of them.
using KeptConnections = std::map<Link, TruthConnection>;

KeptConnections Choose(const Truth& truth, const CutOptions& options) {
  KeptConnections kept;
  for (const TruthConnection& connection : truth.connections) {
    if (!Chosen(connection, options)) continue;
    TruthConnection fresh = connection;
    fresh.packets = fresh.data_packets = fresh.data_bytes = 0;
    fresh.syn_seen = false;
    kept[Unoriented(connection.link)] = std::move(fresh);
  }
  return kept;
}

void CountPacket(TruthConnection& connection, PacketTime time, const TcpFrame& frame) {
  if (connection.packets++ == 0) connection.start = time;
  connection.end = time;
  connection.syn_seen |= frame.Has(kSyn) && !frame.Has(kAck);
  if (frame.payload_bytes > 0) ++connection.data_packets;
  connection.data_bytes += frame.payload_bytes;
}

Truth Shorten(const Truth& truth, const KeptConnections& kept, PacketTime from, PacketTime until) {
  Truth result;
  result.name = truth.name;
  result.seed = truth.seed;
  result.started = from;
  result.ended = std::min(truth.ended, until);
  result.inside_networks = truth.inside_networks;
  result.hosts = truth.hosts;
  result.wall_hosts = truth.wall_hosts;
  for (const PacketTime time : truth.wall_times) {
    if (time >= from && time < until) result.wall_times.push_back(time);
  }
  const auto seen = [&kept](const Link& link) {
    const auto it = kept.find(Unoriented(link));
    return it == kept.end() || it->second.packets == 0 ? nullptr : &it->second;
  };
  std::unordered_set<uint64_t> sessions;
  for (const auto& [link, connection] : kept) {
    if (connection.packets == 0) continue;
    sessions.insert(connection.session);
    result.connections.push_back(connection);
  }
  std::stable_sort(
      result.connections.begin(), result.connections.end(),
      [](const TruthConnection& a, const TruthConnection& b) { return a.start < b.start; });
  for (const TruthSession& session : truth.sessions) {
    if (sessions.contains(session.session)) result.sessions.push_back(session);
  }
  for (TruthPair pair : truth.pairs) {
    const TruthConnection* up = seen(pair.upstream);
    const TruthConnection* down = seen(pair.downstream);
    if (up == nullptr || down == nullptr) continue;
    const PacketDelta common = std::min(up->end, down->end) - std::max(up->start, down->start);
    pair.overlap = std::min(pair.overlap, std::max(PacketDelta::Zero(), common));
    pair.work = std::min(pair.work, pair.overlap);
    pair.up_data_packets = up->data_packets;
    pair.down_data_packets = down->data_packets;
    result.pairs.push_back(std::move(pair));
  }
  for (const TruthBenignPair& pair : truth.benign_correlated) {
    if (seen(pair.a) != nullptr && seen(pair.b) != nullptr)
      result.benign_correlated.push_back(pair);
  }
  return result;
}

absl::StatusOr<capture::PcapHandle> OpenEthernet(const std::string& path) {
  char error[PCAP_ERRBUF_SIZE] = "";
  capture::PcapHandle pcap(
      pcap_open_offline_with_tstamp_precision(path.c_str(), PCAP_TSTAMP_PRECISION_NANO, error));
  if (pcap == nullptr) {
    return absl::InvalidArgumentError(
        fmt::format("{}: cannot be read (decompress it first): {}", path, error));
  }
  if (pcap_datalink(pcap.get()) != DLT_EN10MB) {
    return absl::InvalidArgumentError(fmt::format("{}: is not an Ethernet capture", path));
  }
  return pcap;
}

}  // namespace

absl::StatusOr<Truth> CutCapture(const std::string& path, const Truth& truth,
                                 const CutOptions& options, PcapWriter& writer) {
  absl::StatusOr<capture::PcapHandle> pcap = OpenEthernet(path);
  if (!pcap.ok()) return pcap.status();
  const PacketTime from =
      truth.started + PacketDelta::FromNanoseconds(static_cast<int64_t>(options.from_s * 1e9));
  const PacketTime until = options.until_s > 0
                               ? truth.started + PacketDelta::FromNanoseconds(
                                                     static_cast<int64_t>(options.until_s * 1e9))
                               : PacketTime::InfiniteFuture();
  KeptConnections kept = Choose(truth, options);
  pcap_pkthdr* header = nullptr;
  const u_char* bytes = nullptr;
  int got = 0;
  while ((got = pcap_next_ex(pcap->get(), &header, &bytes)) == 1) {
    const PacketTime time =
        PacketTime::FromNanoseconds(header->ts.tv_sec * int64_t{1000000000} + header->ts.tv_usec);
    if (time < from || time >= until) continue;
    const std::optional<TcpFrame> frame = ReadTcpFrame({bytes, header->caplen});
    if (!frame.has_value()) continue;
    const auto it = kept.find(Unoriented({frame->src, frame->dst}));
    if (it == kept.end()) continue;
    CountPacket(it->second, time, *frame);
    absl::Status status = writer.WriteFrame(time, bytes, frame->header_bytes, header->len);
    if (!status.ok()) return status;
  }
  if (got == PCAP_ERROR) {
    return absl::DataLossError(fmt::format("{}: {}", path, pcap_geterr(pcap->get())));
  }
  if (writer.packets() == 0) return absl::NotFoundError(fmt::format("{}: nothing was kept", path));
  return Shorten(truth, kept, from, until);
}

}  // namespace cairn::traces
