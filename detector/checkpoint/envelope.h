// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_DETECTOR_CHECKPOINT_ENVELOPE_H_
#define CAIRN_DETECTOR_CHECKPOINT_ENVELOPE_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace cairn::checkpoint {

// What a state file begins with: "cairn state" and a line feed, the version, the length of what
// follows, and its CRC-32, so that a file that was cut or damaged is known by itself.
//
// Binary, because a site's state may hold hundreds of thousands of pairs and connections: the
// document tree of as much JSON would need more memory than the detector's own tables.
inline constexpr std::string_view kMagic = "cairn state\n";
// To be raised with every change of what any Fields() says, of its order or its meaning.
inline constexpr uint32_t kVersion = 1;

std::string Seal(std::string_view body);
// What was sealed; it refers to `sealed`.  InvalidArgument: foreign, of another version, cut or
// damaged; the message continues "FILE: ".
absl::StatusOr<std::string_view> Unseal(std::string_view sealed);

}  // namespace cairn::checkpoint

#endif  // CAIRN_DETECTOR_CHECKPOINT_ENVELOPE_H_
