// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_OUTPUT_SESSIONS_ROTATING_WRITER_H_
#define CAIRN_OUTPUT_SESSIONS_ROTATING_WRITER_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "base/time.h"
#include "output/line_writer.h"
#include "output/sessions/format.h"
#include "output/sessions/rotation.h"
#include "output/sessions/session_writer.h"

namespace cairn::output {

// "sessions.tsv" becomes "sessions-20261121T101500Z.tsv".
std::string RotatedName(const std::string& path, PacketTime begin, uint64_t number);

// Writes session records to a file of the given name, which is closed and renamed when the last
// packet of a record lies in a later stretch of `interval` than those before, or when the file has
// reached its size; one file is open at a time.  The name of a rotated file holds the time when its
// stretch (without an interval: its first record) began, and "-1", "-2" behind that if there are
// several.  ExistingFile::kReplace replaces what earlier runs rotated to the same name, but no file
// of something else; kAppend never does.  Records whose time goes back stay in the newer file.
//
// A database that another program has open cannot be renamed safely: it is written on, and put
// aside at the next stretch of time, or when it has grown by its size again.
//
// Thread-compatible.
class RotatingWriter : public SessionWriter {
 public:
  // InvalidArgument: standard output; else as OpenSessionWriter.
  static absl::StatusOr<std::unique_ptr<SessionWriter>> Open(
      const std::string& path, SessionFormat format, ExistingFile existing,
      const Rotation& rotation, const files::OutputGuard& guard = files::OutputGuard());

  // Unavailable: a file cannot be renamed; else as those of the files.
  absl::Status Write(const SessionRecord& session) override;
  absl::Status Flush() override { return fault_.ok() ? file_->Flush() : fault_; }
  absl::Status Close() override { return fault_.ok() ? file_->Close() : fault_; }
  // Of the current file.
  uint64_t bytes() const override { return file_->bytes(); }
  uint64_t lost() const override { return lost_ + file_->lost(); }

 private:
  RotatingWriter(std::unique_ptr<SessionWriter> file, std::string path, SessionFormat format,
                 ExistingFile existing, const Rotation& rotation, const files::OutputGuard& guard);
  bool IsTaken(const std::string& name) const;
  bool IsDue(PacketTime last_time) const;
  absl::Status Rotate();
  absl::Status PutAside();

  std::unique_ptr<SessionWriter> file_;
  std::string path_;
  SessionFormat format_;
  ExistingFile existing_;
  Rotation rotation_;
  files::OutputGuard guard_;
  PacketTime newest_ = PacketTime::InfinitePast();  // of all records
  PacketTime begin_;                                // by which the current file will be named
  bool empty_ = true;                               // no record in the current file, by this run
  uint64_t size_to_rotate_;
  PacketTime last_name_ = PacketTime::InfinitePast();
  uint64_t names_ = 0;  // of that time
  uint64_t lost_ = 0;
  absl::Status fault_;
};

}  // namespace cairn::output

#endif  // CAIRN_OUTPUT_SESSIONS_ROTATING_WRITER_H_
