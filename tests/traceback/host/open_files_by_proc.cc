// SPDX-License-Identifier: BSD-3-Clause
#include "tests/traceback/host/open_files_by_proc.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <optional>
#include <sstream>

#include "catch2/catch.hpp"
#include "fmt/format.h"

#include "traceback/host/descriptor_tables.h"
#include "traceback/host/proc_folder.h"

namespace cairn::host {
namespace {

std::string LineOf(const OpenFile& file) {
  return fmt::format("{}/{}/{} {:o} {}{}{} {}:{} special {} since {}", file.pid, file.thread,
                     file.descriptor, file.mode, file.readable ? "r" : "-",
                     file.writable ? "w" : "-", file.is_pipe ? " pipe" : "", file.device,
                     file.inode, file.special, file.start_ticks);
}

// What /proc says of a descriptor; unset: it is of no kind that is listed.
std::optional<OpenFile> FileByProc(const ProcFolder& proc, uint32_t pid, uint32_t thread,
                                   uint32_t number) {
  const std::string path = fmt::format("{}/{}", DescriptorFolder(pid, thread), number);
  struct stat link {};
  struct stat status {};
  if (fstatat(proc.descriptor(), path.c_str(), &link, AT_SYMLINK_NOFOLLOW) != 0) return {};
  if (fstatat(proc.descriptor(), path.c_str(), &status, 0) != 0) return {};
  const std::string target = proc.ReadLink(path.c_str());
  const std::string flags =
      proc.Read(fmt::format("{}/task/{}/fdinfo/{}", pid, thread, number).c_str());
  const size_t at = flags.find("flags:");
  REQUIRE(at != std::string::npos);
  if ((std::stoul(flags.substr(at + 6), nullptr, 8) & O_PATH) != 0) return {};
  const bool is_listed = S_ISSOCK(status.st_mode) || S_ISFIFO(status.st_mode) ||
                         S_ISCHR(status.st_mode) || S_ISREG(status.st_mode);
  if (!is_listed) return {};
  return OpenFile{.pid = pid,
                  .thread = thread,
                  .descriptor = number,
                  .mode = status.st_mode,
                  .readable = (link.st_mode & S_IRUSR) != 0,
                  .writable = (link.st_mode & S_IWUSR) != 0,
                  .is_pipe = target.starts_with("pipe:["),
                  .inode = status.st_ino,
                  .device = status.st_dev,
                  .special = status.st_rdev,
                  .start_ticks = std::stoull(StatField(pid, 22))};
}

}  // namespace

OpenFiles* TheOpenFiles() {
  static const absl::StatusOr<std::unique_ptr<OpenFiles>> opened = OpenFiles::Open();
  if (opened.ok()) return opened->get();
  WARN("SKIPPED: " << opened.status().message());
  return nullptr;
}

std::vector<OpenFile> FilesOf(OpenFiles& open_files, const std::set<uint32_t>& pids) {
  std::vector<OpenFile> files;
  const absl::Status status = open_files.ForEach([&](const OpenFile& file) {
    if (pids.contains(file.pid)) files.push_back(file);
    return true;
  });
  REQUIRE(status.ok());
  CHECK(open_files.gaps().tables == 0);
  return files;
}

Lines LinesOf(OpenFiles& open_files, const std::set<uint32_t>& pids) {
  Lines lines;
  for (const OpenFile& file : FilesOf(open_files, pids)) lines.insert(LineOf(file));
  return lines;
}

std::string StatField(uint32_t pid, size_t number) {
  const std::string text = ProcFolder("/proc").Read(fmt::format("{}/stat", pid).c_str());
  // The name of the program may hold anything.
  const size_t end = text.rfind(") ");
  REQUIRE(end != std::string::npos);
  std::istringstream rest(text.substr(end + 2));
  std::string field;
  for (size_t i = 3; i <= number; ++i) rest >> field;
  return field;
}

Lines LinesByProc(const std::set<uint32_t>& pids) {
  const ProcFolder proc("/proc");
  Lines lines;
  for (const uint32_t pid : pids) {
    for (const uint32_t thread : DescriptorTables(proc, pid).threads) {
      const ProcFolder descriptors(proc, DescriptorFolder(pid, thread).c_str());
      descriptors.ForEachNumber([&](uint32_t number, const char*) {
        const std::optional<OpenFile> file = FileByProc(proc, pid, thread, number);
        if (file.has_value()) lines.insert(LineOf(*file));
      });
    }
  }
  return lines;
}

void Must(bool is_so) {
  if (!is_so) abort();
}

}  // namespace cairn::host
