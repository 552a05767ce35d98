// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_CAPTURE_FINGERPRINT_H_
#define CAIRN_CAPTURE_FINGERPRINT_H_

#include <cstdint>
#include <span>

namespace cairn::capture {

// A number by which data can be recognised without keeping it: equal data have equal fingerprints,
// similar data near ones (the property that Heberlein's report asks for, section 7.3; its own
// function is not published).
//
// Each run of three bytes has a fixed number, drawn from a Cauchy distribution of scale 16 by a
// hash of the run; the fingerprint is their sum.  The Cauchy distribution is 1-stable, so the
// difference between two fingerprints is distributed like 16 d times one such draw, where d is the
// number of runs that the two do not share: its median is 16 d.  One changed byte changes three
// runs of either (d = 6, median 96), an address of 15 characters up to 17 (median 544), unrelated
// data of 200 bytes all of them (median 6,400).  A single number has heavy tails: small differences
// do not prove likeness, and one pair of similar data in some dozens is far apart.
//
// The distribution has 4,096 steps, which ends it at about +-42,000.  It is no cryptographic hash:
// short data can be guessed from it.
//
// Source: Datar, Immorlica, Indyk, Mirrokni, "Locality-Sensitive Hashing Scheme Based on p-Stable
// Distributions", SCG 2004, for p = 1.  Thread-safe.  Cost: about a nanosecond a byte.
int32_t Fingerprint(std::span<const uint8_t> data);

}  // namespace cairn::capture

#endif  // CAIRN_CAPTURE_FINGERPRINT_H_
