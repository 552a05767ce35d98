// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/stop/message.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <system_error>
#include <utility>

#include "absl/strings/ascii.h"
#include "fmt/format.h"

namespace cairn::stop {
namespace {

constexpr uint32_t kHighestPort = 65535;
constexpr size_t kMaxErrorWordBytes = 64;
constexpr size_t kMaxSystemBytes = 64;

constexpr auto kTypeNames = std::to_array<std::pair<RequestType, std::string_view>>({
    {RequestType::kIdent, ""},
    {RequestType::kId, "ID"},
    {RequestType::kIdRec, "ID_REC"},
    {RequestType::kSv, "SV"},
    {RequestType::kSvRec, "SV_REC"},
});

bool IsBlank(char c) { return c == ' ' || c == '\t'; }

std::string_view Trimmed(std::string_view text) {
  while (!text.empty() && IsBlank(text.front())) text.remove_prefix(1);
  while (!text.empty() && IsBlank(text.back())) text.remove_suffix(1);
  return text;
}

// The words of a line between single separators, without the white space around them.
class Words {
 public:
  explicit Words(std::string_view line) : rest_(line) {}

  bool AtEnd() const { return at_end_; }
  std::string_view Next(char separator) {
    const size_t end = rest_.find(separator);
    const std::string_view word = rest_.substr(0, end);
    at_end_ = end == std::string_view::npos;
    rest_.remove_prefix(at_end_ ? rest_.size() : end + 1);
    return Trimmed(word);
  }
  // All that is left.
  std::string_view Rest() {
    at_end_ = true;
    return Trimmed(std::exchange(rest_, {}));
  }

 private:
  std::string_view rest_;
  bool at_end_ = false;
};

// Decimal digits only; at most 2^32 - 1.
std::optional<uint32_t> ParseDigits(std::string_view text) {
  uint32_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

bool IsPort(uint32_t number) { return number >= 1 && number <= kHighestPort; }

// What stands before the first ':' of a request or a reply.
bool ParsePorts(std::string_view text, PortPair& ports) {
  Words words(text);
  const std::optional<uint32_t> local = ParseDigits(words.Next(','));
  const std::optional<uint32_t> remote = ParseDigits(words.Rest());
  ports = {.local = local.value_or(0), .remote = remote.value_or(0)};
  return local.has_value() && remote.has_value();
}

bool IsPrinting(char c) { return c > ' ' && c <= '~'; }

bool IsWord(std::string_view text, size_t most) {
  return !text.empty() && text.size() <= most &&
         std::all_of(text.begin(), text.end(), [](char c) { return IsPrinting(c) && c != ':'; });
}

bool IsErrorWord(std::string_view word) {
  if (word == kInvalidPort || word == kNoUser || word == kHiddenUser || word == kUnknownError) {
    return true;
  }
  return word.size() > 1 && word[0] == 'X' && IsWord(word, kMaxErrorWordBytes);
}

// "192.0.2.7" or "[2001:db8::7]".
std::optional<IpAddress> ParseAbout(std::string_view text) {
  const bool bracketed = text.size() > 2 && text.front() == '[' && text.back() == ']';
  if (bracketed) text = Trimmed(text.substr(1, text.size() - 2));
  if (bracketed != (text.find(':') != std::string_view::npos)) return std::nullopt;
  const absl::StatusOr<IpAddress> ip = IpAddress::Parse(text);
  if (!ip.ok()) return std::nullopt;
  return ip->Unmapped();
}

absl::Status Malformed(std::string_view what) {
  return absl::InvalidArgumentError(absl::string_view(what.data(), what.size()));
}

}  // namespace

std::string_view RequestTypeName(RequestType type) {
  return kTypeNames[static_cast<size_t>(type)].second;
}

std::optional<RequestType> RequestTypeFromName(std::string_view name) {
  std::string known;
  for (const char c : name) {
    const char letter = IsBlank(c) ? '_' : absl::ascii_toupper(static_cast<unsigned char>(c));
    if (letter != '_' || known.empty() || known.back() != '_') known += letter;
  }
  for (const auto& [type, type_name] : kTypeNames) {
    if (!known.empty() && known == type_name) return type;
  }
  return std::nullopt;
}

absl::StatusOr<Request> ParseRequest(std::string_view line, PortPair& ports) {
  ports = {};
  if (line.size() > kMaxLineBytes) return Malformed("the request is too long");
  Words words(line);
  Request request;
  const bool has_ports = ParsePorts(words.Next(':'), ports);
  if (!has_ports || !IsPort(ports.local) || !IsPort(ports.remote)) {
    return absl::OutOfRangeError("a port is not from 1 to 65535");
  }
  request.ports = ports;
  if (words.AtEnd()) return request;

  const std::optional<RequestType> type = RequestTypeFromName(words.Next(':'));
  if (!type.has_value()) return Malformed("the request's type is none of ID, ID_REC, SV, SV_REC");
  request.type = *type;
  if (IsRecursive(*type)) {
    const std::optional<uint32_t> session_id =
        words.AtEnd() ? std::nullopt : ParseDigits(words.Next(':'));
    if (!session_id.has_value()) return Malformed("a recursive request has no session id");
    request.session_id = *session_id;
  }
  if (words.AtEnd()) return request;
  request.about = ParseAbout(words.Rest());
  if (!request.about.has_value()) return Malformed("the request's address is invalid");
  return request;
}

bool NamesAddress(std::string_view line) {
  Words words(line);
  words.Next(':');  // ports
  if (words.AtEnd()) return false;
  words.Next(':');  // type
  const std::string_view rest = words.Rest();
  // A session id alone is digits.
  return !std::all_of(rest.begin(), rest.end(), [](char c) { return c >= '0' && c <= '9'; });
}

std::string FormatRequest(const Request& request) {
  std::string line = fmt::format("{},{}", request.ports.local, request.ports.remote);
  if (request.type != RequestType::kIdent) {
    line += fmt::format(":{}", RequestTypeName(request.type));
  }
  if (IsRecursive(request.type)) line += fmt::format(":{}", request.session_id);
  if (request.about.has_value()) {
    const IpAddress ip = request.about->Unmapped();
    line += ip.IsV4() ? ":" + ip.ToString() : ":[" + ip.ToString() + "]";
  }
  return line + "\r\n";
}

bool IsToken(std::string_view text) { return IsWord(text, kMaxTokenBytes); }

absl::StatusOr<Reply> ParseReply(std::string_view line) {
  if (line.size() > kMaxLineBytes) return Malformed("the reply is too long");
  if (line.find_first_of(std::string_view("\0\r", 2)) != std::string_view::npos) {
    return Malformed("the reply holds a byte that no reply may hold");
  }
  Words words(line);
  Reply reply;
  if (!ParsePorts(words.Next(':'), reply.ports) || words.AtEnd()) {
    return Malformed("the reply names no ports");
  }
  const std::string_view kind = words.Next(':');
  if (kind == "ERROR") {
    reply.error = words.Rest();
    if (!IsErrorWord(reply.error)) return Malformed("the reply's error is unknown");
    return reply;
  }
  if (kind != "USERID") return Malformed("the reply is neither USERID nor ERROR");
  Words system(words.Next(':'));
  reply.system = system.Next(',');
  const bool has_charset = !system.AtEnd();
  reply.charset = system.Rest();
  if (words.AtEnd() || !IsWord(reply.system, kMaxSystemBytes) ||
      (has_charset && !IsWord(reply.charset, kMaxSystemBytes))) {
    return Malformed("the reply has no valid system");
  }
  reply.user = words.Rest();
  if (reply.user.empty() || reply.user.size() > kMaxTokenBytes) {
    return Malformed("the reply has no user name");
  }
  return reply;
}

// No blanks: by RFC 1413 those before the user's name would be part of it.
std::string FormatReply(const Reply& reply) {
  const std::string ports = fmt::format("{},{}", reply.ports.local, reply.ports.remote);
  if (!reply.error.empty()) return fmt::format("{}:ERROR:{}\r\n", ports, reply.error);
  const std::string charset = reply.charset.empty() ? "" : "," + reply.charset;
  return fmt::format("{}:USERID:{}{}:{}\r\n", ports, reply.system, charset, reply.user);
}

}  // namespace cairn::stop
