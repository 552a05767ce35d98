// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/tokens/journal_writer.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include <cerrno>
#include <optional>
#include <utility>

#include "base/unique_fd.h"
#include "traceback/tokens/journal.h"
#include "traceback/tokens/record.h"

namespace cairn::tokens {

absl::Status JournalWriter::Open(const Folder& folder, PacketTime now,
                                 const std::function<void(std::string_view line)>& visit) {
  folder_ = &folder;
  waiting_.clear();
  is_dirty_ = true;  // of a process before this one
  CutHalf(now);
  // The chain may have to begin before it is noted.
  std::deque<JournalNote> cut = std::exchange(waiting_, {});
  last_aside_.clear();
  for (const std::string& name : JournalNames(folder)) {
    if (name != kJournal) last_aside_ = name;
  }
  UnchainedLines before;
  uint64_t chained = 0;
  uint64_t number = 0;
  last_line_.clear();
  absl::Status read = ForEachJournalLine(folder, [&](const std::string&, std::string_view line) {
    const std::optional<ChainLink> link = ParseLink(line);
    if (!link.has_value() && chained == 0) before.Add(line);
    if (link.has_value() || chained > 0) {
      ++chained;
      number = link.has_value() ? link->number : number + 1;
    }
    last_line_ = line;
    visit(line);
  });
  if (!read.ok()) return read;
  head_ = chained > 0 ? ChainHead{.count = number, .hash = LineHash(last_line_)} : ChainHead();
  if (chained == 0) {
    AppendLater({.kind = JournalNote::Kind::kStart,
                 .time = now,
                 .hash = before.hash(),
                 .lines = before.count()});
  }
  for (JournalNote& note : cut) AppendLater(std::move(note));
  return absl::OkStatus();
}

absl::Status JournalWriter::Append(std::string_view line, PacketTime now) {
  if (absl::Status waited = AppendWaiting(now); !waited.ok()) return waited;
  return Write(line, now);
}

absl::Status JournalWriter::AppendWaiting(PacketTime now) {
  NoticeChange(now);
  if (bytes_ >= most_) {
    if (absl::Status aside = PutAside(now); !aside.ok()) return aside;
  }
  while (!waiting_.empty()) {
    if (absl::Status written = Write(NoteLine(waiting_.front()), now); !written.ok())
      return written;
    waiting_.pop_front();
  }
  return absl::OkStatus();
}

absl::Status JournalWriter::Write(std::string_view line, PacketTime now) {
  const std::string linked = Linked(head_, line);
  absl::Status written = folder_->AppendLine(kJournal, linked, Folder::Sync::kLater);
  if (!written.ok()) {
    if (folder_->Look(kJournal).bytes != bytes_) CutHalf(now);
    return written;
  }
  head_ = {.count = head_.count + 1, .hash = LineHash(linked)};
  bytes_ += linked.size();
  appended_ += linked.size();
  is_dirty_ = true;
  return absl::OkStatus();
}

// What a kill, a power cut or a fault of the disk left of a line.
void JournalWriter::CutHalf(PacketTime now) {
  const std::string cut = folder_->CutHalfLine(kJournal);
  if (!cut.empty()) {
    AppendLater(
        {.kind = JournalNote::Kind::kCut, .time = now, .hash = TokenOf(cut), .bytes = cut.size()});
  }
  bytes_ = folder_->Look(kJournal).bytes;
}

// Only this process writes here.
void JournalWriter::NoticeChange(PacketTime now) {
  const uint64_t bytes = folder_->Look(kJournal).bytes;
  if (bytes == bytes_) return;
  bytes_ = bytes;
  AppendLater({.kind = JournalNote::Kind::kChangedByOthers, .time = now, .bytes = bytes});
}

absl::Status JournalWriter::PutAside(PacketTime now) {
  if (absl::Status synced = Sync(); !synced.ok()) return synced;
  const int folder = folder_->descriptor();
  const std::string name = JournalName(now, last_aside_);
  if (renameat2(folder, kJournal, folder, name.c_str(), RENAME_NOREPLACE) != 0) {
    return folder_->Error("put aside", kJournal, errno);
  }
  // Its new name is synced with that of the file that begins.
  last_aside_ = name;
  bytes_ = 0;
  return absl::OkStatus();
}

absl::Status JournalWriter::Sync() {
  if (!is_dirty_) return absl::OkStatus();
  const UniqueFd file(
      openat(folder_->descriptor(), kJournal, O_WRONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK));
  if (!file.is_open())
    return errno == ENOENT && bytes_ == 0 ? absl::OkStatus()
                                          : folder_->Error("sync", kJournal, errno);
  const int error = fdatasync(file.get()) == 0 ? 0 : errno;
  if (error != 0) return folder_->Error("sync", kJournal, error);
  is_dirty_ = false;
  return absl::OkStatus();
}

void JournalWriter::Expire(const std::vector<std::string>& names, PacketTime now) {
  for (const std::string& name : names) {
    JournalNote note = {.kind = JournalNote::Kind::kJournalExpired, .time = now, .name = name};
    std::string last;
    const absl::Status read = ForEachLine(*folder_, name, [&](std::string_view line) {
      ++note.lines;
      last = line;
    });
    if (!read.ok()) return;
    if (const std::optional<ChainLink> link = ParseLink(last)) {
      note.last = link->number;
      note.hash = LineHash(last);
    }
    if (!Append(note).ok()) return;
  }
  // Noted first: what is missing without a note looks like tampering.
  if (!Sync().ok()) return;
  for (const std::string& name : names) folder_->Remove(name);
}

}  // namespace cairn::tokens
