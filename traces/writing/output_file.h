// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACES_WRITING_OUTPUT_FILE_H_
#define CAIRN_TRACES_WRITING_OUTPUT_FILE_H_

#include <zlib.h>

#include <cstdint>
#include <cstdio>
#include <span>
#include <string>

#include "absl/status/status.h"

#include "files/output_guard.h"

namespace cairn::traces {

// A file that is written from its beginning to its end.  A path that ends in ".gz" is compressed;
// "-" is standard output.  Errors are the guard's, or Unavailable and name the file.
class OutputFile {
 public:
  explicit OutputFile(files::Output output);
  ~OutputFile();
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  absl::Status Open(const files::OutputGuard& guard);
  // Requires: Open() succeeded.
  absl::Status Write(std::span<const uint8_t> bytes);
  // Reports what earlier calls could not know, such as a full disk.  Another call does nothing.
  absl::Status Close();

 private:
  absl::Status Error() const;

  files::Output output_;
  std::FILE* plain_ = nullptr;
  gzFile gzip_ = nullptr;
};

// A capture as an output that `option` names.  Nothing tells ours from others', so that none is
// written over.
files::Output CaptureOutput(const std::string& option, const std::string& path);
// A truth file, likewise; those of cairn-traces may be replaced.
files::Output TruthOutput(const std::string& option, const std::string& path);

}  // namespace cairn::traces

#endif  // CAIRN_TRACES_WRITING_OUTPUT_FILE_H_
