// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACES_TRUTH_TEXT_FILE_H_
#define CAIRN_TRACES_TRUTH_TEXT_FILE_H_

#include <cstddef>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace cairn::traces {

// The whole content of a file, decompressed when it is gzip.  ResourceExhausted when it has more
// than `max_bytes`.
absl::StatusOr<std::string> ReadTextFile(const std::string& path, size_t max_bytes);

}  // namespace cairn::traces

#endif  // CAIRN_TRACES_TRUTH_TEXT_FILE_H_
