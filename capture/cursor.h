// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_CAPTURE_CURSOR_H_
#define CAIRN_CAPTURE_CURSOR_H_

#include <cstddef>
#include <cstdint>
#include <span>

namespace cairn::capture {

// A position in one packet that cannot leave it.  It knows two ends: that of the captured bytes,
// which may be read, and that of the packet on the wire, from which lengths are computed.  The
// first never lies behind the second.
//
// A view: the packet's bytes must outlive it.  16 bytes of state, copied freely.
class Cursor {
 public:
  // A wire length below the captured length is a broken record; the captured length is then the
  // better guess.
  Cursor(std::span<const uint8_t> captured, uint32_t wire_bytes)
      : at_(captured.data()),
        captured_bytes_(captured.size()),
        wire_bytes_(wire_bytes < captured.size() ? captured.size() : wire_bytes) {}

  bool Has(size_t bytes) const { return bytes <= captured_bytes_; }
  // Requires: Has() of every byte that is read through it.
  const uint8_t* at() const { return at_; }
  // Requires: Has(bytes).
  void Skip(size_t bytes) {
    at_ += bytes;
    captured_bytes_ -= bytes;
    wire_bytes_ -= bytes;
  }

  size_t captured_bytes() const { return captured_bytes_; }
  // Bytes from here to the end of the packet (or of the enclosing IP datagram) on the wire.
  size_t wire_bytes() const { return wire_bytes_; }
  // Sets the above to what an IP header says.  What was captured behind it (Ethernet padding) can
  // no longer be read.
  void SetWireBytes(size_t wire_bytes) {
    wire_bytes_ = wire_bytes;
    if (captured_bytes_ > wire_bytes) captured_bytes_ = wire_bytes;
  }

 private:
  const uint8_t* at_;
  size_t captured_bytes_;
  size_t wire_bytes_;
};

}  // namespace cairn::capture

#endif  // CAIRN_CAPTURE_CURSOR_H_
