// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_TOKENS_ORIGIN_TEXT_H_
#define CAIRN_TRACEBACK_TOKENS_ORIGIN_TEXT_H_

#include <string>

#include "traceback/tokens/redemption.h"

namespace cairn::tokens {

// Where the session came from, for people: the previous hosts with their paths and answers; what
// could not be looked through; connections that may have to do with it; and those that users may
// have forged.  Says "not known" where nothing was found, for a walk cannot see everything.  Four
// sections, each after an empty line; those without content are left out, but the first.
std::string OriginText(const Redeemed& redeemed);

}  // namespace cairn::tokens

#endif  // CAIRN_TRACEBACK_TOKENS_ORIGIN_TEXT_H_
