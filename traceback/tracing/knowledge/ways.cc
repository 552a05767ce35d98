// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/tracing/knowledge/ways.h"

#include <algorithm>
#include <utility>

#include "fmt/format.h"

#include "traceback/tracing/trust/certificate.h"
#include "traceback/tracing/wire/sha256.h"

namespace cairn::tracing {
namespace {

std::string Lower(std::string_view text) {
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  });
  return lower;
}

// Parts with their lengths, so that no two lists of them are the same text.
uint64_t KeyOf(const std::vector<std::string>& parts) {
  std::string text;
  for (const std::string& part : parts) text += fmt::format("{}:{}", part.size(), part);
  const auto hash = Sha256(text);
  uint64_t key = 0;
  for (size_t i = 0; i < sizeof(key); ++i) key = key << 8 | hash[i];
  return key;
}

struct Read {
  std::string host;
  std::optional<Fact> fact;
};

Read ReadHop(const SignedFact& hop) {
  absl::StatusOr<Fact> fact = DecodeFact(hop.fact);
  if (!fact.ok()) return {.host = "?", .fact = std::nullopt};
  std::string host = HostName(hop, *fact);
  return {.host = std::move(host), .fact = *std::move(fact)};
}

std::string UserKey(const std::optional<Fact>& fact) {
  const std::optional<User> user = fact.has_value() ? UserOf(*fact) : std::nullopt;
  return user.has_value() ? UserText(*user) : std::string();
}

bool Is(const User& user, std::string_view text) {
  return user.name == text || (!text.empty() && std::to_string(user.uid) == text);
}

// "web1" is web1.example.org, too.
bool IsNamed(std::string_view host, std::string_view asked) {
  return host == asked ||
         (host.size() > asked.size() && host.starts_with(asked) && host[asked.size()] == '.');
}

}  // namespace

std::string HostName(const SignedFact& hop, const Fact& fact) {
  const absl::StatusOr<CertificatePtr> certificate = ParseCertificate(hop.certificate);
  Distrust why = Distrust::kNone;
  if (certificate.ok()) {
    const absl::StatusOr<Identity> identity = IdentityOf(certificate->get(), why);
    if (identity.ok()) return identity->name;
  }
  return Lower(fact.host);
}

std::optional<User> UserOf(const Fact& fact) {
  for (auto step = fact.steps.rbegin(); step != fact.steps.rend(); ++step) {
    if (step->login.has_value()) return step->login;
  }
  if (fact.steps.empty()) return std::nullopt;
  return fact.steps.back().user;
}

std::string UserText(const User& user) {
  return user.name.empty() ? fmt::format("uid {}", user.uid) : user.name;
}

WayKeys KeysOf(const Chain& chain) {
  WayKeys keys;
  std::vector<std::string> way;
  Read root;
  for (const SignedFact& hop : chain.hops) {
    root = ReadHop(hop);
    way.push_back(root.host);
    const std::string user = UserKey(root.fact);
    if (!user.empty()) keys.seen.push_back(KeyOf({"seen", root.host, user}));
  }
  // Where it goes on, if it does.
  std::string beyond;
  if (chain.hops.empty()) {
    beyond = chain.asked.remote.ip.ToString();
  } else if (root.fact.has_value() && root.fact->upstream.has_value()) {
    beyond = root.fact->upstream->remote.ip.ToString();
  }
  keys.root = KeyOf({"root", root.host, UserKey(root.fact), beyond});
  way.insert(way.begin(), {"way", beyond});
  keys.way = KeyOf(way);
  std::ranges::sort(keys.seen);
  keys.seen.erase(std::unique(keys.seen.begin(), keys.seen.end()), keys.seen.end());
  keys.seen.shrink_to_fit();
  return keys;
}

std::optional<uint64_t> SeenKey(const SignedFact& hop) {
  const Read read = ReadHop(hop);
  const std::string user = UserKey(read.fact);
  if (user.empty()) return std::nullopt;
  return KeyOf({"seen", read.host, user});
}

bool HasHost(const Chain& chain, std::string_view host) {
  const std::string name = Lower(host);
  const absl::StatusOr<IpAddress> address = IpAddress::Parse(host);
  const auto is = [&](const IpAddress& ip) { return address.ok() && ip == address->Unmapped(); };
  if (is(chain.asked.local.ip)) return true;
  return std::ranges::any_of(chain.hops, [&](const SignedFact& hop) {
    const Read read = ReadHop(hop);
    if (IsNamed(read.host, name)) return true;
    if (!read.fact.has_value()) return false;
    const Fact& fact = *read.fact;
    return IsNamed(Lower(fact.host), name) || is(fact.asked.local.ip) || is(fact.asked.remote.ip) ||
           (fact.upstream.has_value() &&
            (is(fact.upstream->local.ip) || is(fact.upstream->remote.ip)));
  });
}

bool HasUser(const Chain& chain, std::string_view user) {
  return std::ranges::any_of(chain.hops, [&](const SignedFact& hop) {
    const absl::StatusOr<Fact> fact = DecodeFact(hop.fact);
    return fact.ok() && std::ranges::any_of(fact->steps, [&](const Step& step) {
             return Is(step.user, user) || Is(step.real, user) ||
                    (step.login.has_value() && Is(*step.login, user));
           });
  });
}

}  // namespace cairn::tracing
