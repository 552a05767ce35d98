// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_EVALUATION_TIME_TO_ALERT_H_
#define CAIRN_EVALUATION_TIME_TO_ALERT_H_

#include <span>
#include <vector>

#include "base/time.h"
#include "evaluation/method.h"
#include "evaluation/protocol.h"
#include "evaluation/session.h"

namespace cairn::evaluation {

// Scores the beginnings of the sessions, longer and longer, until the method's own threshold is
// reached.  One for each method; of those without a threshold, nothing is alerted.
// O(sessions * (segments + steps * onsets)); the threads change nothing.
std::vector<TimeToAlert> MeasureTimeToAlert(std::span<const Session> sessions, PacketDelta duration,
                                            std::span<const Method> methods, int threads);

}  // namespace cairn::evaluation

#endif  // CAIRN_EVALUATION_TIME_TO_ALERT_H_
