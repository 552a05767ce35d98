// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/tracing/agent/peers.h"

#include <algorithm>

namespace cairn::tracing {

End EndOfLink(LinkEnd end) {
  switch (end) {
    case LinkEnd::kRefused:
      return End::kNoAgent;
    case LinkEnd::kDistrusted:
    case LinkEnd::kDistrustsUs:
    case LinkEnd::kDenied:
    case LinkEnd::kInvalid:
      return End::kRefused;
    case LinkEnd::kClosed:
    case LinkEnd::kUnreachable:
    case LinkEnd::kBlocked:
    case LinkEnd::kIdle:
    case LinkEnd::kLimit:
      break;
  }
  return End::kSilent;
}

void Peers::Ask(const IpAddress& address, const Trace& question) {
  Prune();
  AskAt(address, hosts_[address], question);
}

void Peers::AskAt(const IpAddress& address, Host& host, const Trace& question) {
  host.asked.push_back(question);
  Send(address, host, question);
}

void Peers::Send(const IpAddress& address, Host& host, const Message& message) {
  if (host.is_open) {
    links_.Send(host.link, message);  // false: it closes, which will be told
    return;
  }
  if (host.link == 0) {
    host.link = links_.Connect(address);
    host.was_used = false;
    outbound_[host.link] = address;
  }
  if (host.waiting.size() < kMostWaiting) host.waiting.push_back(message);
}

// Hosts that are nothing but a memory: others can name any number of addresses.
void Peers::Prune() {
  if (hosts_.size() < 2 * most_) return;
  std::erase_if(hosts_, [](const auto& each) { return each.second.link == 0; });
}

bool Peers::Tell(const IpAddress& address, const Message& message, Clock::time_point now) {
  Prune();
  Host& host = hosts_[address];
  if (const auto inbound = inbound_.find(address); !host.is_open && inbound != inbound_.end()) {
    return links_.Send(inbound->second, message);
  }
  if (host.link == 0 && host.has_failed && now < host.failed + kPause) return false;
  if (!host.is_open && host.waiting.size() >= kMostWaiting) return false;
  Send(address, host, message);
  return true;
}

bool Peers::HasRoom(const IpAddress& address, size_t most_bytes) const {
  size_t queued = 0;
  const auto host = hosts_.find(address);
  if (host != hosts_.end() && host->second.is_open) queued = links_.queued(host->second.link);
  const auto inbound = inbound_.find(address);
  if (inbound != inbound_.end()) queued = std::max(queued, links_.queued(inbound->second));
  return queued <= most_bytes;
}

void Peers::StopAsking(const IpAddress& address, const TraceId& trace) {
  const auto host = hosts_.find(address);
  if (host == hosts_.end()) return;
  std::erase_if(host->second.asked, [&](const Trace& each) { return each.trace == trace; });
  host->second.again.erase(trace);
}

void Peers::OnOpened(const LinkOpened& opened) {
  open_[opened.link] = {
      .address = opened.address, .identity = opened.peer, .we_opened = opened.we_opened};
  if (opened.peer.role == Role::kAgent) Remember(opened.address);
  const auto outbound = outbound_.find(opened.link);
  if (outbound == outbound_.end()) {
    inbound_[opened.address] = opened.link;
    return;
  }
  Host& host = hosts_[outbound->second];
  host.is_open = true;
  host.has_failed = false;
  for (const Message& message : std::exchange(host.waiting, {})) links_.Send(host.link, message);
}

void Peers::Remember(const IpAddress& address) {
  std::erase(known_, address);
  known_.push_back(address);
  if (known_.size() > most_) known_.pop_front();
}

void Peers::OnAnswer(LinkId link, const TraceId& trace, bool is_last) {
  const auto outbound = outbound_.find(link);
  if (outbound == outbound_.end()) return;
  Host& host = hosts_[outbound->second];
  host.was_used = true;
  for (Trace& question : host.asked) {
    if (question.trace == trace) host.again.insert(trace);  // it has begun: not asked anew
  }
  if (is_last) StopAsking(outbound->second, trace);
}

std::vector<Peers::Failed> Peers::OnClosed(const LinkClosed& closed, Clock::time_point now) {
  open_.erase(closed.link);
  if (const auto inbound = inbound_.find(closed.address);
      inbound != inbound_.end() && inbound->second == closed.link) {
    inbound_.erase(inbound);
  }
  std::vector<Failed> failed;
  const auto node = outbound_.extract(closed.link);
  if (node.empty()) return failed;
  const IpAddress address = node.mapped();
  Host& host = hosts_[address];
  if (host.link != closed.link) return failed;
  const bool was_open = host.is_open;
  host.link = 0;
  host.is_open = false;
  host.waiting.clear();
  if (!was_open) {
    host.failed = now;
    host.has_failed = true;
  }
  const bool may_have_restarted =
      was_open && (closed.end == LinkEnd::kClosed || closed.end == LinkEnd::kUnreachable ||
                   closed.end == LinkEnd::kIdle || closed.end == LinkEnd::kBlocked);
  for (const Trace& question : std::exchange(host.asked, {})) {
    if (may_have_restarted && host.again.insert(question.trace).second) {
      AskAt(address, host, question);  // Ask() could forget the host, which has no link now
      continue;
    }
    host.again.erase(question.trace);
    failed.push_back({.host = address, .trace = question.trace, .end = EndOfLink(closed.end)});
  }
  return failed;
}

const Peers::Peer* Peers::Find(LinkId link) const {
  const auto found = open_.find(link);
  return found == open_.end() ? nullptr : &found->second;
}

}  // namespace cairn::tracing
