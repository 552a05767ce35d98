// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/tracing/authority/register.h"

#include <array>
#include <charconv>
#include <set>
#include <system_error>
#include <utility>

#include "fmt/format.h"

#include "traceback/tracing/trust/openssl.h"

namespace cairn::tracing {
namespace {

constexpr std::string_view kHeading =
    "# The certificates that this authority has issued, as 'stopd ca' writes them. Do not edit.\n";
constexpr std::string_view kNone = "-";
constexpr std::string_view kRenewedFrom = "renewed";

constexpr std::array<std::pair<IssuedRole, std::string_view>, 3> kRoles = {
    {{IssuedRole::kAgent, "agent"},
     {IssuedRole::kAsker, "asker"},
     {IssuedRole::kAuthority, "authority"}}};
constexpr std::array<std::pair<RevocationReason, std::string_view>, 4> kReasons = {
    {{RevocationReason::kUnspecified, "unspecified"},
     {RevocationReason::kKeyCompromise, "key_compromise"},
     {RevocationReason::kSuperseded, "superseded"},
     {RevocationReason::kRetired, "retired"}}};

template <typename Table>
std::string_view NameIn(const Table& table, decltype(table.front().first) value) {
  for (const auto& [each, name] : table) {
    if (each == value) return name;
  }
  return kNone;
}

template <typename Table>
auto ValueIn(const Table& table, std::string_view name)
    -> std::optional<decltype(table.front().first)> {
  for (const auto& [each, each_name] : table) {
    if (each_name == name) return each;
  }
  return std::nullopt;
}

std::string AddressesText(const std::vector<IpAddress>& addresses) {
  std::string text;
  for (const IpAddress& each : addresses) text += (text.empty() ? "" : ",") + each.ToString();
  return text.empty() ? std::string(kNone) : text;
}

// The words of one line.  Each Take...() is false once something was wrong.
class Words {
 public:
  explicit Words(std::string_view line) : rest_(line) {}

  std::string_view Take() {
    const size_t end = rest_.find(' ');
    const std::string_view word = rest_.substr(0, end);
    rest_ = end == std::string_view::npos ? std::string_view() : rest_.substr(end + 1);
    good_ = good_ && !word.empty();
    return word;
  }
  std::string TakeText() { return std::string(Take()); }
  template <typename Number>
  Number TakeNumber() {
    const std::string_view word = Take();
    Number number = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
    good_ = good_ && error == std::errc() && end == word.data() + word.size();
    return number;
  }
  PacketTime TakeTime() {
    constexpr int64_t kMostSeconds = 9000000000;  // within PacketTime
    const auto seconds = TakeNumber<int64_t>();
    if (seconds < 0 || seconds > kMostSeconds) good_ = false;
    return good_ ? PacketTime::FromNanoseconds(0) + PacketDelta::FromSeconds(seconds)
                 : PacketTime::InfinitePast();
  }
  std::vector<IpAddress> TakeAddresses() {
    std::vector<IpAddress> addresses;
    std::string_view all = Take();
    if (all == kNone) return addresses;
    while (good_) {
      const size_t end = all.find(',');
      const absl::StatusOr<IpAddress> address = IpAddress::Parse(all.substr(0, end));
      good_ = address.ok();
      if (good_) addresses.push_back(*address);
      if (end == std::string_view::npos) break;
      all.remove_prefix(end + 1);
    }
    return addresses;
  }
  template <typename Table>
  auto TakeNamed(const Table& table) {
    const auto value = ValueIn(table, Take());
    good_ = good_ && value.has_value();
    return value.value_or(table.front().first);
  }
  void Fail() { good_ = false; }
  bool AreLeft() const { return !rest_.empty(); }
  bool Ended() const { return good_ && rest_.empty(); }

 private:
  std::string_view rest_;
  bool good_ = true;
};

Issued TakeIssued(Words& words) {
  Issued issued;
  issued.serial = words.TakeText();
  issued.key_hash = words.TakeText();
  issued.issuer = words.TakeNumber<uint32_t>();
  issued.role = words.TakeNamed(kRoles);
  issued.name = words.TakeText();
  issued.addresses = words.TakeAddresses();
  issued.from = words.TakeTime();
  issued.until = words.TakeTime();
  const std::string_view state = words.Take();
  if (state == "revoked") {
    issued.revoked = words.TakeTime();
    issued.reason = words.TakeNamed(kReasons);
  } else if (state != "good") {
    words.Fail();
  }
  // Registers of earlier versions do not know it.
  if (words.AreLeft()) {
    if (words.Take() != kRenewedFrom) words.Fail();
    issued.renewed_from = words.TakeText();
  }
  return issued;
}

std::string IssuedText(const Issued& each) {
  std::string text =
      fmt::format("issued {} {} {} {} {} {} {} {} ", each.serial, each.key_hash, each.issuer,
                  IssuedRoleName(each.role), each.name, AddressesText(each.addresses),
                  UnixSeconds(each.from), UnixSeconds(each.until));
  text += each.revoked.has_value() ? fmt::format("revoked {} {}", UnixSeconds(*each.revoked),
                                                 RevocationReasonName(each.reason))
                                   : "good";
  if (!each.renewed_from.empty()) text += fmt::format(" {} {}", kRenewedFrom, each.renewed_from);
  text += '\n';
  return text;
}

}  // namespace

std::string_view IssuedRoleName(IssuedRole role) { return NameIn(kRoles, role); }
std::string_view RevocationReasonName(RevocationReason reason) { return NameIn(kReasons, reason); }
std::optional<RevocationReason> ParseRevocationReason(std::string_view name) {
  return ValueIn(kReasons, name);
}

PacketTime RenewalTime(PacketTime from, PacketTime until) {
  return from + PacketDelta::FromNanoseconds((until - from).ToNanoseconds() / 3 * 2);
}

std::string_view StateOf(const Issued& issued, PacketTime now) {
  if (issued.revoked.has_value()) return "revoked";
  if (now >= issued.until) return "expired";
  if (now < issued.from) return "not_yet";
  return now >= RenewalTime(issued.from, issued.until) ? "due" : "valid";
}

void MarkRenewals(const std::vector<Issued>& issued, std::vector<bool>& marked) {
  std::set<std::string_view> serials;
  for (size_t i = 0; i < issued.size(); ++i) {
    // Each comes after the one that it was renewed from.
    if (serials.contains(issued[i].renewed_from)) marked[i] = true;
    if (marked[i]) serials.insert(issued[i].serial);
  }
}

std::string RegisterText(const Register& all) {
  std::string text(kHeading);
  text +=
      fmt::format("authority 1 {} {} {} {}\n", all.site, all.list_number, all.keys, all.signing);
  for (const Issued& each : all.issued) text += IssuedText(each);
  for (const Spent& each : all.spent) {
    text += fmt::format("spent {} {}\n", each.id, UnixSeconds(each.expires));
  }
  return text + fmt::format("end {}\n", all.issued.size() + all.spent.size());
}

absl::StatusOr<Register> ParseRegister(std::string_view text) {
  Register all;
  bool begun = false;
  bool ended = false;
  for (size_t number = 1; !text.empty(); ++number) {
    const size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.starts_with('#')) continue;
    Words words(line);
    const std::string_view kind = words.Take();
    if (kind == "authority" && !begun) {
      begun = words.TakeNumber<uint32_t>() == 1;
      all.site = words.TakeText();
      all.list_number = words.TakeNumber<uint64_t>();
      all.keys = words.TakeNumber<uint32_t>();
      all.signing = words.TakeNumber<uint32_t>();
      if (!begun || all.signing < 1 || all.signing > all.keys) words.Fail();
    } else if (kind == "issued" && begun && !ended) {
      all.issued.push_back(TakeIssued(words));
    } else if (kind == "spent" && begun && !ended) {
      all.spent.push_back({.id = words.TakeText()});
      all.spent.back().expires = words.TakeTime();
    } else if (kind == "end" && begun && !ended) {
      ended = words.TakeNumber<size_t>() == all.issued.size() + all.spent.size();
      if (!ended) words.Fail();
    } else {
      words.Fail();
    }
    if (!words.Ended()) {
      return absl::InvalidArgumentError(fmt::format("line {} of it is damaged", number));
    }
  }
  if (!ended) return absl::InvalidArgumentError("its end is missing");
  return all;
}

}  // namespace cairn::tracing
