// SPDX-License-Identifier: BSD-3-Clause
// Any bytes as a file of session records in one of the text formats: what is read can be written in
// each format, and what the full formats say of it reads back the same.
#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "capture/byte_stream.h"
#include "output/sessions/interim_filter.h"
#include "output/sessions/record_text.h"
#include "output/sessions/text_reader.h"

namespace {

using cairn::SessionRecord;
using cairn::output::SessionFormat;
using cairn::output::SessionsRead;

std::vector<SessionRecord> Read(std::string_view bytes, SessionsRead& result) {
  const int file = memfd_create("sessions", MFD_CLOEXEC);
  if (file < 0 || write(file, bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size()) ||
      lseek(file, 0, SEEK_SET) != 0) {
    std::abort();
  }
  std::vector<SessionRecord> sessions;
  const auto stream = cairn::capture::ByteStream::FromDescriptor(file, "sessions",
                                                                 cairn::capture::EmptyFile::kAllow);
  if (!stream.ok()) return sessions;
  const cairn::output::InterimFilter::Take take = [&](const SessionRecord& session) {
    sessions.push_back(session);
    return true;
  };
  cairn::output::InterimFilter filter(take, 3);  // so few that a short file reaches the bound
  // Whatever it says of the file.
  cairn::output::ReadTextSessions(**stream, filter, result).IgnoreError();
  filter.Finish();
  return sessions;
}

std::string Write(const std::vector<SessionRecord>& sessions, SessionFormat format) {
  const std::unique_ptr<cairn::output::RecordText> text = cairn::output::MakeRecordText(format);
  cairn::output::TextBuffer out;
  out.Append(text->Header());
  for (const SessionRecord& session : sessions) text->Append(session, out);
  return std::string(out.text());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  SessionsRead result;
  const std::vector<SessionRecord> sessions =
      Read({reinterpret_cast<const char*>(data), size}, result);
  if ((result.bad_lines > 0) != (result.first_bad_line > 0)) std::abort();
  Write(sessions, SessionFormat::kReport);
  Write(sessions, SessionFormat::kZeek);
  // Text that no format takes has become fit after the first turn.
  for (const SessionFormat format : {SessionFormat::kTsv, SessionFormat::kJson}) {
    SessionsRead once;
    SessionsRead twice;
    const std::string text = Write(Read(Write(sessions, format), once), format);
    if (once.bad_lines > 0 || once.cut) std::abort();
    if (Write(Read(text, twice), format) != text) std::abort();
  }
  return 0;
}
