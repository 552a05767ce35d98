// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_EVALUATION_KEYSTROKE_OBFUSCATION_H_
#define CAIRN_EVALUATION_KEYSTROKE_OBFUSCATION_H_

#include "evaluation/channel.h"
#include "evaluation/session.h"
#include "traces/chance/random.h"

namespace cairn::evaluation {

// What an SSH client sends for its keystrokes.
struct ObfuscatedKeys {
  Stream keys;      // segments with keystrokes
  FlowTimes chaff;  // segments without; the server answers each
};

// Keystroke timing obfuscation as OpenSSH clients have it since 9.5 (clientloop.c,
// obfuscate_keystroke_timing; on by default).  The first key of a burst leaves at once.  From then
// on a segment leaves at every tick, 18 ms + U(0, 2 ms) + a part of U(0, 2 ms) that a burst keeps:
// with the keys that wait, or else chaff.  Chaff ends 1024 ms + U(0, 2048 ms) after the last key.
// Pure but for the random stream; O(n + ticks).
ObfuscatedKeys Obfuscate(const Stream& keys, traces::RandomStream& random);

}  // namespace cairn::evaluation

#endif  // CAIRN_EVALUATION_KEYSTROKE_OBFUSCATION_H_
