// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_TRACING_LINK_CHANNEL_H_
#define CAIRN_TRACEBACK_TRACING_LINK_CHANNEL_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "base/address.h"
#include "base/time.h"
#include "traceback/tracing/link/links.h"
#include "traceback/tracing/link/signer.h"
#include "traceback/tracing/trust/trust.h"

// What stands between a TCP connection and its messages: who is there is proven, and what is said
// is kept from others.  Knows no sockets and no clock.
namespace cairn::tracing {

// Who was proven to be at the other end.
struct Peer {
  Identity identity = {};
  std::string certificate = {};         // DER
  std::vector<std::string> chain = {};  // intermediate authorities, DER
};

// How a connection went wrong.
struct Failure {
  LinkEnd end = LinkEnd::kInvalid;
  Distrust distrust = Distrust::kNone;
  std::string text = {};
};

// What lets a client go on, on another connection, with what an earlier one has proven.
class Ticket {
 public:
  virtual ~Ticket() = default;
};

// One connection's bytes, in and out.  Takes what comes from the wire by Take(), and leaves what
// is to go there in output().
class Channel {
 public:
  enum class State : uint8_t { kHandshake, kReady, kClosed, kFailed };
  virtual ~Channel() = default;

  virtual void Take(std::string_view bytes) = 0;
  // Goes on with the handshake as far as it can.
  virtual State Advance() = 0;
  // Requires: kReady.
  virtual void Write(std::string_view plain) = 0;
  // Appends to `plain` what has come, at most about `most` bytes; kReady: there may be more if
  // something was appended.
  virtual State Read(std::string& plain, size_t most) = 0;
  // Says that nothing more comes.
  virtual void Finish() = 0;
  virtual std::string& output() = 0;

  // Requires: the handshake is over.
  virtual const Peer& peer() const = 0;
  virtual bool resumed() const = 0;
  // Of a server: gives the client a ticket, before what is written next.
  virtual void OfferTicket() = 0;
  // Of a client: the newest that has come, to be used once; null: none.
  virtual std::unique_ptr<Ticket> TakeTicket() = 0;
  // Requires: kFailed.
  virtual const Failure& failure() const = 0;
};

// What a stranger's first bytes are.
struct Greeting {
  enum class Kind : uint8_t {
    kMore,   // they are not whole
    kRetry,  // `output` goes back, and nothing of them is kept
    kGoOn,   // by `channel`
    kBad,
  };
  Kind kind = Kind::kMore;
  std::string output = {};
  std::unique_ptr<Channel> channel = nullptr;
};

// Makes channels.  Single-threaded.
class Transport {
 public:
  virtual ~Transport() = default;

  // To a peer that has to be at this address; with a ticket: that and no other peer.
  virtual absl::StatusOr<std::unique_ptr<Channel>> Call(const IpAddress& address,
                                                        const Ticket* ticket) = 0;
  // At the well-known port; `bytes`: all that has come so far.  `session`: random, at most 32
  // bytes; a ticket that it gives fits only where the same is given to Resume().
  virtual Greeting Greet(std::string_view bytes, const IpAddress& source,
                         const std::string& session) = 0;
  // At a work port: lets nobody in but with a ticket of this session.
  virtual absl::StatusOr<std::unique_ptr<Channel>> Resume(const std::string& session) = 0;
  // For handshakes from now on; tickets stay good.
  virtual absl::Status Renew(const Credentials& credentials) = 0;
};

absl::StatusOr<std::unique_ptr<Transport>> MakeTlsTransport(const Credentials& credentials,
                                                            const Trust& trust, Signer& signer,
                                                            std::function<PacketTime()> wall);

// What links use: TLS, or what was built to be measured instead (LinksAreEncrypted()).
absl::StatusOr<std::unique_ptr<Transport>> MakeTransport(const Credentials& credentials,
                                                         const Trust& trust, Signer& signer,
                                                         std::function<PacketTime()> wall);

}  // namespace cairn::tracing

#endif  // CAIRN_TRACEBACK_TRACING_LINK_CHANNEL_H_
