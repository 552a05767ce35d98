// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_TOKENS_HOP_TEXT_H_
#define CAIRN_TRACEBACK_TOKENS_HOP_TEXT_H_

#include <string>

#include "traceback/tokens/redemption.h"

namespace cairn::tokens {

// What a previous host answered, for people: a token only if it has the form of one.
std::string HopText(const NextHop& hop);

// Whether the record names that connection as one that the session came by.
bool IsOfRecord(const Record& record, const NextHop& hop);

// The answers of hosts that the record does not name, in a section of its own that begins with an
// empty line.  Empty: there are none, or there is no record, and the answers are all there is.
std::string HopsBesideRecordText(const Redeemed& redeemed);

}  // namespace cairn::tokens

#endif  // CAIRN_TRACEBACK_TOKENS_HOP_TEXT_H_
