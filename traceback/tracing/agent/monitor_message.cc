// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/tracing/agent/monitor_message.h"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>
#include <vector>

namespace cairn::tracing {
namespace {

enum class Kind : uint8_t {
  kLookRequest = 1,
  kLookReply,
  kSvRequest,
  kCountersRequest,
  kCountersReply,
  kNewRevocations,
};

class Writer {
 public:
  explicit Writer(Kind kind) { Number(static_cast<uint8_t>(kind), 1); }

  void Number(uint64_t value, int bytes) {
    for (int i = bytes - 1; i >= 0; --i) bytes_.push_back(static_cast<char>(value >> (8 * i)));
  }
  void Id(const TraceId& id) { bytes_.append(id.begin(), id.end()); }
  void End(const Endpoint& end) {
    Number(end.ip.high(), 8);
    Number(end.ip.low(), 8);
    Number(end.port, 2);
  }
  void Ends(const Connection& connection) {
    End(connection.local);
    End(connection.remote);
  }
  void Text(std::string_view text) {
    Number(text.size(), 4);
    bytes_.append(text);
  }
  std::string Take() { return std::move(bytes_); }

 private:
  std::string bytes_;
};

class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}

  uint64_t Number(size_t count) {
    uint64_t value = 0;
    for (const char byte : Bytes(count)) value = value << 8 | static_cast<uint8_t>(byte);
    return value;
  }
  TraceId Id() {
    TraceId id = {};
    const std::string_view bytes = Bytes(id.size());
    std::copy(bytes.begin(), bytes.end(), id.begin());
    return id;
  }
  Endpoint End() {
    const uint64_t high = Number(8);
    const uint64_t low = Number(8);
    return {.ip = IpAddress::FromWords(high, low), .port = static_cast<uint16_t>(Number(2))};
  }
  Connection Ends() {
    const Endpoint local = End();
    return {.local = local, .remote = End()};
  }
  bool Flag() {
    const uint64_t value = Number(1);
    if (value > 1) is_good_ = false;
    return value == 1;
  }
  std::string Text() { return std::string(Bytes(Number(4))); }

  bool is_done() const { return is_good_ && bytes_.empty(); }

 private:
  std::string_view Bytes(uint64_t count) {
    if (count > bytes_.size()) {
      is_good_ = false;
      bytes_ = {};
      return {};
    }
    const std::string_view taken = bytes_.substr(0, count);
    bytes_.remove_prefix(count);
    return taken;
  }

  std::string_view bytes_;
  bool is_good_ = true;
};

std::string Encode(const LookRequest& request) {
  Writer out(Kind::kLookRequest);
  out.Number(request.look, 8);
  out.Id(request.trace);
  out.Ends(request.connection);
  out.Number(request.may_be_inbound ? 1 : 0, 1);
  out.Number(request.asker, 8);
  return out.Take();
}

std::string Encode(const LookReply& reply) {
  Writer out(Kind::kLookReply);
  out.Number(reply.look, 8);
  out.Text(reply.fact);
  out.Text(reply.signature);
  out.Text(reply.error);
  return out.Take();
}

std::string Encode(const SvRequest& request) {
  Writer out(Kind::kSvRequest);
  out.Id(request.trace);
  out.Ends(request.connection);
  return out.Take();
}

std::string Encode(const CountersRequest& request) {
  Writer out(Kind::kCountersRequest);
  out.Number(request.end ? 1 : 0, 1);
  return out.Take();
}

std::string Encode(const CountersReply& reply) {
  Writer out(Kind::kCountersReply);
  out.Text(reply.text);
  return out.Take();
}

std::string Encode(const NewRevocations& revocations) {
  Writer out(Kind::kNewRevocations);
  out.Text(revocations.list);
  return out.Take();
}

MonitorMessage DecodeLookRequest(Reader& in) {
  LookRequest request;
  request.look = in.Number(8);
  request.trace = in.Id();
  request.connection = in.Ends();
  request.may_be_inbound = in.Flag();
  request.asker = in.Number(8);
  return request;
}

MonitorMessage DecodeLookReply(Reader& in) {
  LookReply reply;
  reply.look = in.Number(8);
  reply.fact = in.Text();
  reply.signature = in.Text();
  reply.error = in.Text();
  return reply;
}

MonitorMessage DecodeSvRequest(Reader& in) {
  SvRequest request;
  request.trace = in.Id();
  request.connection = in.Ends();
  return request;
}

}  // namespace

std::string EncodeMonitorMessage(const MonitorMessage& message) {
  return std::visit([](const auto& each) { return Encode(each); }, message);
}

std::optional<MonitorMessage> DecodeMonitorMessage(std::string_view bytes) {
  Reader in(bytes);
  MonitorMessage message;
  switch (static_cast<Kind>(in.Number(1))) {
    case Kind::kLookRequest:
      message = DecodeLookRequest(in);
      break;
    case Kind::kLookReply:
      message = DecodeLookReply(in);
      break;
    case Kind::kSvRequest:
      message = DecodeSvRequest(in);
      break;
    case Kind::kCountersRequest:
      message = CountersRequest{.end = in.Flag()};
      break;
    case Kind::kCountersReply:
      message = CountersReply{.text = in.Text()};
      break;
    case Kind::kNewRevocations:
      message = NewRevocations{.list = in.Text()};
      break;
    default:
      return std::nullopt;
  }
  if (!in.is_done()) return std::nullopt;
  return message;
}

MonitorChannel::SendState MonitorChannel::Send(const MonitorMessage& message) {
  const std::string bytes = EncodeMonitorMessage(message);
  if (send(descriptor_.get(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL) >= 0) {
    return SendState::kSent;
  }
  const bool is_full = errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS;
  return is_full ? SendState::kFull : SendState::kClosed;
}

MonitorChannel::ReceiveState MonitorChannel::Receive(MonitorMessage& message) {
  std::string bytes(kMostMonitorMessageBytes + 1, '\0');
  const ssize_t got = recv(descriptor_.get(), bytes.data(), bytes.size(), MSG_DONTWAIT);
  if (got == 0) return ReceiveState::kClosed;
  if (got < 0) {
    return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? ReceiveState::kNothing
                                                                     : ReceiveState::kClosed;
  }
  if (static_cast<size_t>(got) > kMostMonitorMessageBytes) return ReceiveState::kRefused;
  std::optional<MonitorMessage> decoded =
      DecodeMonitorMessage(std::string_view(bytes).substr(0, static_cast<size_t>(got)));
  if (!decoded.has_value()) return ReceiveState::kRefused;
  message = *std::move(decoded);
  return ReceiveState::kMessage;
}

}  // namespace cairn::tracing
