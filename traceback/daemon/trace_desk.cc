// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/daemon/trace_desk.h"

#include <limits.h>
#include <unistd.h>

#include <array>
#include <string>
#include <utility>

#include "absl/status/statusor.h"

#include "traceback/daemon/fact_of.h"

namespace cairn::daemon {
namespace {

// As requesters of STOP are told apart, by address: this one of the network that is thrown away
// (100::/64, RFC 6666) is nobody's there.
IpAddress TurnOf(uint64_t asker) {
  constexpr uint64_t kDiscarded = 0x0100000000000000ULL;
  return IpAddress::FromWords(kDiscarded, asker);
}

std::string HostName() {
  std::array<char, HOST_NAME_MAX + 1> name{};
  return gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "";
}

}  // namespace

void TraceDesk::Handle(const tracing::LookRequest& request, PacketTime now) {
  ++counters_.looks;
  // What it does not read is not looked for either.
  if (ready_.size() >= kMostWaiting) return Refuse(request.look);
  const absl::StatusOr<host::TcpConnection> connection =
      inspector_.Find(request.connection.local, request.connection.remote, false);
  const bool is_inbound = connection.ok() && connection->direction == host::Direction::kInbound;
  // Of other hosts nobody learns here who serves them.
  if (!connection.ok() || (is_inbound && !request.may_be_inbound)) {
    ++counters_.not_found;
    return Answer(request.look, {.trace = request.trace,
                                 .host = HostName(),
                                 .time = now,
                                 .asked = request.connection,
                                 .finding = tracing::Finding::kNoSuchConnection});
  }
  const std::optional<Waiting> left_out =
      waiting_.Push(TurnOf(request.asker),
                    {.request = request, .connection = *connection, .is_inbound = is_inbound});
  if (left_out.has_value()) Refuse(left_out->request.look);
  StartWalks();
}

void TraceDesk::Refuse(uint64_t look) {
  ++counters_.refused;
  ready_.push_back({.look = look, .error = "too many traces at once"});
}

void TraceDesk::StartWalks() {
  while (walking_.size() < kMostAtWork) {
    std::optional<Waiting> next = waiting_.Pop();
    if (!next.has_value()) return;
    const uint64_t tag = next_tag_++;
    const Waiting& waiting = walking_.emplace(tag, *next).first->second;
    walks_.Add(tag, TurnOf(waiting.request.asker), waiting.connection, true);
  }
}

bool TraceDesk::Take(const Walked& walked, PacketTime now) {
  const auto node = walking_.extract(walked.tag);
  if (node.empty()) return walked.tag >= kFirstTag;
  const Waiting& waiting = node.mapped();
  tracing::Fact fact = FactOf(SnapshotOf(walked, now), waiting.connection, waiting.request.trace,
                              waiting.is_inbound);
  // As the other host has it: what was found may be a container's.
  fact.asked = waiting.request.connection;
  Answer(waiting.request.look, fact);
  waiting_.Done(TurnOf(waiting.request.asker));
  StartWalks();
  return true;
}

void TraceDesk::Answer(uint64_t look, const tracing::Fact& fact) {
  tracing::LookReply reply = {.look = look, .fact = tracing::EncodeFact(fact)};
  absl::StatusOr<std::string> signature =
      signer_.Sign(scheme_, std::string(tracing::kFactPrefix) + reply.fact);
  if (signature.ok()) {
    ++counters_.facts;
    reply.signature = *std::move(signature);
  } else {
    ++counters_.unsigned_facts;
    reply = {.look = look, .error = std::string(signature.status().message())};
  }
  ready_.push_back(std::move(reply));
}

std::optional<tracing::LookReply> TraceDesk::Next() {
  if (ready_.empty()) return std::nullopt;
  std::optional<tracing::LookReply> first = std::move(ready_.front());
  ready_.pop_front();
  return first;
}

}  // namespace cairn::daemon
