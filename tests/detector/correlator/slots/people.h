// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TESTS_DETECTOR_CORRELATOR_SLOTS_PEOPLE_H_
#define CAIRN_TESTS_DETECTOR_CORRELATOR_SLOTS_PEOPLE_H_

#include <cstdint>
#include <vector>

#include "base/time.h"
#include "tests/support/segment_builder.h"

// People at work, and what an attacker does to hide it.
namespace cairn::testing {

// Keystrokes in lines with pauses of seconds between them, from `start` on, for `length`; the same
// for the same seed.
std::vector<PacketTime> AtWork(uint64_t seed, PacketTime start, PacketDelta length);

// Each moment later by up to `most`, in the same order.
std::vector<PacketTime> HeldBack(uint64_t seed, std::vector<PacketTime> moments, PacketDelta most);

// `share` times as many more moments, at random among them; sorted.
std::vector<PacketTime> WithChaff(uint64_t seed, std::vector<PacketTime> moments, double share);

}  // namespace cairn::testing

#endif  // CAIRN_TESTS_DETECTOR_CORRELATOR_SLOTS_PEOPLE_H_
