// SPDX-License-Identifier: BSD-3-Clause
#include "output/sessions/text_writer.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <string_view>

#include "fmt/format.h"

#include "output/sessions/line_reader.h"
#include "output/sessions/own_sessions.h"

namespace cairn::output {
namespace {

constexpr size_t kPieceBytes = size_t{64} << 10;

uint64_t Lines(std::string_view text) {
  return static_cast<uint64_t>(std::count(text.begin(), text.end(), '\n'));
}

// What a file holds that is added to.
struct Before {
  uint64_t bytes = 0;       // that stay
  uint64_t cut_line = 0;    // bytes of a last line that a killed process left
  bool lacks_feed = false;  // the last line is whole but for its line feed
};

// How much of the file's end has no line feed, at most `most`.
uint64_t BytesAfterLastLine(int descriptor, uint64_t bytes, uint64_t most) {
  const uint64_t from = bytes - std::min(bytes, most);
  std::string end(static_cast<size_t>(bytes - from), '\0');
  size_t got = 0;
  while (got < end.size()) {
    const ssize_t n =
        pread(descriptor, end.data() + got, end.size() - got, static_cast<off_t>(from + got));
    if (n <= 0) break;
    got += static_cast<size_t>(n);
  }
  end.resize(got);
  return end.size() - (end.rfind('\n') + 1);  // npos + 1 is 0
}

// Of a file that begins as one of this format does.  A device or pipe holds nothing.
Before Inspect(int descriptor, SessionFormat format) {
  Before before;
  struct stat info {};
  if (fstat(descriptor, &info) != 0 || !S_ISREG(info.st_mode) || info.st_size == 0) return before;
  before.bytes = static_cast<uint64_t>(info.st_size);
  before.cut_line = BytesAfterLastLine(descriptor, before.bytes, LineReader::kMaxLineBytes);
  char last = '\0';
  before.lacks_feed = before.cut_line > 0 && format == SessionFormat::kJson &&
                      pread(descriptor, &last, 1, info.st_size - 1) == 1 && last == '}';
  if (before.lacks_feed) before.cut_line = 0;
  before.bytes -= before.cut_line;
  return before;
}

}  // namespace

absl::StatusOr<std::unique_ptr<SessionWriter>> TextWriter::Open(const std::string& path,
                                                                SessionFormat format,
                                                                ExistingFile existing,
                                                                const files::OutputGuard& guard) {
  std::unique_ptr<RecordText> text = MakeRecordText(format);
  const std::string header = text->Header();
  Before before;
  std::unique_ptr<LineWriter> lines;
  if (path == "-") {
    lines = LineWriter::StandardOutput();
  } else {
    absl::StatusOr<std::unique_ptr<LineWriter>> opened =
        LineWriter::Open(SessionOutput(path, format, existing), guard);
    if (!opened.ok()) return opened.status();
    lines = *std::move(opened);
    if (existing == ExistingFile::kAppend) before = Inspect(lines->descriptor(), format);
    // Its rest is missing for good, and what follows would be taken for it.
    if (before.cut_line > 0 &&
        ftruncate(lines->descriptor(), static_cast<off_t>(before.bytes)) != 0) {
      return absl::UnknownError(
          fmt::format("{}: its cut off last line cannot be removed; name another file", path));
    }
  }
  std::unique_ptr<TextWriter> writer(new TextWriter(std::move(lines), std::move(text)));
  writer->bytes_before_ = before.bytes;
  if (before.bytes == 0) writer->piece_.Append(header);
  if (before.lacks_feed) writer->piece_.Append('\n');
  writer->header_lines_ = Lines(writer->piece_.text());
  return writer;
}

absl::Status TextWriter::Write(const SessionRecord& session) {
  if (!fault_.ok()) {
    ++lost_;
    return fault_;
  }
  text_->Append(session, piece_);
  return piece_.size() < kPieceBytes ? absl::OkStatus() : Flush();
}

absl::Status TextWriter::Flush() {
  if (!fault_.ok() || piece_.size() == 0) return fault_;
  const uint64_t before = lines_->written_bytes();
  fault_ = lines_->Write(piece_.text());
  if (!fault_.ok()) {
    const std::string_view left =
        piece_.text().substr(static_cast<size_t>(lines_->written_bytes() - before));
    lost_ += Lines(left) - std::min(header_lines_, Lines(left));
  }
  header_lines_ = 0;
  piece_.Clear();
  return fault_;
}

}  // namespace cairn::output
