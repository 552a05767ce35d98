// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_TOKENS_RECORD_JSON_SIZE_H_
#define CAIRN_TRACEBACK_TOKENS_RECORD_JSON_SIZE_H_

#include <cstddef>

#include "traceback/host/snapshot.h"

// How long the parts of a record are as JSON, at most, with the comma behind each.  Little more
// than they are, so that hardly anything is left out that would have fitted.  A new member of a
// part belongs here, too: a test compares.
namespace cairn::tokens {

size_t MostJson(const host::Descriptor& descriptor);
size_t MostJson(const host::Process& process);  // with its descriptors
size_t MostJson(const host::PreviousHost& host);
size_t MostJson(const host::OtherConnection& other);
size_t MostJson(const host::NotSeen& not_seen);
size_t MostJson(const host::Login& login);
size_t MostJson(const host::HostFacts& host);

}  // namespace cairn::tokens

#endif  // CAIRN_TRACEBACK_TOKENS_RECORD_JSON_SIZE_H_
