// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_DETECTOR_STREAM_SLOT_OPTIONS_H_
#define CAIRN_DETECTOR_STREAM_SLOT_OPTIONS_H_

#include <cstdint>

#include "base/time.h"

namespace cairn::slots {

struct Options {
  bool enabled = true;
  // Connections younger than this are left alone: most of the world's are over by then.
  PacketDelta min_age = PacketDelta::FromSeconds(5);
  // How often pairs are looked at.  A pair is due at 60 s of common life and then ever more rarely.
  PacketDelta review_interval = PacketDelta::FromSeconds(30);
  // Bounds.  What does not fit is dropped by the stated rule and counted.
  uint32_t max_connections = 4096;         // of which slots are kept; others come too late
  uint32_t max_pairs_per_review = 20'000;  // looks from one review to the next; others are left out
};

}  // namespace cairn::slots

#endif  // CAIRN_DETECTOR_STREAM_SLOT_OPTIONS_H_
