// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_TOKENS_JOURNAL_WRITER_H_
#define CAIRN_TRACEBACK_TOKENS_JOURNAL_WRITER_H_

#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"

#include "base/time.h"
#include "traceback/tokens/chain.h"
#include "traceback/tokens/journal_notes.h"
#include "traceback/tokens/store_files.h"

namespace cairn::tokens {

// Writes the journal: each line with its place in the chain, whole or not at all, and the file put
// aside when it is large.  What is written is on disk after Sync(), as a whole or up to some line;
// half a line that a power cut leaves is removed at the next start, and a note says so.
// Thread-compatible.
class JournalWriter {
 public:
  // `most`: bytes of one file.
  explicit JournalWriter(uint64_t most) : most_(most) {}

  // Reads all lines there are, calls `visit` with each, and goes on where they end.
  // Requires: `folder` outlives this, or the next Open().
  absl::Status Open(const Folder& folder, PacketTime now,
                    const std::function<void(std::string_view line)>& visit);
  // One line, a JSON object with its line feed.
  absl::Status Append(std::string_view line, PacketTime now);
  absl::Status Append(const JournalNote& note) { return Append(NoteLine(note), note.time); }
  // To be written before the next line, whenever that is.
  void AppendLater(JournalNote note) { waiting_.push_back(std::move(note)); }
  // Those that wait.
  absl::Status AppendWaiting(PacketTime now);
  // On disk is then all that was appended.
  absl::Status Sync();
  // Deletes files that were put aside, after a note of each.
  void Expire(const std::vector<std::string>& names, PacketTime now);

  const ChainHead& head() const { return head_; }
  uint64_t bytes() const { return bytes_; }              // of the file that is written to
  uint64_t total_appended() const { return appended_; }  // bytes, since this was made
  // The last line there was when it was opened.
  const std::string& last_line() const { return last_line_; }

 private:
  absl::Status Write(std::string_view line, PacketTime now);
  void CutHalf(PacketTime now);
  void NoticeChange(PacketTime now);
  absl::Status PutAside(PacketTime now);

  uint64_t most_;
  const Folder* folder_ = nullptr;
  ChainHead head_;
  uint64_t bytes_ = 0;
  uint64_t appended_ = 0;
  bool is_dirty_ = false;
  std::string last_aside_;  // name
  std::string last_line_;
  std::deque<JournalNote> waiting_;
};

}  // namespace cairn::tokens

#endif  // CAIRN_TRACEBACK_TOKENS_JOURNAL_WRITER_H_
