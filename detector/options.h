// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_DETECTOR_OPTIONS_H_
#define CAIRN_DETECTOR_OPTIONS_H_

#include "base/address.h"
#include "detector/correlator/chains/options.h"
#include "detector/correlator/options.h"
#include "detector/correlator/policy/options.h"
#include "detector/sensor/connections/options.h"
#include "detector/sensor/sessions/options.h"
#include "detector/stream/relay_options.h"
#include "detector/stream/slot_options.h"
#include "detector/stream/timing_options.h"

namespace cairn {

// Everything below commands/ that can be tuned, except capture (capture/options.h) and output
// (output/options.h).
struct DetectorOptions {
  // The site's own networks.  Empty: all pairs are compared.
  PrefixSet protected_networks;
  connections::Options connections;
  timing::Options timing;
  slots::Options slots;
  relays::Options relays;
  sessions::Options sessions;
  ExposureOptions exposure;
  MessagingOptions messaging;
  chains::Options chains;
  policy::Options policy;
};

}  // namespace cairn

#endif  // CAIRN_DETECTOR_OPTIONS_H_
