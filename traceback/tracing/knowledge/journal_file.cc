// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/tracing/knowledge/journal_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <system_error>

#include "fmt/format.h"

#include "base/crc32.h"
#include "base/unique_fd.h"

namespace cairn::tracing {
namespace {

constexpr mode_t kOwnerOnly = 0600;
constexpr int kNoLinks = O_NOFOLLOW | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
constexpr size_t kWindowBytes = 2 * (kMostRecordBytes + kRecordHeadBytes);
// Behind damage, whatever looks like a record is tried.  A file that consists of beginnings of
// records would take time that grows with the square of its size.
constexpr uint64_t kMostTriedBytes = 64ULL << 20;

void AppendNumber(std::string& bytes, uint32_t number) {
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(number >> shift & 0xff);
}

uint32_t NumberAt(std::string_view bytes, size_t at) {
  uint32_t number = 0;
  for (size_t i = 0; i < 4; ++i) number = number << 8 | static_cast<uint8_t>(bytes[at + i]);
  return number;
}

// Zero, or the error.
int WriteAllAt(int file, std::string_view bytes, uint64_t at) {
  while (!bytes.empty()) {
    const ssize_t written = pwrite(file, bytes.data(), bytes.size(), static_cast<off_t>(at));
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return written < 0 ? errno : EIO;
    bytes.remove_prefix(static_cast<size_t>(written));
    at += static_cast<uint64_t>(written);
  }
  return 0;
}

// A part of a file in memory, which moves towards its end: the one it had at first, for a record
// that was being written then must not seem to be damage before those that came later.
class Window {
 public:
  Window(int file, uint64_t end) : file_(file), end_(end) {}

  // At most `length` bytes from `at` on: fewer at the end of the file.  Valid until the next call.
  std::string_view At(uint64_t at, size_t length) {
    length = at < end_ ? std::min<uint64_t>(length, end_ - at) : 0;
    if (at < begin_ || at + length > begin_ + bytes_.size()) Load(at);
    if (at >= begin_ + bytes_.size()) return {};
    return std::string_view(bytes_).substr(at - begin_, length);
  }
  int error() const { return error_; }

 private:
  void Load(uint64_t at) {
    if (at >= end_) return;
    const bool overlaps = at >= begin_ && at < begin_ + bytes_.size();
    const size_t kept = overlaps ? bytes_.size() - (at - begin_) : 0;
    bytes_.erase(0, bytes_.size() - kept);
    begin_ = at;
    size_t filled = kept;
    bytes_.resize(std::min<uint64_t>(kWindowBytes, end_ - begin_));
    while (filled < bytes_.size()) {
      const ssize_t got = pread(file_, bytes_.data() + filled, bytes_.size() - filled,
                                static_cast<off_t>(begin_ + filled));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) error_ = errno;
      if (got <= 0) end_ = begin_ + filled;
      if (got <= 0) break;
      filled += static_cast<size_t>(got);
    }
    bytes_.resize(filled);
  }

  int file_;
  uint64_t end_;
  uint64_t begin_ = 0;
  std::string bytes_;
  int error_ = 0;
};

// What follows the head of a record; unset: there is no whole record.  `tried`: bytes summed up.
std::optional<std::string_view> RecordAt(Window& window, uint64_t at, uint64_t& tried) {
  const std::string_view head = window.At(at, kRecordHeadBytes);
  if (head.size() < kRecordHeadBytes || !head.starts_with(kRecordMark)) return std::nullopt;
  const uint32_t length = NumberAt(head, 4);
  const uint32_t checksum = NumberAt(head, 8);
  if (length == 0 || length > kMostRecordBytes) return std::nullopt;
  const std::string_view whole = window.At(at, kRecordHeadBytes + length);
  if (whole.size() < kRecordHeadBytes + length) return std::nullopt;
  const std::string_view body = whole.substr(kRecordHeadBytes);
  tried += length;
  return Crc32(body) == checksum ? std::optional(body) : std::nullopt;
}

// Where the next whole record begins; unset: nowhere.
std::optional<uint64_t> NextRecord(Window& window, uint64_t at, uint64_t& tried) {
  while (tried <= kMostTriedBytes) {
    const std::string_view bytes = window.At(at, kMostRecordBytes);
    if (bytes.size() < kRecordHeadBytes) return std::nullopt;
    const size_t found = bytes.find(kRecordMark);
    if (found == std::string_view::npos) {
      at += bytes.size() - (kRecordMark.size() - 1);
      continue;
    }
    at += found;
    if (RecordAt(window, at, tried).has_value()) return at;
    ++at;
  }
  return std::nullopt;
}

}  // namespace

void AppendRecord(std::string& bytes, uint8_t kind, std::string_view content) {
  bytes += kRecordMark;
  AppendNumber(bytes, static_cast<uint32_t>(content.size() + 1));
  const size_t head = bytes.size();
  AppendNumber(bytes, 0);
  const size_t body = bytes.size();
  bytes += static_cast<char>(kind);
  bytes += content;
  std::string checksum;
  AppendNumber(checksum, Crc32(std::string_view(bytes).substr(body)));
  bytes.replace(head, checksum.size(), checksum);
}

absl::StatusOr<JournalReading> ReadJournal(int file, const VisitRecord& visit) {
  struct stat status {};
  if (fstat(file, &status) != 0 || !S_ISREG(status.st_mode)) {
    return absl::FailedPreconditionError(fmt::format("'{}' is not a file", kJournalName));
  }
  const auto size = static_cast<uint64_t>(status.st_size);
  Window window(file, size);
  const std::string head(window.At(0, kJournalHead.size()));
  if (window.error() == 0 && head != kJournalHead) {
    return absl::FailedPreconditionError(
        fmt::format("'{}' is no file of chains, or one of another version of this program; move it "
                    "away, and it is made anew",
                    kJournalName));
  }
  JournalReading reading;
  reading.end = kJournalHead.size();
  uint64_t tried = 0;
  uint64_t at = reading.end;
  while (window.error() == 0) {
    uint64_t sound = 0;
    const std::optional<std::string_view> body = RecordAt(window, at, sound);
    if (body.has_value()) {
      const size_t length = body->size();
      visit(static_cast<uint8_t>(body->front()), body->substr(1));
      at += kRecordHeadBytes + length;
      reading.end = at;
      continue;
    }
    const std::optional<uint64_t> next = NextRecord(window, at + 1, tried);
    if (!next.has_value()) break;
    ++reading.damaged;
    at = *next;
  }
  if (window.error() != 0) {
    return absl::UnavailableError(fmt::format("cannot read '{}': {}", kJournalName,
                                              std::generic_category().message(window.error())));
  }
  reading.cut_bytes = size > reading.end ? size - reading.end : 0;
  return reading;
}

JournalFile::~JournalFile() {
  if (file_.is_open() && is_dirty_) fdatasync(file_.get());
}

absl::Status JournalFile::Error(std::string_view doing, int error) const {
  const std::string message = fmt::format("cannot {} the file of chains '{}': {}", doing,
                                          kJournalName, std::generic_category().message(error));
  return error == ENOSPC || error == EDQUOT || error == EFBIG
             ? absl::ResourceExhaustedError(message + "; chains are kept in memory meanwhile")
             : absl::UnavailableError(message + "; chains are kept in memory meanwhile");
}

absl::StatusOr<JournalReading> JournalFile::Open(const VisitRecord& visit) {
  unlinkat(folder_, kUnfinishedJournalName, 0);
  UniqueFd file(openat(folder_, kJournalName, O_RDWR | kNoLinks));
  is_writable_ = file.is_open();
  // What there is counts, even if no more can be added.
  if (!file.is_open() && (errno == EROFS || errno == EACCES)) {
    file = UniqueFd(openat(folder_, kJournalName, O_RDONLY | kNoLinks));
  }
  if (!file.is_open() && errno == ENOENT) return JournalReading{};
  if (!file.is_open()) return Error("open", errno);
  absl::StatusOr<JournalReading> reading = ReadJournal(file.get(), visit);
  if (!reading.ok()) return reading;
  // If it cannot be cut, the next record is written over it.
  if (reading->cut_bytes > 0)
    static_cast<void>(!ftruncate(file.get(), static_cast<off_t>(reading->end)));
  file_ = std::move(file);
  end_ = reading->end;
  return reading;
}

bool JournalFile::NeedsReplacing(bool looks) const {
  if (!file_.is_open() || !is_writable_) return true;
  if (!looks) return false;
  struct stat own {};
  struct stat named {};
  if (fstat(file_.get(), &own) != 0) return true;
  if (fstatat(folder_, kJournalName, &named, AT_SYMLINK_NOFOLLOW) != 0) return errno == ENOENT;
  return own.st_ino != named.st_ino || own.st_dev != named.st_dev;
}

absl::Status JournalFile::Append(std::string_view records) {
  if (!file_.is_open()) return absl::FailedPreconditionError("there is no file of chains yet");
  const int error = WriteAllAt(file_.get(), records, end_);
  if (error != 0) {
    // Also if this fails: the next record is written over what is left.
    static_cast<void>(!ftruncate(file_.get(), static_cast<off_t>(end_)));
    return Error("write", error);
  }
  end_ += records.size();
  is_dirty_ = true;
  return absl::OkStatus();
}

absl::Status JournalFile::Sync() {
  if (!is_dirty_ || !file_.is_open()) return absl::OkStatus();
  if (fdatasync(file_.get()) != 0) return Error("write", errno);
  is_dirty_ = false;
  return absl::OkStatus();
}

absl::Status JournalFile::Replace(const std::function<absl::Status(const Write& write)>& records) {
  unlinkat(folder_, kUnfinishedJournalName, 0);
  UniqueFd file(
      openat(folder_, kUnfinishedJournalName, O_RDWR | O_CREAT | O_EXCL | kNoLinks, kOwnerOnly));
  if (!file.is_open()) return Error("make", errno);
  uint64_t end = 0;
  const auto write = [&](std::string_view bytes) {
    const int error = WriteAllAt(file.get(), bytes, end);
    end += bytes.size();
    return error == 0 ? absl::OkStatus() : Error("write", error);
  };
  absl::Status done = write(kJournalHead);
  if (done.ok()) done = records(write);
  if (done.ok() && fsync(file.get()) != 0) done = Error("write", errno);
  if (done.ok() && renameat(folder_, kUnfinishedJournalName, folder_, kJournalName) != 0) {
    done = Error("make", errno);
  }
  if (!done.ok()) {
    unlinkat(folder_, kUnfinishedJournalName, 0);
    return done;
  }
  file_ = std::move(file);
  is_writable_ = true;
  end_ = end;
  // The name is there; a power cut may bring back the old file, which held the same.
  is_dirty_ = fsync(folder_) != 0;
  return absl::OkStatus();
}

}  // namespace cairn::tracing
