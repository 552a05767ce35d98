// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_CAPTURE_FILE_ERRORS_H_
#define CAIRN_CAPTURE_FILE_ERRORS_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace cairn::capture {

// What both file readers say about a bad capture.  `name` is the file's; `reason` a half sentence.

absl::Status InterruptedError(const std::string& name);  // Cancelled: a signal while waiting
absl::Status NotACaptureError(const std::string& name, std::string_view reason);  // InvalidArgument
absl::Status UnsupportedLinkError(const std::string& name, uint32_t link);        // InvalidArgument
absl::Status MixedCaptureError(const std::string& name,
                               std::string_view reason);  // InvalidArgument
absl::Status CutHeaderError(const std::string& name);     // DataLoss
absl::Status DamagedPacketError(const std::string& name, uint64_t packet_number,
                                std::string_view reason);  // DataLoss

}  // namespace cairn::capture

#endif  // CAIRN_CAPTURE_FILE_ERRORS_H_
