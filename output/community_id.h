// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_OUTPUT_COMMUNITY_ID_H_
#define CAIRN_OUTPUT_COMMUNITY_ID_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "base/address.h"

namespace cairn::output {

// The Community ID (version 1) of a TCP connection: "1:" and a base64 SHA-1 of its two ends.  Zeek,
// Suricata and others write the same text for the same connection, so that an alert can be looked
// up in their logs.  The order of the ends does not matter.  `seed` must equal that of the other
// tools; 0 everywhere by default.
//
// Source: github.com/corelight/community-id-spec, version 1.
std::string CommunityId(const Endpoint& a, const Endpoint& b, uint16_t seed = 0);

// The same text into `out`, without an allocation; returns its length.  0: libcrypto has no SHA-1
// (and CommunityId() is empty).  Thread-safe: each thread keeps a hash state of its own.
inline constexpr size_t kLongestCommunityId = 32;
size_t CommunityIdTo(const Endpoint& a, const Endpoint& b, std::span<char, kLongestCommunityId> out,
                     uint16_t seed = 0);

}  // namespace cairn::output

#endif  // CAIRN_OUTPUT_COMMUNITY_ID_H_
