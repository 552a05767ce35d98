// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACES_OUTPUT_FILE_H_
#define CAIRN_TRACES_OUTPUT_FILE_H_

#include <zlib.h>

#include <cstdint>
#include <cstdio>
#include <span>
#include <string>

#include "absl/status/status.h"

namespace cairn::traces {

// A file that is written from its beginning to its end.  A path that ends in ".gz" is compressed;
// "-" is standard output.  Errors are Unavailable and name the file.
class OutputFile {
 public:
  explicit OutputFile(std::string path);
  ~OutputFile();
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  absl::Status Open();
  // Requires: Open() succeeded.
  absl::Status Write(std::span<const uint8_t> bytes);
  // Reports what earlier calls could not know, such as a full disk.  Another call does nothing.
  absl::Status Close();

 private:
  absl::Status Error() const;

  std::string path_;
  std::FILE* plain_ = nullptr;
  gzFile gzip_ = nullptr;
};

}  // namespace cairn::traces

#endif  // CAIRN_TRACES_OUTPUT_FILE_H_
