// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/host/gaps.h"

#include <sys/stat.h>
#include <sys/xattr.h>

#include <algorithm>
#include <array>

#include "fmt/format.h"

namespace cairn::host {
namespace {

using Kind = FdTarget::Kind;

constexpr size_t kMostDetail = 128;
constexpr size_t kMostLookedAt = 1024;  // descriptors of one process

// What the kernel calls the protocol of a socket: "TCP", "NETLINK", "AF_VSOCK"; empty: it does not
// say.
std::string ProtocolOf(const std::string& path) {
  std::array<char, 64> name{};
  const ssize_t size = getxattr(path.c_str(), "system.sockprotoname", name.data(), name.size() - 1);
  if (size <= 0) return {};
  return std::string(name.data());
}

// A socket of these that is in no table is not connected.  The kernel alone is at the other end of
// netlink.
bool CarriesNothing(std::string_view protocol) {
  constexpr auto kNames = std::to_array<std::string_view>(
      {"TCP", "TCPv6", "UDP", "UDPv6", "NETLINK", "UNIX", "UNIX-STREAM"});
  return std::find(kNames.begin(), kNames.end(), protocol) != kNames.end();
}

}  // namespace

void Gaps::Note(Gap gap, uint32_t pid, std::string_view detail, uint32_t count) {
  const auto [entry, fresh] = known_.try_emplace({pid, gap}, gaps_.size());
  if (!fresh) {
    NotSeen& known = gaps_[entry->second];
    known.count = forgotten_.erase(entry->second) > 0 ? count : known.count + count;
  } else if (gaps_.size() < kMost) {
    gaps_.push_back({.gap = gap,
                     .pid = pid,
                     .count = count,
                     .detail = std::string(detail.substr(0, kMostDetail))});
  } else {
    known_.erase(entry);
    gaps_.back().count += count;
  }
}

void Gaps::Forget(uint32_t pid) {
  for (auto each = known_.lower_bound({pid, Gap{}}); each != known_.end(); ++each) {
    if (each->first.first != pid) return;
    // Those that ended are others, which it led to.
    if (each->first.second != Gap::kEnded) forgotten_.insert(each->second);
  }
}

std::vector<NotSeen> Gaps::Take() {
  for (auto place = forgotten_.rbegin(); place != forgotten_.rend(); ++place) {
    gaps_.erase(gaps_.begin() + static_cast<ptrdiff_t>(*place));
  }
  return std::move(gaps_);
}

void GapFinder::Look(const Visited& visited, Gaps& gaps) {
  const uint32_t pid = visited.facts.process.pid;
  size_t looked_at = 0;
  for (const RawDescriptor& raw : visited.facts.descriptors) {
    if (++looked_at > kMostLookedAt) {
      gaps.Note(Gap::kDescriptors, pid, {});
      break;
    }
    if (raw.target.kind == Kind::kSocket) {
      LookAtSocket(pid, raw, gaps);
    } else if (raw.link == kRingLink) {
      const std::string info = Info(pid, raw);
      const uint64_t files = NumberAfter(info, "UserFiles:").value_or(0);
      if (files > ParseRingFiles(info).size()) gaps.Note(Gap::kRing, pid, raw.link);
    } else if (raw.target.kind == Kind::kOther) {
      LookAtFile(visited, raw, gaps);
    }
  }
  if (visited.part == Part::kFeeds && !visited.only_above) {
    if (!reader_.reads_memory()) gaps.Note(Gap::kSharedMemory, pid, "not looked at");
    for (const SharedMapping& mapping : reader_.SharedMemory(pid)) {
      gaps.Note(Gap::kSharedMemory, pid, mapping.name);
    }
  }
  if (!visited.facts.tables_complete) gaps.Note(Gap::kTables, pid, {});
  const auto& unread = index_.unread();
  if (visited.facts.descriptors_left_out > 0 ||
      std::find(unread.begin(), unread.end(), pid) != unread.end()) {
    gaps.Note(Gap::kDescriptors, pid, {});
  }
}

void GapFinder::LookAtSocket(uint32_t pid, const RawDescriptor& raw, Gaps& gaps) const {
  const SocketTable* table = tables_.TableOf(raw.target.number);
  if (table == nullptr) {
    const std::string path = fmt::format("/proc/{}/task/{}/fd/{}", pid, raw.thread, raw.number);
    const std::string protocol = raw.in_ring ? std::string() : ProtocolOf(path);
    if (!CarriesNothing(protocol)) gaps.Note(Gap::kOtherSockets, pid, protocol);
    return;
  }
  if (const InternetSocket* udp = table->FindUdp(raw.target.number)) {
    gaps.Note(Gap::kDatagrams, pid, "udp " + udp->local.ToString());
  }
  const UnixSocket* local = table->FindUnix(raw.target.number);
  if (local == nullptr) return;
  // Only its peer can send to a socket without a name.
  if (local->is_datagram && !local->name.empty()) {
    gaps.Note(Gap::kDatagrams, pid, "unix " + local->name);
  }
  if (NumberAfter(Info(pid, raw), "scm_fds:").value_or(0) > 0) {
    gaps.Note(Gap::kInFlight, pid, local->name);
  }
}

// A file that it reads and another one writes is a way to pass things on, if somebody but the
// system may write it.
void GapFinder::LookAtFile(const Visited& visited, const RawDescriptor& raw, Gaps& gaps) {
  if (!raw.readable || !raw.file.is_regular || visited.part != Part::kFeeds) return;
  constexpr uint32_t kOthersWrite = S_IWGRP | S_IWOTH;
  if (raw.file.uid == 0 && (raw.file.mode & kOthersWrite) == 0) return;
  const uint32_t pid = visited.facts.process.pid;
  for (const PipeHolder& writer :
       index_.HoldersOfFile({.pid = pid, .thread = raw.thread, .descriptor = raw.number})) {
    if (writer.pid == pid || !writer.writes) continue;
    gaps.Note(Gap::kSharedFile, pid, raw.link);
    return;
  }
}

std::string GapFinder::Info(uint32_t pid, const RawDescriptor& raw) const {
  return proc_.Read(fmt::format("{}/task/{}/fdinfo/{}", pid, raw.thread, raw.number).c_str());
}

}  // namespace cairn::host
