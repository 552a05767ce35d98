// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/daemon/channel.h"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <type_traits>
#include <utility>

#include "traceback/tokens/record.h"

namespace cairn::daemon {
namespace {

constexpr uint8_t kFirstKind = 0xC1;  // kinds are this and the index in Message

// Values one after the other, each with its own size: no padding, so that no byte is undefined.
class Writer {
 public:
  template <typename T>
  void Number(T value) {
    static_assert(std::is_integral_v<T>);
    const auto* bytes = reinterpret_cast<const std::byte*>(&value);
    bytes_.insert(bytes_.end(), bytes, bytes + sizeof(value));
  }
  void Flag(bool value) { Number<uint8_t>(value ? 1 : 0); }
  void Text(std::string_view text) {
    text = text.substr(0, stop::kMaxTokenBytes);
    Number(static_cast<uint16_t>(text.size()));
    const auto* bytes = reinterpret_cast<const std::byte*>(text.data());
    bytes_.insert(bytes_.end(), bytes, bytes + text.size());
  }
  void End(const Endpoint& end) {
    Number(end.ip.high());
    Number(end.ip.low());
    Number(end.port);
  }
  std::vector<std::byte> Take() { return std::move(bytes_); }

 private:
  std::vector<std::byte> bytes_;
};

// Reads them back; after a fault everything is zero, and Sound() says so.
class Reader {
 public:
  explicit Reader(std::span<const std::byte> bytes) : rest_(bytes) {}

  template <typename T>
  T Number() {
    static_assert(std::is_integral_v<T>);
    T value{};
    if (rest_.size() < sizeof(value)) {
      Fail();
      return value;
    }
    std::memcpy(&value, rest_.data(), sizeof(value));
    rest_ = rest_.subspan(sizeof(value));
    return value;
  }
  bool Flag() {
    const auto value = Number<uint8_t>();
    if (value > 1) Fail();
    return value == 1;
  }
  // A number of the values of an enum that ends with `last`.
  template <typename Enum>
  Enum OneOf(Enum last) {
    const auto value = Number<uint8_t>();
    if (value > static_cast<uint8_t>(last)) {
      Fail();
      return Enum{};
    }
    return static_cast<Enum>(value);
  }
  // Printable ASCII only.
  std::string Text() {
    const auto size = Number<uint16_t>();
    if (size > stop::kMaxTokenBytes || size > rest_.size()) {
      Fail();
      return {};
    }
    std::string text(reinterpret_cast<const char*>(rest_.data()), size);
    rest_ = rest_.subspan(size);
    if (!std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; })) Fail();
    return text;
  }
  Endpoint End() {
    const auto high = Number<uint64_t>();
    const auto low = Number<uint64_t>();
    return {.ip = IpAddress::FromWords(high, low), .port = Number<uint16_t>()};
  }
  Target ReadTarget() {
    const Endpoint local = End();
    return {.local = local, .remote = End()};
  }
  void Fail() {
    sound_ = false;
    rest_ = {};
  }
  // Everything was read, and nothing is left over.
  bool Sound() const { return sound_ && rest_.empty(); }

 private:
  std::span<const std::byte> rest_;
  bool sound_ = true;
};

template <typename Visit>
void ForEachCounter(FrontCounters& counters, Visit visit) {
  for (uint64_t FrontCounters::*counter :
       {&FrontCounters::connections, &FrontCounters::connections_refused,
        &FrontCounters::connections_displaced, &FrontCounters::timed_out,
        &FrontCounters::lines_too_long, &FrontCounters::requests, &FrontCounters::faulty,
        &FrontCounters::rate_limited, &FrontCounters::deferred, &FrontCounters::overloaded,
        &FrontCounters::cycles, &FrontCounters::unremembered, &FrontCounters::askers_forgotten,
        &FrontCounters::hops_asked, &FrontCounters::hops_answered, &FrontCounters::hops_dropped,
        &FrontCounters::hops_joined, &FrontCounters::not_allowed,
        &FrontCounters::refusals_unnoted}) {
    visit(counters.*counter);
  }
}

void WriteBody(Writer& writer, const LookUp& look_up) {
  writer.Number(look_up.id);
  writer.Number(static_cast<uint8_t>(look_up.type));
  writer.Number(look_up.session_id);
  writer.Flag(look_up.names_address);
  writer.Flag(look_up.is_cycle);
  writer.End(look_up.asker);
  writer.End(look_up.local);
  writer.End(look_up.remote);
  writer.Number(static_cast<uint8_t>(look_up.refusal));
}

void WriteBody(Writer& writer, const Answer& answer) {
  writer.Number(answer.id);
  writer.Number(static_cast<uint8_t>(answer.kind));
  writer.Text(answer.text);
  const size_t targets = std::min(answer.targets.size(), kMostTargets);
  writer.Number(static_cast<uint8_t>(targets));
  for (const Target& target : std::span(answer.targets).first(targets)) {
    writer.End(target.local);
    writer.End(target.remote);
  }
}

void WriteBody(Writer& writer, const HopReport& report) {
  writer.Text(report.token);
  writer.End(report.target.local);
  writer.End(report.target.remote);
  writer.Number(static_cast<uint8_t>(report.result));
  writer.Flag(report.queue_full);
  writer.Text(report.answer);
  writer.Flag(report.is_error);
}

void WriteBody(Writer& writer, const TellCounters& tell) { writer.Flag(tell.end); }

void WriteBody(Writer& writer, FrontCounters counters) {
  ForEachCounter(counters, [&writer](uint64_t value) { writer.Number(value); });
}

void ReadBody(Reader& reader, LookUp& look_up) {
  look_up.id = reader.Number<uint64_t>();
  look_up.type = reader.OneOf(stop::RequestType::kSvRec);
  look_up.session_id = reader.Number<uint32_t>();
  look_up.names_address = reader.Flag();
  look_up.is_cycle = reader.Flag();
  look_up.asker = reader.End();
  look_up.local = reader.End();
  look_up.remote = reader.End();
  look_up.refusal = reader.OneOf(Refusal::kNotAllowed);
  const bool has_ports = look_up.local.port != 0 && look_up.remote.port != 0;
  if (!has_ports && look_up.refusal == Refusal::kNone) reader.Fail();
}

void ReadBody(Reader& reader, Answer& answer) {
  answer.id = reader.Number<uint64_t>();
  answer.kind = reader.OneOf(Answer::Kind::kError);
  answer.text = reader.Text();
  if (answer.text.empty()) reader.Fail();
  const auto targets = reader.Number<uint8_t>();
  if (targets > kMostTargets) return reader.Fail();
  for (size_t i = 0; i < targets; ++i) answer.targets.push_back(reader.ReadTarget());
}

void ReadBody(Reader& reader, HopReport& report) {
  report.token = reader.Text();
  if (!tokens::IsStopdToken(report.token)) reader.Fail();
  report.target = reader.ReadTarget();
  report.result = reader.OneOf(requester::Result::kMalformed);
  report.queue_full = reader.Flag();
  report.answer = reader.Text();
  report.is_error = reader.Flag();
}

void ReadBody(Reader& reader, TellCounters& tell) { tell.end = reader.Flag(); }

void ReadBody(Reader& reader, FrontCounters& counters) {
  ForEachCounter(counters, [&reader](uint64_t& value) { value = reader.Number<uint64_t>(); });
}

void WriteBody(Writer& writer, const OwnAddressList& list) {
  const size_t count = std::min(list.addresses.size(), kMostOwnAddresses);
  writer.Number(static_cast<uint8_t>(count));
  for (const IpAddress& ip : std::span(list.addresses).first(count)) {
    writer.Number(ip.high());
    writer.Number(ip.low());
  }
}

void ReadBody(Reader& reader, OwnAddressList& list) {
  const auto count = reader.Number<uint8_t>();
  if (count > kMostOwnAddresses) return reader.Fail();
  for (size_t i = 0; i < count; ++i) {
    const auto high = reader.Number<uint64_t>();
    list.addresses.push_back(IpAddress::FromWords(high, reader.Number<uint64_t>()));
  }
}

template <typename Body>
std::optional<Message> ReadMessage(Reader& reader) {
  Body body;
  ReadBody(reader, body);
  if (!reader.Sound()) return std::nullopt;
  return body;
}

}  // namespace

std::string_view RefusalText(Refusal refusal) {
  constexpr auto kTexts = std::to_array<std::string_view>(
      {"", "too many requests of this requester", "too many requests were waiting",
       "an invalid request", "this requester may only ask by plain ident"});
  return kTexts[static_cast<size_t>(refusal)];
}

std::vector<std::byte> EncodeMessage(const Message& message) {
  Writer writer;
  writer.Number(static_cast<uint8_t>(kFirstKind + message.index()));
  std::visit([&writer](const auto& body) { WriteBody(writer, body); }, message);
  return writer.Take();
}

std::optional<Message> DecodeMessage(std::span<const std::byte> bytes) {
  Reader reader(bytes);
  switch (reader.Number<uint8_t>()) {
    case kFirstKind:
      return ReadMessage<LookUp>(reader);
    case kFirstKind + 1:
      return ReadMessage<Answer>(reader);
    case kFirstKind + 2:
      return ReadMessage<HopReport>(reader);
    case kFirstKind + 3:
      return ReadMessage<TellCounters>(reader);
    case kFirstKind + 4:
      return ReadMessage<FrontCounters>(reader);
    case kFirstKind + 5:
      return ReadMessage<OwnAddressList>(reader);
    default:
      return std::nullopt;
  }
}

Channel::SendState Channel::Send(const Message& message) {
  const std::vector<std::byte> bytes = EncodeMessage(message);
  while (send(descriptor_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT) < 0) {
    if (errno == EINTR) continue;
    return errno == EAGAIN ? SendState::kFull : SendState::kClosed;
  }
  return SendState::kSent;
}

Channel::ReceiveState Channel::Receive(Message& message) {
  std::array<std::byte, kMaxMessageBytes> bytes;  // only what was received is read
  // MSG_TRUNC: the true length of what did not fit.
  const ssize_t got = recv(descriptor_.get(), bytes.data(), bytes.size(), MSG_TRUNC | MSG_DONTWAIT);
  if (got < 0) {
    return errno == EAGAIN || errno == EINTR ? ReceiveState::kNothing : ReceiveState::kClosed;
  }
  if (got == 0) return ReceiveState::kClosed;
  const auto size = static_cast<size_t>(got);
  if (size > bytes.size()) return ReceiveState::kRefused;
  std::optional<Message> decoded = DecodeMessage(std::span(bytes).first(size));
  if (!decoded.has_value()) return ReceiveState::kRefused;
  message = *std::move(decoded);
  return ReceiveState::kMessage;
}

}  // namespace cairn::daemon
