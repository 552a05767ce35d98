// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <utility>

#include "traceback/tracing/link/channel.h"

// Instead of TLS, for measuring what it costs (CAIRN_TRACE_PLAIN_TRANSPORT): each side sends its
// certificate, proves nothing, and hides nothing.  In no program that is installed.
//
// A side begins with the lengths of its session and its certificate (4 bytes each) and both; what
// it says later comes in blocks after their lengths (4 bytes), the empty one is the last.
namespace cairn::tracing {
namespace {

constexpr size_t kHeadBytes = 8;
constexpr uint32_t kMostCertificate = 16 << 10;
constexpr uint32_t kMostSession = 32;

void AppendSize(std::string& to, size_t size) {
  const auto number = static_cast<uint32_t>(size);
  to.append(reinterpret_cast<const char*>(&number), sizeof(number));
}

uint32_t SizeAt(std::string_view bytes, size_t at) {
  uint32_t number = 0;
  std::memcpy(&number, bytes.data() + at, sizeof(number));
  return number;
}

struct PlainTicket : Ticket {
  std::string session;
};

// What the channels of a host share.
struct PlainHost {
  std::string certificate;
  const Trust* trust = nullptr;
  std::function<PacketTime()> wall;
};

class PlainChannel : public Channel {
 public:
  // `session`: a client's to go on with (empty: none), a server's own.
  PlainChannel(const PlainHost& host, std::string session, bool is_server, bool must_resume)
      : host_(host),
        session_(std::move(session)),
        is_server_(is_server),
        must_resume_(must_resume) {
    if (!is_server_) SayHello();
  }

  void Take(std::string_view bytes) override { input_ += bytes; }
  State Advance() override;
  void Write(std::string_view plain) override {
    if (state_ != State::kReady) return;
    AppendSize(output_, plain.size());
    output_ += plain;
  }
  State Read(std::string& plain, size_t most) override;
  void Finish() override { AppendSize(output_, 0); }
  std::string& output() override { return output_; }
  const Peer& peer() const override { return peer_; }
  bool resumed() const override { return resumed_; }
  void OfferTicket() override {}
  std::unique_ptr<Ticket> TakeTicket() override {
    if (ticket_.empty()) return nullptr;
    auto ticket = std::make_unique<PlainTicket>();
    ticket->session = ticket_;
    return ticket;
  }
  const Failure& failure() const override { return failure_; }

 private:
  void SayHello() {
    AppendSize(output_, session_.size());
    AppendSize(output_, host_.certificate.size());
    output_ += session_ + host_.certificate;
  }
  State Fail(LinkEnd end, Distrust distrust, std::string text) {
    failure_ = {.end = end, .distrust = distrust, .text = std::move(text)};
    return state_ = State::kFailed;
  }

  const PlainHost& host_;
  std::string session_;
  bool is_server_;
  bool must_resume_;
  bool resumed_ = false;
  State state_ = State::kHandshake;
  std::string input_;
  std::string output_;
  std::string ticket_;
  Peer peer_;
  Failure failure_;
};

Channel::State PlainChannel::Advance() {
  if (state_ != State::kHandshake || input_.size() < kHeadBytes) return state_;
  const uint32_t session_size = SizeAt(input_, 0);
  const uint32_t certificate_size = SizeAt(input_, 4);
  if (session_size > kMostSession || certificate_size > kMostCertificate) {
    return Fail(LinkEnd::kInvalid, Distrust::kNone, "no hello");
  }
  if (input_.size() < kHeadBytes + session_size + certificate_size) return state_;
  const std::string session = input_.substr(kHeadBytes, session_size);
  peer_.certificate = input_.substr(kHeadBytes + session_size, certificate_size);
  input_.erase(0, kHeadBytes + session_size + certificate_size);
  resumed_ = !session.empty() && session == session_;
  if (must_resume_ && !resumed_) return Fail(LinkEnd::kInvalid, Distrust::kNone, "no ticket");
  Distrust why = Distrust::kNone;
  absl::StatusOr<Identity> identity = host_.trust->Check(peer_.certificate, host_.wall(), &why);
  if (!identity.ok()) {
    return Fail(LinkEnd::kDistrusted, why, std::string(identity.status().message()));
  }
  peer_.identity = *std::move(identity);
  if (is_server_) {
    SayHello();
  } else {
    ticket_ = session;
  }
  return state_ = State::kReady;
}

Channel::State PlainChannel::Read(std::string& plain, size_t most) {
  size_t at = 0;
  while (state_ == State::kReady && plain.size() < most && input_.size() - at >= 4) {
    const uint32_t size = SizeAt(input_, at);
    if (size == 0) state_ = State::kClosed;
    if (input_.size() - at - 4 < size) break;
    plain.append(input_, at + 4, size);
    at += 4 + size;
  }
  input_.erase(0, at);
  return state_;
}

class PlainTransport : public Transport {
 public:
  PlainTransport(const Credentials& credentials, const Trust& trust,
                 std::function<PacketTime()> wall)
      : host_{.certificate = credentials.certificate, .trust = &trust, .wall = std::move(wall)} {}

  absl::StatusOr<std::unique_ptr<Channel>> Call(const IpAddress& /*address*/,
                                                const Ticket* ticket) override {
    const std::string session =
        ticket == nullptr ? "" : static_cast<const PlainTicket*>(ticket)->session;
    return std::make_unique<PlainChannel>(host_, session, false, false);
  }
  Greeting Greet(std::string_view bytes, const IpAddress& /*source*/,
                 const std::string& session) override {
    Greeting greeting = {.kind = Greeting::Kind::kGoOn};
    greeting.channel = std::make_unique<PlainChannel>(host_, session, true, false);
    greeting.channel->Take(bytes);
    return greeting;
  }
  absl::StatusOr<std::unique_ptr<Channel>> Resume(const std::string& session) override {
    return std::make_unique<PlainChannel>(host_, session, true, true);
  }
  absl::Status Renew(const Credentials& credentials) override {
    host_.certificate = credentials.certificate;
    return absl::OkStatus();
  }

 private:
  PlainHost host_;
};

}  // namespace

bool LinksAreEncrypted() { return false; }

absl::StatusOr<std::unique_ptr<Transport>> MakeTransport(const Credentials& credentials,
                                                         const Trust& trust, Signer& /*signer*/,
                                                         std::function<PacketTime()> wall) {
  return std::make_unique<PlainTransport>(credentials, trust, std::move(wall));
}

}  // namespace cairn::tracing
