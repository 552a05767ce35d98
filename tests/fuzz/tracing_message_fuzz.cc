// SPDX-License-Identifier: BSD-3-Clause
// Any bytes as a frame from another agent: they are refused, or are a message that means the same
// when it is written and read again.  Compiled once for each kind of message.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "traceback/tracing/wire/message.h"

using namespace cairn::tracing;

namespace {

// Bounds that whoever takes the message relies on.
bool IsWithinBounds(const Piece& piece) {
  return piece.parts <= kMostPieces && piece.part < piece.parts &&
         piece.bytes.size() <= kMostPieceBytes;
}
bool IsWithinBounds(const Hello& hello) {
  return hello.name.size() <= kMostText && (!hello.work_port || hello.work_port->port != 0);
}
bool IsWithinBounds(const Trace& trace) {
  return trace.hops_left <= kMostHops && trace.reason.size() <= kMostText;
}
bool IsWithinBounds(const Hop& hop) {
  return hop.number < kMostHops && hop.fact.fact.size() <= kMostFactBytes &&
         hop.fact.signature.size() <= kMostSignatureBytes &&
         hop.fact.certificate.size() <= kMostCertificateBytes;
}
bool IsWithinBounds(const Done& done) { return done.hops <= kMostHops; }
bool IsWithinBounds(const Pull& pull) { return pull.known.size() <= kMostVector; }
bool IsWithinBounds(const Push& push) { return IsWithinBounds(push.piece); }
bool IsWithinBounds(const Deny& deny) { return DenialName(deny.reason) != "unknown"; }
bool IsWithinBounds(const Revoke& revoke) { return IsWithinBounds(revoke.piece); }

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto message = DecodeMessage({reinterpret_cast<const char*>(data), size});
  if (!message.ok()) return 0;
  if (!std::visit([](const auto& each) { return IsWithinBounds(each); }, *message)) std::abort();
  const std::string framed = EncodeMessage(*message);
  if (framed.size() > 2 + kMostFrameBytes) std::abort();
  const auto again = DecodeMessage(std::string_view(framed).substr(2));
  if (!again.ok() || *again != *message || EncodeMessage(*again) != framed) std::abort();
  return 0;
}
