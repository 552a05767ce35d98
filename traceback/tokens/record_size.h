// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_TOKENS_RECORD_SIZE_H_
#define CAIRN_TRACEBACK_TOKENS_RECORD_SIZE_H_

#include <cstddef>
#include <optional>
#include <string_view>

#include "traceback/tokens/record.h"

// Makes records fit, so that nobody can keep one from being saved by what their processes hold.
namespace cairn::tokens {

// The bytes that RecordToJson() gives at most, and not much less.  Linear in the record.
size_t MostRecordJson(const Record& record);
// The same of a text with its quotes.
size_t MostJsonText(std::string_view text);

// A record that fits into `most` bytes of JSON, or unset if it does as it is.  What is left out
// goes in this order, of the processes that are the most steps away from the owners first, and only
// until the rest fits:
//   1. names of descriptors, beyond 128 bytes
//   2. command lines, paths and details, beyond 256 bytes
//   3. descriptors (counted in `descriptors_left_out`)
//   4. other connections and what was not seen, the last first
//   5. command lines, paths and details, beyond 32 bytes
//   6. processes that are no owner, no parent of one, and on no path from a previous host
//   7. paths to previous hosts
//   8. command lines and paths, all of them
//   9. processes on those paths
//  10. previous hosts and logins beyond 256, and then processes, the last first: with 256 processes
//      it does not come to this in the smallest size that is asked for (256 KiB, StoreRoom)
// A text that was cut ends with "...".  The record says that it is truncated, by "record_size" if
// the walk gave no other reason.
// The same record gives the same result; the time is linear in it, but for sorting.
std::optional<Record> FitRecord(const Record& record, size_t most);

}  // namespace cairn::tokens

#endif  // CAIRN_TRACEBACK_TOKENS_RECORD_SIZE_H_
