// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_HOST_NETWORK_PLACES_H_
#define CAIRN_TRACEBACK_HOST_NETWORK_PLACES_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"

#include "base/address.h"
#include "traceback/host/conntrack.h"
#include "traceback/host/deadline.h"
#include "traceback/host/network_links.h"
#include "traceback/host/network_namespace.h"
#include "traceback/host/proc_folder.h"

namespace cairn::host {

// A network namespace of this host, other than the own one.
struct NetworkPlace {
  uint64_t number = 0;
  std::string path;                 // by which it can be opened
  std::optional<uint32_t> made_by;  // as of NetworkNamespace::MadeBy
  NetworkLinks links;               // of the system's
};

// Which of the host's namespaces an address leads to, at one moment; each thing is read when it is
// first asked for.  Only the own namespace's routes and links count: a user, or somebody who is
// root inside of a container only, can give their own namespace any address, but no packets of this
// host go there for that.  Thread-compatible; only for a process of one thread.
class NetworkPlaces {
 public:
  static constexpr size_t kMostSystem = 1024;  // whose addresses are read

  // After `deadline` nothing more is looked at.
  explicit NetworkPlaces(const ProcFolder& proc, const Deadline& deadline = {})
      : proc_(proc), deadline_(deadline) {}

  // Whether the own namespace has the address.
  bool IsOwn(const IpAddress& ip);
  const std::vector<IpAddress>& OwnAddresses();
  // The system's namespaces that packets to `ip` go to from the own one, without a router between:
  // none or one, and more if several claim the address.
  // Cost: one question to the kernel; and the first time that it is a neighbour's address, two for
  // each namespace and one for each process.
  std::vector<const NetworkPlace*> LeadingTo(const IpAddress& ip);
  // All of the system's, or of one user's.
  std::vector<const NetworkPlace*> MadeBy(std::optional<uint32_t> maker);
  // As Conntrack::AnswersTo; unset also where nothing is tracked.
  std::optional<PacketEnds> AnswersTo(const PacketEnds& ends);

  // Namespaces that could not be looked at, at least.
  uint32_t not_seen() const { return not_seen_; }

 private:
  void ReadOwn();
  void ReadPlaces();
  void ReadPlace(const NoticedNamespace& noticed);
  std::optional<Route> RouteOf(const IpAddress& ip);

  const ProcFolder& proc_;
  const Deadline deadline_;
  bool has_read_own_ = false;
  bool has_read_places_ = false;
  bool has_opened_conntrack_ = false;
  std::optional<Netlink> route_;
  NetworkLinks own_;
  std::vector<IpAddress> own_addresses_;
  std::vector<NetworkPlace> places_;
  size_t system_ = 0;  // of them
  absl::flat_hash_map<IpAddress, std::vector<size_t>> by_address_;
  absl::flat_hash_map<IpAddress, Route> routes_;
  std::optional<Conntrack> conntrack_;
  uint32_t not_seen_ = 0;
};

}  // namespace cairn::host

#endif  // CAIRN_TRACEBACK_HOST_NETWORK_PLACES_H_
