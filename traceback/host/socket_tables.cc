// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/host/socket_tables.h"

#include <linux/netlink.h>
#include <netinet/tcp.h>

#include <algorithm>
#include <utility>

#include "fmt/format.h"

namespace cairn::host {
namespace {

// The one that was found, unless there are several.
class Only {
 public:
  void Add(const SocketTable& table, const Endpoint& local, const Endpoint& remote) {
    is_several_ = is_several_ || table.IsDoubtful(local, remote);
    Add(table, table.FindTcp(local, remote));
  }
  void Add(const SocketTable& table, const InternetSocket* socket) {
    if (socket == nullptr || socket == found_.socket) return;
    is_several_ = is_several_ || found_.socket != nullptr;
    found_ = {.socket = socket, .table = &table};
  }
  // `is_doubtful` is set if there are several.
  FoundEnd Take(bool& is_doubtful) const {
    is_doubtful = is_doubtful || is_several_;
    return is_several_ ? FoundEnd() : found_;
  }

 private:
  FoundEnd found_;
  bool is_several_ = false;
};

}  // namespace

SocketTables::SocketTables(const ProcFolder& proc, SockDiag& own, const Deadline& deadline,
                           When own_is_read)
    : proc_(proc), places_(proc, deadline), own_diag_(own), own_number_(OwnNetworkNamespace()) {
  if (own_is_read == When::kNow) Own();
}

const SocketTable* SocketTables::Own() {
  const auto known = tables_.find(own_number_);
  if (known != tables_.end()) return &known->second;
  return &tables_
              .try_emplace(own_number_, DumpSockets(own_diag_),
                           SocketTable::Place{.number = own_number_, .made_by = std::nullopt})
              .first->second;
}

const SocketTable* SocketTables::Load(const NetworkNamespace& network) {
  const uint64_t number = network.number();
  if (number == own_number_) return Own();
  if (const auto known = tables_.find(number); known != tables_.end()) return &known->second;
  if (closed_.contains(number)) return nullptr;
  const std::optional<uint32_t> maker = network.MadeBy();
  const size_t of_system = tables_.size() - of_users_;
  if (maker.has_value() ? of_users_ >= kMostNamespaces : of_system >= kMostSystem) {
    why_closed_ = "more network namespaces than are looked at";
    closed_.insert(number);
    return nullptr;
  }
  absl::StatusOr<Netlink> netlink = network.OpenNetlink(NETLINK_SOCK_DIAG);
  if (!netlink.ok()) {
    why_closed_ = std::string(netlink.status().message());
    closed_.insert(number);
    return nullptr;
  }
  SockDiag diag(*std::move(netlink));
  if (maker.has_value()) ++of_users_;
  return &tables_
              .try_emplace(
                  number, DumpSockets(diag),
                  SocketTable::Place{
                      .number = number, .made_by = maker, .of_own_users = network.IsOfOwnUsers()})
              .first->second;
}

const SocketTable* SocketTables::Load(const NetworkPlace& place) {
  if (const auto known = tables_.find(place.number); known != tables_.end()) return &known->second;
  if (closed_.contains(place.number)) return nullptr;
  const absl::StatusOr<NetworkNamespace> network = NetworkNamespace::Open(proc_, place.path);
  // Gone, or another one by now.
  if (!network.ok() || network->number() != place.number) return nullptr;
  return Load(*network);
}

void SocketTables::Meet(uint64_t network_namespace, uint32_t pid) {
  if (network_namespace == 0 || tables_.contains(network_namespace)) return;
  Load({.number = network_namespace,
        .path = fmt::format("{}/ns/net", pid),
        .made_by = std::nullopt,
        .links = {}});
}

const SocketTable* SocketTables::TableOf(uint64_t inode) const {
  // A process may have many sockets, and its user many namespaces.
  if (std::exchange(remembered_of_, tables_.size()) != tables_.size() ||
      remembered_.size() >= kMostRemembered) {
    remembered_.clear();
  }
  const auto [entry, fresh] = remembered_.try_emplace(inode, nullptr);
  if (fresh) entry->second = Search(inode);
  return entry->second;
}

const SocketTable* SocketTables::Search(uint64_t inode) const {
  for (const auto& [number, table] : tables_) {
    if (table.FindTcp(inode) != nullptr || table.FindUnix(inode) != nullptr ||
        table.FindUdp(inode) != nullptr) {
      return &table;
    }
  }
  return nullptr;
}

const SocketTable* SocketTables::TableOf(uint64_t inode, uint32_t thread, uint32_t descriptor) {
  if (const SocketTable* known = TableOf(inode)) return known;
  if (unknown_.contains(inode)) return nullptr;
  if (unknown_.size() >= kMostAsked) {
    ++not_asked_;
    return nullptr;
  }
  unknown_.insert(inode);
  const absl::StatusOr<NetworkNamespace> network =
      NetworkNamespace::OfSocket(thread, descriptor, inode);
  if (!network.ok()) {
    // Where the kernel does not tell, those that processes are in are all that can be looked at.
    if (absl::IsPermissionDenied(network.status()) && why_closed_.empty()) {
      why_closed_ = std::string(network.status().message());
    }
    return nullptr;
  }
  if (tables_.contains(network->number()) || Load(*network) == nullptr) return nullptr;
  return TableOf(inode);
}

// The tables of the system that packets to an address get to.
std::vector<const SocketTable*> SocketTables::TablesAt(const IpAddress& ip) {
  if (places_.IsOwn(ip)) return {Own()};
  std::vector<const SocketTable*> found;
  for (const NetworkPlace* place : places_.LeadingTo(ip)) {
    if (const SocketTable* table = Load(*place)) found.push_back(table);
  }
  return found;
}

bool SocketTables::IsAt(const SocketTable& table, const IpAddress& ip) {
  const std::vector<const SocketTable*> tables = TablesAt(ip);
  return std::find(tables.begin(), tables.end(), &table) != tables.end();
}

FoundEnd SocketTables::OnlyOne(const Endpoint& local, const Endpoint& remote,
                               const SocketTable* but) {
  Only only;
  for (const SocketTable* table : TablesAt(local.ip)) {
    if (table != but) only.Add(*table, local, remote);
  }
  return only.Take(is_doubtful_);
}

void SocketTables::LoadMadeBy(uint32_t maker) {
  for (const NetworkPlace* place : places_.MadeBy(maker)) Load(*place);
}

// In namespaces of the user who made that of `table`: whatever they did there, it leads to nobody
// who does not hold a socket of theirs.
FoundEnd SocketTables::AmongOneUsers(const SocketTable& table, const InternetSocket& socket) {
  Only only;
  if (table.made_by() == kUnknownMaker) return {};
  LoadMadeBy(*table.made_by());
  for (const auto& [number, other] : tables_) {
    if (&other != &table && other.made_by() == table.made_by()) {
      only.Add(other, socket.remote, socket.local);
    }
  }
  return only.Take(is_doubtful_);
}

FoundEnd SocketTables::OtherEnd(const SocketTable& table, const InternetSocket& socket) {
  is_doubtful_ = false;
  const FoundEnd found = Lookup(table, socket);
  if (is_doubtful_) doubtful_.insert(socket.inode);
  return found;
}

FoundEnd SocketTables::Lookup(const SocketTable& table, const InternetSocket& socket) {
  Only here;
  here.Add(table, socket.remote, socket.local);
  const FoundEnd within = here.Take(is_doubtful_);
  if (within || is_doubtful_) return within;
  if (socket.remote.port == 0) return {};
  if (table.made_by().has_value()) {
    return IsLoopback(socket.remote.ip) ? FoundEnd() : AmongOneUsers(table, socket);
  }
  const bool is_own = table.number() == own_number_;
  // A container's loopback is nobody else's.  The own one may be translated.
  if (!is_own && (IsLoopback(socket.remote.ip) || !IsAt(table, socket.local.ip))) return {};
  if (const FoundEnd other = OnlyOne(socket.remote, socket.local, &table)) return other;
  const std::optional<PacketEnds> answers =
      places_.AnswersTo({.from = socket.local, .to = socket.remote});
  if (!answers.has_value() || *answers == PacketEnds{.from = socket.remote, .to = socket.local}) {
    return {};
  }
  return OnlyOne(answers->from, answers->to, nullptr);
}

SocketTables::Tunnel SocketTables::BehindTunnel(uint32_t thread, uint32_t descriptor,
                                                const InternetSocket& outer) {
  if (++tunnelled_ > kMostTunnelled) return {};
  const absl::StatusOr<NetworkNamespace> network = NetworkNamespace::OfTunnel(thread, descriptor);
  if (!network.ok()) return {};
  const std::optional<uint32_t> maker = network->MadeBy();
  if (!maker.has_value() || *maker == kUnknownMaker) return {};
  Load(*network);
  // Behind it may be further ones, as of containers that share it.
  LoadMadeBy(*maker);
  Only only;
  for (const auto& [number, table] : tables_) {
    if (table.made_by() != maker) continue;
    for (const InternetSocket& socket : table.tcp()) {
      if (socket.remote == outer.remote && socket.inode != 0) only.Add(table, &socket);
    }
  }
  return {.made_by = maker, .end = only.Take(is_doubtful_)};
}

std::optional<uint32_t> SocketTables::MayBeForgedBy(const SocketTable& table,
                                                    const InternetSocket& socket) {
  if (table.made_by().has_value()) return table.made_by();
  if (table.of_own_users() || IsAt(table, socket.local.ip)) return std::nullopt;
  return 0;
}

std::pair<Endpoint, Endpoint> SocketTables::EndsOutside(const SocketTable& table,
                                                        const InternetSocket& socket) {
  const std::pair as_here(socket.local, socket.remote);
  if (table.made_by().has_value()) return as_here;
  if (table.number() != own_number_ && !IsAt(table, socket.local.ip)) return as_here;
  const std::optional<PacketEnds> answers =
      places_.AnswersTo({.from = socket.local, .to = socket.remote});
  return answers.has_value() ? std::pair(answers->to, answers->from) : as_here;
}

// By what this host does to packets that come from `remote` to `local`.
FoundEnd SocketTables::Translated(const Endpoint& local, const Endpoint& remote) {
  const std::optional<PacketEnds> answers = places_.AnswersTo({.from = remote, .to = local});
  if (!answers.has_value() || *answers == PacketEnds{.from = local, .to = remote}) return {};
  return OnlyOne(answers->from, answers->to, nullptr);
}

bool SocketTables::Has(const NetworkPlace& place, const Endpoint& local, const Endpoint& remote) {
  const absl::StatusOr<NetworkNamespace> network = NetworkNamespace::Open(proc_, place.path);
  if (!network.ok() || network->number() != place.number) return false;
  absl::StatusOr<Netlink> netlink = network->OpenNetlink(NETLINK_SOCK_DIAG);
  return netlink.ok() && SockDiag(*std::move(netlink)).FindTcp(local, remote).ok();
}

FoundEnd SocketTables::ByPorts(uint16_t local_port, const Endpoint& remote) {
  Only only;
  for (const NetworkPlace* place : places_.MadeBy(std::nullopt)) {
    for (const auto& [ip, interface] : place->links.addresses) {
      const std::vector<const NetworkPlace*> leading = places_.LeadingTo(ip);
      if (std::find(leading.begin(), leading.end(), place) == leading.end()) continue;
      // A question about one connection costs much less than a table.
      if (!Has(*place, {ip, local_port}, remote)) continue;
      const SocketTable* table = Load(*place);
      if (table != nullptr) only.Add(*table, {ip, local_port}, remote);
    }
  }
  return only.Take(is_doubtful_);
}

FoundEnd SocketTables::Behind(const Endpoint& local, const Endpoint& remote,
                              bool any_local_address) {
  if (const FoundEnd translated = Translated(local, remote)) return translated;
  if (!places_.IsOwn(local.ip)) {
    if (const FoundEnd direct = OnlyOne(local, remote, nullptr)) return direct;
  }
  if (!any_local_address) return {};
  Only only;
  const auto add = [&only](const FoundEnd& end) {
    if (end) only.Add(*end.table, end.socket);
  };
  for (const IpAddress& ip : places_.OwnAddresses()) {
    if (ip.IsV4() == remote.ip.IsV4()) add(Translated({ip, local.port}, remote));
  }
  add(ByPorts(local.port, remote));
  return only.Take(is_doubtful_);
}

void SocketTables::AddGaps(std::vector<NotSeen>& gaps) const {
  const auto add = [&gaps](Gap gap, uint32_t count, const std::string& detail) {
    if (count == 0) return;
    NotSeen& added = gaps.emplace_back();
    added.gap = gap;
    added.count = count;
    added.detail = detail;
  };
  const auto closed = static_cast<uint32_t>(closed_.size()) + places_.not_seen();
  add(Gap::kNamespace, why_closed_.empty() ? closed : std::max<uint32_t>(closed, 1), why_closed_);
  for (const auto& [number, table] : tables_) {
    if (table.fault().empty()) continue;
    add(Gap::kSockets, 1, fmt::format("network namespace {}: {}", number, table.fault()));
  }
  add(Gap::kSockets, static_cast<uint32_t>(doubtful_.size()),
      "connections of which more than one socket could be the other end");
  add(Gap::kSockets, not_asked_, "more sockets of unknown namespaces than are asked about");
}

}  // namespace cairn::host
