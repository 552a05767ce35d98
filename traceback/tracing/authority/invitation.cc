// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/tracing/authority/invitation.h"

#include <openssl/crypto.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <array>
#include <charconv>
#include <system_error>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "fmt/format.h"

#include "traceback/tracing/authority/keys.h"
#include "traceback/tracing/trust/certificate.h"

namespace cairn::tracing {
namespace {

// What an HMAC is of, so that none can pass for another.
constexpr std::string_view kTokenPrefix{"cairn invitation, version 1\0", 28};
constexpr std::string_view kProofPrefix{"cairn invited key, version 1\0", 29};
constexpr std::string_view kVersion = "1";
constexpr std::string_view kNoAddress = "-";
constexpr size_t kDigits = 32;

std::string Hmac(std::string_view key, std::string_view text) {
  std::array<uint8_t, EVP_MAX_MD_SIZE> code{};
  unsigned int size = 0;
  if (HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
           reinterpret_cast<const uint8_t*>(text.data()), text.size(), code.data(),
           &size) == nullptr) {
    return {};
  }
  return {reinterpret_cast<const char*>(code.data()), size};
}

std::string SecretOf(std::string_view statement, std::string_view key) {
  return Hmac(key, std::string(kTokenPrefix) + std::string(statement));
}

std::string ProofOf(std::string_view secret, std::string_view statement,
                    std::string_view public_key) {
  std::string text(kProofPrefix);
  text += statement;
  text += '\0';
  text += public_key;
  return Hmac(secret, text);
}

std::vector<std::string_view> Split(std::string_view text, char at) {
  std::vector<std::string_view> parts;
  for (size_t end = 0; end != std::string_view::npos;) {
    end = text.find(at);
    parts.push_back(text.substr(0, end));
    if (end != std::string_view::npos) text.remove_prefix(end + 1);
  }
  return parts;
}

bool ParseNumber(std::string_view text, int64_t most, int64_t& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() && number >= 0 && number <= most;
}

// Of the length of both.
bool IsHex(std::string_view text) {
  return text.size() == kDigits &&
         text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

absl::Status NoToken() {
  return absl::InvalidArgumentError(
      "it is no invitation, or a part of one: copy all that 'stopd ca invite' printed");
}

}  // namespace

std::string AuthorityPin(std::string_view public_key) {
  return Sha256Hex(public_key).substr(0, kDigits);
}

std::string RandomHex(size_t bytes) {
  std::vector<uint8_t> random(bytes);
  if (RAND_bytes(random.data(), static_cast<int>(bytes)) != 1) return {};
  std::string text;
  for (const uint8_t each : random) text += fmt::format("{:02x}", each);
  return text;
}

std::string Statement(const Invitation& invitation) {
  std::string addresses;
  for (const IpAddress& each : invitation.names.addresses) {
    addresses += (addresses.empty() ? "" : ",") + each.ToString();
  }
  return fmt::format(
      "{} {} {} {} {} {} {} {}", kVersion, invitation.id, UnixSeconds(invitation.expires),
      invitation.names.role == Role::kAgent ? "agent" : "asker", invitation.days,
      invitation.names.name, addresses.empty() ? kNoAddress : addresses, invitation.authority);
}

absl::StatusOr<Invitation> ParseStatement(std::string_view statement) {
  constexpr int64_t kMostSeconds = 9000000000;
  constexpr int64_t kMostDays = 100000;
  const std::vector<std::string_view> words = Split(statement, ' ');
  if (words.size() != 8 || words[0] != kVersion || !IsHex(words[1]) || !IsHex(words[7])) {
    return NoToken();
  }
  Invitation invitation{.id = std::string(words[1]), .authority = std::string(words[7])};
  int64_t expires = 0;
  int64_t days = 0;
  if (!ParseNumber(words[2], kMostSeconds, expires) || !ParseNumber(words[4], kMostDays, days) ||
      (words[3] != "agent" && words[3] != "asker")) {
    return NoToken();
  }
  invitation.expires = PacketTime::FromNanoseconds(0) + PacketDelta::FromSeconds(expires);
  invitation.days = static_cast<uint32_t>(days);
  invitation.names.role = words[3] == "agent" ? Role::kAgent : Role::kAsker;
  invitation.names.name = words[5];
  if (words[6] != kNoAddress) {
    for (const std::string_view each : Split(words[6], ',')) {
      const absl::StatusOr<IpAddress> address = IpAddress::Parse(each);
      if (!address.ok()) return NoToken();
      invitation.names.addresses.push_back(*address);
    }
  }
  absl::StatusOr<HostNames> names = CheckedNames(invitation.names);
  if (!names.ok()) return names.status();
  invitation.names = *std::move(names);
  return invitation;
}

std::string MakeToken(const Invitation& invitation, std::string_view key) {
  const std::string statement = Statement(invitation);
  return absl::WebSafeBase64Escape(statement) + "." +
         absl::WebSafeBase64Escape(SecretOf(statement, key));
}

absl::StatusOr<Token> ParseToken(std::string_view text) {
  const std::vector<std::string_view> parts = Split(text, '.');
  Token token;
  if (text.size() > kMostTokenBytes || parts.size() != 2 ||
      !absl::WebSafeBase64Unescape(std::string(parts[0]), &token.statement) ||
      !absl::WebSafeBase64Unescape(std::string(parts[1]), &token.secret) ||
      token.secret.size() != 32) {
    return NoToken();
  }
  absl::StatusOr<Invitation> invitation = ParseStatement(token.statement);
  if (!invitation.ok()) return invitation.status();
  token.invitation = *std::move(invitation);
  return token;
}

std::string InvitationProof(const Token& token, std::string_view public_key) {
  return ProofOf(token.secret, token.statement, public_key);
}

absl::StatusOr<Invitation> CheckInvitation(std::string_view statement, std::string_view proof,
                                           std::string_view public_key, std::string_view key) {
  const std::string right = ProofOf(SecretOf(statement, key), statement, public_key);
  if (right.empty() || proof.size() != right.size() ||
      CRYPTO_memcmp(right.data(), proof.data(), right.size()) != 0) {
    return absl::PermissionDeniedError(
        "the request is not by an invitation of this authority, or was altered");
  }
  return ParseStatement(statement);
}

}  // namespace cairn::tracing
