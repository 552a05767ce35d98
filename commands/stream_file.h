// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_COMMANDS_STREAM_FILE_H_
#define CAIRN_COMMANDS_STREAM_FILE_H_

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "capture/clock_step.h"
#include "commands/stored_totals.h"
#include "detector/detector.h"
#include "detector/options.h"
#include "detector/stream/stored_writer.h"
#include "files/output_guard.h"

namespace cairn::commands {

// The file that --write-stream makes (docs/stream.md).  Its faults end only itself: alerts matter
// more.
class StreamFile {
 public:
  // As the user names it.
  static constexpr char kOption[] = "--write-stream";

  // What is to be opened, for the guard.
  static files::Output OutputOf(const std::string& path);
  // Errors are the guard's.
  static absl::StatusOr<std::unique_ptr<StreamFile>> Open(const std::string& path,
                                                          const DetectorOptions& options,
                                                          const files::OutputGuard& guard);
  ~StreamFile();
  StreamFile(const StreamFile&) = delete;
  StreamFile& operator=(const StreamFile&) = delete;

  // Writes what the detector's sensor tells from now on.  Requires: this outlives its work.
  void Follow(Detector& detector);
  void Write(const capture::ClockStep& step);
  // Writes the end: the detector has finished, its sensor at `now`.
  void Finish(PacketTime now, const SensorTotals& totals);

  // The first fault: the file holds the stream up to some moment before it.
  const absl::Status& status() const { return writer_.status(); }

 private:
  StreamFile(int descriptor, std::string path, const DetectorOptions& options);
  absl::Status WriteBytes(std::string_view bytes) const;

  const int descriptor_;
  const std::string path_;
  stream::StreamWriter writer_;
};

}  // namespace cairn::commands

#endif  // CAIRN_COMMANDS_STREAM_FILE_H_
