// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TESTS_TRACEBACK_TOKENS_FORGETFUL_DISK_H_
#define CAIRN_TESTS_TRACEBACK_TOKENS_FORGETFUL_DISK_H_

#include <sys/types.h>

#include <filesystem>
#include <functional>
#include <map>
#include <string>

namespace cairn::tokens {

// What a power cut leaves of a folder: of each file what it held when it was last synced, under the
// names that its folder had when that was last synced.  It takes the place of fsync() and
// fdatasync() in the program that it is linked to, which sync nothing then.  One at a time.
class ForgetfulDisk {
 public:
  // `before_sync`: called before each sync takes effect.
  explicit ForgetfulDisk(std::filesystem::path folder, std::function<void()> before_sync);
  ~ForgetfulDisk();
  ForgetfulDisk(const ForgetfulDisk&) = delete;
  ForgetfulDisk& operator=(const ForgetfulDisk&) = delete;

  // How a power cut may end.
  struct Cut {
    // How much of what was written behind the synced part of a file is there, in percent.
    int percent_of_tails = 0;
    bool names_are_new = false;  // folders are as they were at the cut, synced or not
  };
  // Makes `target` what would be found after it.
  void Rebuild(const std::filesystem::path& target, const Cut& cut) const;

  void Sync(int descriptor);  // fsync() and fdatasync() come here
  static ForgetfulDisk* current;

 private:
  using Names = std::map<std::string, ino_t>;
  std::string Surviving(const std::filesystem::path& live, ino_t inode, const Cut& cut) const;
  void RebuildFolder(const std::filesystem::path& live, const std::filesystem::path& target,
                     const Cut& cut) const;

  const std::filesystem::path folder_;
  const std::function<void()> before_sync_;
  bool is_rebuilding_ = false;
  std::map<ino_t, std::string> contents_;
  std::map<ino_t, Names> names_;
};

}  // namespace cairn::tokens

#endif  // CAIRN_TESTS_TRACEBACK_TOKENS_FORGETFUL_DISK_H_
