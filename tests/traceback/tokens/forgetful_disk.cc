// SPDX-License-Identifier: BSD-3-Clause
#include "tests/traceback/tokens/forgetful_disk.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <iterator>
#include <utility>

namespace fs = std::filesystem;

namespace cairn::tokens {
namespace {

std::string Contents(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

ino_t InodeOf(const fs::path& path) {
  struct stat status {};
  return lstat(path.c_str(), &status) == 0 ? status.st_ino : 0;
}

std::map<std::string, ino_t> NamesIn(const fs::path& folder) {
  std::map<std::string, ino_t> names;
  for (const auto& entry : fs::directory_iterator(folder)) {
    names[entry.path().filename().string()] = InodeOf(entry.path());
  }
  return names;
}

}  // namespace

ForgetfulDisk* ForgetfulDisk::current = nullptr;

ForgetfulDisk::ForgetfulDisk(fs::path folder, std::function<void()> before_sync)
    : folder_(std::move(folder)), before_sync_(std::move(before_sync)) {
  names_[InodeOf(folder_)] = NamesIn(folder_);
  current = this;
}

ForgetfulDisk::~ForgetfulDisk() { current = nullptr; }

void ForgetfulDisk::Sync(int descriptor) {
  const fs::path path = fs::read_symlink("/proc/self/fd/" + std::to_string(descriptor));
  if (!path.string().starts_with(folder_.string())) return;
  before_sync_();
  const ino_t inode = InodeOf(path);
  if (fs::is_directory(path)) {
    names_[inode] = NamesIn(path);
  } else {
    contents_[inode] = Contents(path);
  }
}

std::string ForgetfulDisk::Surviving(const fs::path& live, ino_t inode, const Cut& cut) const {
  const auto synced = contents_.find(inode);
  std::string text = synced == contents_.end() ? std::string() : synced->second;
  const std::string now = Contents(live);
  if (!now.starts_with(text)) return text;
  const size_t tail = now.size() - text.size();
  return text + now.substr(text.size(), tail * static_cast<size_t>(cut.percent_of_tails) / 100);
}

void ForgetfulDisk::RebuildFolder(const fs::path& live, const fs::path& target,
                                  const Cut& cut) const {
  fs::create_directory(target);
  fs::permissions(target, fs::perms::owner_all);
  const Names now = NamesIn(live);
  const auto synced = names_.find(InodeOf(live));
  const Names& names = cut.names_are_new || synced == names_.end() ? now : synced->second;
  if (!cut.names_are_new && synced == names_.end()) return;  // never synced: it is empty
  // Where a file is now that has this number.
  std::map<ino_t, std::string> places;
  for (const auto& [name, inode] : now) places[inode] = name;
  for (const auto& [name, inode] : names) {
    const auto place = places.find(inode);
    const fs::path there = place == places.end() ? fs::path() : live / place->second;
    if (!there.empty() && fs::is_directory(there)) {
      RebuildFolder(there, target / name, cut);
    } else {
      std::ofstream(target / name, std::ios::binary) << Surviving(there, inode, cut);
    }
  }
}

void ForgetfulDisk::Rebuild(const fs::path& target, const Cut& cut) const {
  RebuildFolder(folder_, target, cut);
}

}  // namespace cairn::tokens

extern "C" {

int fsync(int descriptor) {
  if (cairn::tokens::ForgetfulDisk::current != nullptr) {
    cairn::tokens::ForgetfulDisk::current->Sync(descriptor);
  }
  return 0;
}

int fdatasync(int descriptor) { return fsync(descriptor); }

}  // extern "C"
