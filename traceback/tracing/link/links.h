// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_TRACING_LINK_LINKS_H_
#define CAIRN_TRACEBACK_TRACING_LINK_LINKS_H_

#include <poll.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "base/address.h"
#include "base/time.h"
#include "traceback/tracing/link/signer.h"
#include "traceback/tracing/trust/trust.h"
#include "traceback/tracing/wire/message.h"

namespace cairn::tracing {

enum class PortHopping : uint8_t { kOff, kPerSession, kTimed };

struct LinkOptions {
  std::vector<IpAddress> addresses = {};  // to listen at; empty: connects only
  uint16_t port = 4113;                   // well known: negotiates only, unless hopping is off
  uint16_t first_work_port = 24113;
  uint16_t last_work_port = 24176;
  // From where agents may come though their certificates do not name the address: it is translated
  // on the way.
  PrefixSet translated = PrefixSet();
  PortHopping hopping = PortHopping::kPerSession;
  PacketDelta hop_period = PacketDelta::FromSeconds(60);
  PacketDelta work_port_patience = PacketDelta::FromSeconds(5);
  PacketDelta handshake_timeout = PacketDelta::FromSeconds(3);
  PacketDelta idle_timeout = PacketDelta::FromSeconds(300);  // then a link is closed
  uint32_t max_handshakes = 8;                               // in flight, at the well-known port
  uint32_t max_handshakes_per_source_minute = 2;
  uint32_t max_links = 128;               // of others to this host, and of it to others
  uint32_t max_queued_bytes = 512 << 10;  // to one peer that does not read
};

// How many descriptors links use at most, together with the well-known port's.
uint64_t MostDescriptors(const LinkOptions& options);
// The same, with so few links that these descriptors are enough (but at least two).
LinkOptions WithLinksFor(LinkOptions options, uint64_t descriptors);

struct Credentials {
  std::string certificate = {};         // DER
  std::vector<std::string> chain = {};  // intermediate authorities, DER
};

using LinkId = uint64_t;
struct LinkOpened {
  LinkId link = 0;
  Identity peer;
  IpAddress address;       // of the peer
  bool we_opened = false;  // then we ask, and it answers
};
struct LinkReceived {
  LinkId link = 0;
  Message message;
};
enum class LinkEnd : uint8_t {
  kClosed,       // in order, by the peer or by Close()
  kRefused,      // nobody listens there
  kUnreachable,  // no answer, no route, or the connection broke
  kDistrusted,   // the peer's certificate: `distrust`
  kDistrustsUs,  // the peer does not believe ours
  kInvalid,      // the peer said what no agent says
  kDenied,       // too many, no room: the peer's DENY
  kIdle,
  kLimit,    // our own: of links, of bytes that the peer does not read
  kBlocked,  // the one that connects does not get to the work port
};
std::string_view LinkEndName(LinkEnd end);
// Also of a link that never opened.
struct LinkClosed {
  LinkId link = 0;
  IpAddress address;
  LinkEnd end = LinkEnd::kClosed;
  Distrust distrust = Distrust::kNone;
  std::string text = {};  // for the log
};
using LinkEvent = std::variant<LinkOpened, LinkReceived, LinkClosed>;

struct LinkCounters {
  uint64_t accepted = 0;    // TCP connections
  uint64_t handshakes = 0;  // that came to their end
  uint64_t handshakes_failed = 0;
  uint64_t resumed = 0;         // of them, on work ports
  uint64_t refused_rate = 0;    // connections beyond max_handshakes_per_source_minute
  uint64_t refused_busy = 0;    // ... beyond max_handshakes
  uint64_t refused_source = 0;  // at a work port, of another than its peer
  uint64_t timed_out = 0;
  uint64_t invalid = 0;
  uint64_t hops = 0;        // of ports
  uint64_t bytes_sent = 0;  // on the wire, of TLS
  uint64_t bytes_received = 0;
  uint64_t messages_sent = 0;
  uint64_t messages_received = 0;
};

// False: this program was built with CAIRN_TRACE_PLAIN_TRANSPORT, to measure what encryption costs.
// Nothing is proven or hidden then; it has to say so, loudly, whenever it starts.
bool LinksAreEncrypted();

// Secured connections between agents: TLS 1.3, both sides by certificates of the site.
//
// The well-known port only negotiates.  Work happens at a port of a range that the responder
// chooses for this peer and says inside TLS, resumed by that session's ticket; a link that moves to
// another port stays the same link, and no message is lost or changes its place.  HELLO goes out
// and is dealt with here; those of peers are passed on, too.
//
// A certificate counts only from where it names: whoever has stolen a key has to sit at that
// address, too.  An agent's has to name the address that it comes from, unless that is one of
// LinkOptions::translated or of this very host; a sensor's, if it names any.
//
// Memory: of each link at most max_queued_bytes and as much as one step reads (64 KiB), and of
// what nobody has taken by Next() 4096 events, beyond which nothing more is read.  A peer may have
// four links to this host; a fifth ends its oldest.
//
// Non-blocking but for Signer::Sign.  Single-threaded.  Source: ODISET, "Dynamic Port-Allocation
// Protocol".
class Links {
 public:
  using Clock = std::chrono::steady_clock;
  // `trust` and `signer` outlive this.  `wall`: the time of day.
  static absl::StatusOr<std::unique_ptr<Links>> Make(const LinkOptions& options,
                                                     const Credentials& credentials,
                                                     const Trust& trust, Signer& signer,
                                                     std::string host_name,
                                                     std::function<PacketTime()> wall);
  virtual ~Links() = default;

  // Begins a connection; LinkOpened or LinkClosed will tell.  From the address of the same kind
  // that is listened at, if there is but one.
  virtual LinkId Connect(const IpAddress& address) = 0;
  // False: it is not open, or its queue is full (then it is closed).
  virtual bool Send(LinkId link, const Message& message) = 0;
  // What was sent still goes out.  LinkClosed will tell of it, as kClosed.
  virtual void Close(LinkId link) = 0;
  // Bytes that wait until the peer reads.  0: none, or there is no such link.
  virtual size_t queued(LinkId /*link*/) const { return 0; }
  // The certificate or the list of revoked certificates has changed: who is revoked is closed, and
  // HELLO goes out anew.
  virtual void Renew(const Credentials& credentials) = 0;
  virtual void TrustChanged() = 0;

  virtual void AppendPolled(std::vector<pollfd>& polled) const = 0;
  virtual std::optional<Clock::time_point> NextDeadline() const = 0;
  // `ready`: what AppendPolled() added, after poll().
  virtual void Step(Clock::time_point now, std::span<const pollfd> ready) = 0;
  virtual std::optional<LinkEvent> Next() = 0;
  virtual const LinkCounters& counters() const = 0;
};

}  // namespace cairn::tracing

#endif  // CAIRN_TRACEBACK_TRACING_LINK_LINKS_H_
