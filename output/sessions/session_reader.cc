// SPDX-License-Identifier: BSD-3-Clause
#include "output/sessions/session_reader.h"

#include <algorithm>
#include <array>
#include <memory>
#include <span>
#include <string_view>

#include "absl/status/statusor.h"
#include "fmt/format.h"

#include "capture/byte_stream.h"
#include "output/sessions/interim_filter.h"
#include "output/sessions/sqlite_reader.h"
#include "output/sessions/text_reader.h"

namespace cairn::output {
namespace {

using capture::ByteStream;

constexpr std::string_view kSqliteMagic{"SQLite format 3\0", 16};
// pcap in both orders and resolutions, pcapng.
constexpr auto kCaptureMagics =
    std::to_array<std::string_view>({"\xa1\xb2\xc3\xd4", "\xd4\xc3\xb2\xa1", "\xa1\xb2\x3c\x4d",
                                     "\x4d\x3c\xb2\xa1", "\x0a\x0d\x0d\x0a"});

absl::Status Read(const std::string& path, InterimFilter& sessions, SessionsRead& result) {
  absl::StatusOr<std::unique_ptr<ByteStream>> stream =
      ByteStream::Open(path, capture::EmptyFile::kAllow);
  if (!stream.ok()) return stream.status();
  const absl::StatusOr<std::span<const uint8_t>> head = (*stream)->Peek(kSqliteMagic.size());
  if (!head.ok()) return head.status();
  const std::string_view magic(reinterpret_cast<const char*>(head->data()), head->size());
  if (std::any_of(kCaptureMagics.begin(), kCaptureMagics.end(),
                  [&](std::string_view capture) { return magic.starts_with(capture); })) {
    return absl::InvalidArgumentError(fmt::format(
        "{}: is a capture and holds no session records; make them of it first", (*stream)->name()));
  }
  if (magic != kSqliteMagic) return ReadTextSessions(**stream, sessions, result);
  if (path == "-") {
    return absl::InvalidArgumentError(
        "standard input: a database can only be read from a file; name it");
  }
  return ReadSqliteSessions(path, sessions, result);
}

}  // namespace

absl::Status ReadSessions(const std::string& path,
                          const std::function<bool(const SessionRecord&)>& take,
                          SessionsRead& result) {
  result = {};
  bool stopped = false;
  const InterimFilter::Take take_until_stopped = [&](const SessionRecord& session) {
    stopped = !take(session);
    return !stopped;
  };
  InterimFilter sessions(take_until_stopped);
  absl::Status status = Read(path, sessions, result);
  // What was read before a fault is handed on as well.
  if (!stopped) sessions.Finish();
  result.records = sessions.taken();
  result.interim = sessions.replaced();
  return status;
}

}  // namespace cairn::output
