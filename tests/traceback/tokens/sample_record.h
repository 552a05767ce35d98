// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TESTS_TRACEBACK_TOKENS_SAMPLE_RECORD_H_
#define CAIRN_TESTS_TRACEBACK_TOKENS_SAMPLE_RECORD_H_

#include <random>

#include "traceback/tokens/record.h"

namespace cairn::tokens {

// A record with something in every field, by chance.
Record SampleRecord(std::mt19937& random, PacketTime time);

}  // namespace cairn::tokens

#endif  // CAIRN_TESTS_TRACEBACK_TOKENS_SAMPLE_RECORD_H_
