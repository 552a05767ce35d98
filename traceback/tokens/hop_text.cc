// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/tokens/hop_text.h"

#include <algorithm>
#include <string_view>

#include "fmt/format.h"

#include "traceback/tokens/plain_text.h"

namespace cairn::tokens {
namespace {

constexpr size_t kMostShown = 64;

}  // namespace

std::string HopText(const NextHop& hop) {
  if (IsStopdToken(hop.token)) return fmt::format("its token: {}", hop.token);
  if (!hop.token.empty())
    return fmt::format("no token; it answered: {}", Shown(hop.token, kMostShown));
  if (!hop.error.empty())
    return fmt::format("no token; it answered the error {}", Shown(hop.error, kMostShown));
  if (hop.result == "not_allowed") return "not asked: it is not in recursion.networks";
  if (hop.result == "limit") return "not asked: there were more than recursion.max_targets";
  if (hop.result == "queue_full") return "not asked: too many were waiting";
  return fmt::format("no token: {}", Shown(hop.result, kMostShown));
}

bool IsOfRecord(const Record& record, const NextHop& hop) {
  const auto is_its = [&hop](const auto& each) {
    return each.local == hop.local && each.remote == hop.remote;
  };
  const host::Snapshot& snapshot = record.snapshot;
  return std::any_of(snapshot.previous_hosts.begin(), snapshot.previous_hosts.end(), is_its) ||
         std::any_of(snapshot.other_connections.begin(), snapshot.other_connections.end(), is_its);
}

std::string HopsBesideRecordText(const Redeemed& redeemed) {
  if (!redeemed.record.has_value()) return {};
  std::string text;
  for (const NextHop& hop : redeemed.next_hops) {
    if (IsOfRecord(*redeemed.record, hop)) continue;
    if (text.empty()) {
      text =
          "\nANSWERS THAT ARE NOT OF THE RECORD (it names no such connection: do not rely on "
          "them)\n";
    }
    text += fmt::format("  {} -> {}\n      {}\n", hop.remote.ToString(), hop.local.ToString(),
                        HopText(hop));
  }
  return text;
}

}  // namespace cairn::tokens
