// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/tracing/link/links.h"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "fmt/format.h"

#include "traceback/tracing/link/channel.h"
#include "traceback/tracing/link/door.h"
#include "traceback/tracing/link/peer_link.h"

namespace cairn::tracing {
namespace {

// What nobody has taken: beyond it, nothing more is read.
constexpr size_t kMostEvents = 4096;
// Of one host to this one: one that was started anew may have left some behind.
constexpr size_t kMostLinksOfPeer = 4;
// max_links is for those of others, and once more for those that this host has opened.
constexpr uint64_t kDescriptorsOfPair =
    PeerLink::kMostDescriptors + PeerLink::kMostDescriptorsOfOwn;

class AgentLinks : public Links {
 public:
  explicit AgentLinks(LinkSurroundings all) : all_(std::move(all)), door_(all_) {}

  absl::Status Open() { return door_.Open(); }
  LinkId Connect(const IpAddress& address) override;
  bool Send(LinkId link, const Message& message) override;
  void Close(LinkId link) override;
  size_t queued(LinkId link) const override;
  void Renew(const Credentials& credentials) override;
  void TrustChanged() override;
  void AppendPolled(std::vector<pollfd>& polled) const override;
  std::optional<Clock::time_point> NextDeadline() const override;
  void Step(Clock::time_point now, std::span<const pollfd> ready) override;
  std::optional<LinkEvent> Next() override;
  const LinkCounters& counters() const override { return all_.counters; }

 private:
  void Welcome(Arrival arrival, Clock::time_point now);
  size_t Count(bool we_opened) const;
  bool ComesFromWhereItMay(const Identity& peer, const IpAddress& address) const;
  void EndOldestOf(const Identity& peer, Clock::time_point now);
  void RemoveEnded();

  LinkSurroundings all_;
  Door door_;
  // In the order in which they began.
  std::map<LinkId, std::unique_ptr<PeerLink>> links_;
  LinkId last_ = 0;
};

LinkId AgentLinks::Connect(const IpAddress& any) {
  const IpAddress address = any.Unmapped();
  const LinkId id = ++last_;
  if (Count(true) >= all_.options.max_links) {
    all_.events.push_back(LinkClosed{.link = id,
                                     .address = address,
                                     .end = LinkEnd::kLimit,
                                     .text = "there are too many links"});
    return id;
  }
  links_.emplace(id, std::make_unique<PeerLink>(all_, id, address, Clock::now()));
  return id;
}

bool AgentLinks::Send(LinkId link, const Message& message) {
  const auto found = links_.find(link);
  return found != links_.end() && found->second->Send(message, Clock::now());
}

void AgentLinks::Close(LinkId link) {
  const auto found = links_.find(link);
  if (found != links_.end()) found->second->End(LinkEnd::kClosed, "closed here", Clock::now());
}

size_t AgentLinks::queued(LinkId link) const {
  const auto found = links_.find(link);
  return found == links_.end() ? 0 : found->second->queued();
}

void AgentLinks::Renew(const Credentials& credentials) {
  // What cannot be used is not: the old ones stay.  The caller has looked at them.
  if (all_.transport->Renew(credentials).ok()) TrustChanged();
}

void AgentLinks::TrustChanged() {
  const Clock::time_point now = Clock::now();
  for (const auto& [id, link] : links_) {
    link->CheckTrust(now);
    link->SayHello(now);
  }
}

void AgentLinks::AppendPolled(std::vector<pollfd>& polled) const {
  all_.leavers.AppendTo(polled);
  if (all_.events.size() >= kMostEvents) return;
  door_.AppendTo(polled);
  for (const auto& [id, link] : links_) link->AppendTo(polled);
}

std::optional<Links::Clock::time_point> AgentLinks::NextDeadline() const {
  std::optional<Clock::time_point> first;
  const auto add = [&first](std::optional<Clock::time_point> deadline) {
    if (deadline.has_value() && (!first.has_value() || *deadline < *first)) first = deadline;
  };
  add(door_.NextDeadline());
  add(all_.leavers.NextDeadline());
  for (const auto& [id, link] : links_) add(link->NextDeadline());
  return first;
}

void AgentLinks::Step(Clock::time_point now, std::span<const pollfd> ready) {
  Happened happened;
  for (const pollfd& each : ready) {
    if (each.revents != 0) happened.emplace(each.fd, each.revents);
  }
  all_.leavers.Step(now, happened);
  for (const auto& [id, link] : links_) link->Step(now, happened);
  RemoveEnded();
  std::vector<Arrival> arrivals;
  door_.Step(now, happened, arrivals);
  for (Arrival& each : arrivals) Welcome(std::move(each), now);
}

void AgentLinks::Welcome(Arrival arrival, Clock::time_point now) {
  const LinkId id = ++last_;
  if (arrival.connection->ended()) {
    const Failure& failure = arrival.connection->failure();
    all_.events.push_back(LinkClosed{.link = id,
                                     .address = arrival.address,
                                     .end = failure.end,
                                     .distrust = failure.distrust,
                                     .text = failure.text});
    return;
  }
  const Identity peer = arrival.connection->channel().peer().identity;
  const bool is_at_home = ComesFromWhereItMay(peer, arrival.address);
  if (is_at_home) EndOldestOf(peer, now);
  const bool full = Count(false) >= all_.options.max_links;
  auto link =
      std::make_unique<PeerLink>(all_, id, arrival.address, std::move(arrival.connection), now);
  if (!is_at_home) {
    return link->Distrusts(
        Distrust::kWrongName,
        fmt::format("it comes from {}, which the certificate of '{}' does not name; issue one with "
                    "all addresses of that host, or if they are translated, name the network "
                    "(tracing.translated)",
                    arrival.address.ToString(), peer.name),
        now);
  }
  if (full) return link->Refuse(Denial::kBusy, LinkEnd::kLimit, "there are too many links", now);
  link->Step(now, {});
  links_.emplace(id, std::move(link));
}

size_t AgentLinks::Count(bool we_opened) const {
  return static_cast<size_t>(std::count_if(links_.begin(), links_.end(), [&](const auto& each) {
    return each.second->we_opened() == we_opened && !each.second->ended();
  }));
}

bool AgentLinks::ComesFromWhereItMay(const Identity& peer, const IpAddress& address) const {
  // Only this host can be behind an address that every host has.
  if (IsHostsOwn(address) || peer.Has(address)) return true;
  if (peer.role == Role::kAsker && peer.addresses.empty()) return true;
  return all_.options.translated.Contains(address.Unmapped());
}

void AgentLinks::EndOldestOf(const Identity& peer, Clock::time_point now) {
  std::vector<PeerLink*> same;
  for (const auto& [id, link] : links_) {
    if (!link->we_opened() && !link->ended() && link->peer().identity.id == peer.id) {
      same.push_back(link.get());
    }
  }
  if (same.size() < kMostLinksOfPeer) return;
  same.front()->Refuse(Denial::kBusy, LinkEnd::kLimit, "the same peer has come again", now);
}

void AgentLinks::RemoveEnded() {
  std::erase_if(links_, [](const auto& each) { return each.second->ended(); });
}

std::optional<LinkEvent> AgentLinks::Next() {
  if (all_.events.empty()) return std::nullopt;
  LinkEvent event = std::move(all_.events.front());
  all_.events.pop_front();
  return event;
}

absl::Status CheckOptions(const LinkOptions& options) {
  if (options.first_work_port == 0 || options.first_work_port > options.last_work_port) {
    return absl::InvalidArgumentError(
        fmt::format("the range of work ports {}-{} is empty; give the lower one first",
                    options.first_work_port, options.last_work_port));
  }
  return absl::OkStatus();
}

}  // namespace

std::string_view LinkEndName(LinkEnd end) {
  constexpr auto kNames = std::to_array<std::string_view>({"closed", "refused", "unreachable",
                                                           "distrusted", "distrusts_us", "invalid",
                                                           "denied", "idle", "limit", "blocked"});
  return kNames[static_cast<size_t>(end)];
}

uint64_t MostDescriptors(const LinkOptions& options) {
  // One more: whoever is accepted, until somebody makes room.
  const uint64_t door = options.addresses.size() + options.max_handshakes + 1;
  return door + Leavers::kMost + options.max_links * kDescriptorsOfPair;
}

LinkOptions WithLinksFor(LinkOptions options, uint64_t descriptors) {
  constexpr uint32_t kFewest = 2;
  LinkOptions none = options;
  none.max_links = 0;
  const uint64_t taken = MostDescriptors(none);
  const uint64_t left = descriptors > taken ? descriptors - taken : 0;
  const uint64_t links = std::max<uint64_t>(left / kDescriptorsOfPair, kFewest);
  options.max_links = static_cast<uint32_t>(std::min<uint64_t>(options.max_links, links));
  return options;
}

absl::StatusOr<std::unique_ptr<Links>> Links::Make(const LinkOptions& options,
                                                   const Credentials& credentials,
                                                   const Trust& trust, Signer& signer,
                                                   std::string host_name,
                                                   std::function<PacketTime()> wall) {
  if (absl::Status usable = CheckOptions(options); !usable.ok()) return usable;
  absl::StatusOr<std::unique_ptr<Transport>> transport =
      MakeTransport(credentials, trust, signer, wall);
  if (!transport.ok()) return transport.status();
  auto links = std::make_unique<AgentLinks>(LinkSurroundings{.options = options,
                                                             .trust = &trust,
                                                             .host_name = std::move(host_name),
                                                             .wall = std::move(wall),
                                                             .transport = *std::move(transport)});
  if (absl::Status opened = links->Open(); !opened.ok()) return opened;
  return links;
}

}  // namespace cairn::tracing
