// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/host/executable_hashes.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <memory>
#include <vector>

#include "absl/strings/escaping.h"

#include "base/unique_fd.h"

namespace cairn::host {
namespace {

int64_t Nanoseconds(const timespec& time) { return time.tv_sec * 1'000'000'000 + time.tv_nsec; }

// Empty when the file cannot be read to its end in time.
std::string Sha256(int file, const Deadline& deadline) {
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                        EVP_MD_CTX_free);
  if (context == nullptr || EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr) != 1) return {};
  std::vector<unsigned char> block(64 << 10);
  ssize_t got = 0;
  while ((got = read(file, block.data(), block.size())) > 0) {
    if (deadline.Passed()) return {};
    EVP_DigestUpdate(context.get(), block.data(), static_cast<size_t>(got));
  }
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  if (got < 0 || EVP_DigestFinal_ex(context.get(), digest.data(), &size) != 1) return {};
  return absl::BytesToHexString(
      absl::string_view(reinterpret_cast<const char*>(digest.data()), size));
}

}  // namespace

Executable ExecutableHashes::Of(const ProcFolder& process, bool with_hash) {
  Executable executable;
  const UniqueFd file(openat(process.descriptor(), "exe", O_RDONLY | O_CLOEXEC));
  if (!file.is_open()) return executable;
  struct stat status {};
  if (fstat(file.get(), &status) == 0) {
    executable.device = status.st_dev;
    executable.inode = status.st_ino;
    const Key key = {status.st_dev, status.st_ino, status.st_size, Nanoseconds(status.st_mtim),
                     Nanoseconds(status.st_ctim)};
    if (const auto found = known_.find(key); with_hash && found != known_.end()) {
      by_use_.splice(by_use_.begin(), by_use_, found->second);
      executable.sha256 = found->second->sha256;
    } else if (with_hash &&
               static_cast<uint64_t>(status.st_size) <= std::min(max_bytes_, budget_bytes_)) {
      budget_bytes_ -= static_cast<uint64_t>(status.st_size);
      executable.sha256 = Sha256(file.get(), deadline_);
      if (executable.sha256.empty()) {
        return executable;
      }
      Learn({key, executable.sha256});
      if (learned_.size() < kMost) learned_.push_back({key, executable.sha256});
    }
  }
  return executable;
}

void ExecutableHashes::Learn(const Known& known) {
  if (known_.contains(known.key)) return;
  if (known_.size() >= kMost) {
    known_.erase(by_use_.back().key);
    by_use_.pop_back();
  }
  by_use_.push_front(known);
  known_[known.key] = by_use_.begin();
}

}  // namespace cairn::host
