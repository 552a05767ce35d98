// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TESTS_TRACES_SCRATCH_FILE_H_
#define CAIRN_TESTS_TRACES_SCRATCH_FILE_H_

#include <unistd.h>

#include <filesystem>
#include <string>

namespace cairn::traces {

// The path of a file that is gone when the test ends.
class ScratchFile {
 public:
  explicit ScratchFile(const std::string& name)
      : path_((std::filesystem::temp_directory_path() /
               ("cairn_" + std::to_string(getpid()) + "_" + name))
                  .string()) {}
  ~ScratchFile() {
    std::error_code ignored;
    std::filesystem::remove(path_, ignored);
  }
  ScratchFile(const ScratchFile&) = delete;
  ScratchFile& operator=(const ScratchFile&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace cairn::traces

#endif  // CAIRN_TESTS_TRACES_SCRATCH_FILE_H_
