// SPDX-License-Identifier: BSD-3-Clause
#include "output/sessions/text_writer.h"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string_view>
#include <system_error>

#include "fmt/format.h"

#include "output/sessions/line_reader.h"

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

absl::Status OtherContents(const std::string& path, SessionFormat format) {
  return absl::InvalidArgumentError(fmt::format(
      "{}: holds something else than '{}' session records of this version; name another file", path,
      SessionFormatName(format)));
}

// How much of the file's end has no line feed, at most `most`.
uint64_t BytesAfterLastLine(std::ifstream& file, uint64_t bytes, uint64_t most) {
  const uint64_t from = bytes - std::min(bytes, most);
  std::string end(static_cast<size_t>(bytes - from), '\0');
  file.seekg(static_cast<std::streamoff>(from));
  file.read(end.data(), static_cast<std::streamsize>(end.size()));
  return end.size() - (end.rfind('\n') + 1);  // npos + 1 is 0
}

// The file must begin as one of this format does.  A device or pipe holds nothing.
absl::StatusOr<Before> Inspect(const std::string& path, SessionFormat format,
                               std::string_view header) {
  Before before;
  std::error_code fault;
  if (!std::filesystem::is_regular_file(path, fault)) return before;
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  if (!file.good()) return before;  // opening it for writing will say why
  before.bytes = static_cast<uint64_t>(file.tellg());
  if (before.bytes == 0) return before;
  file.seekg(0);
  std::string begin(std::max<size_t>(header.size(), 1), '\0');
  file.read(begin.data(), static_cast<std::streamsize>(begin.size()));
  const bool known = format == SessionFormat::kJson     ? begin[0] == '{'
                     : format == SessionFormat::kReport ? begin[0] >= '0' && begin[0] <= '9'
                                                        : begin == header;
  if (!known) return OtherContents(path, format);
  before.cut_line = BytesAfterLastLine(file, before.bytes, LineReader::kMaxLineBytes);
  file.seekg(-1, std::ios::end);
  before.lacks_feed = before.cut_line > 0 && format == SessionFormat::kJson && file.get() == '}';
  if (before.lacks_feed) before.cut_line = 0;
  before.bytes -= before.cut_line;
  return before;
}

}  // namespace

absl::StatusOr<std::unique_ptr<SessionWriter>> TextWriter::Open(const std::string& path,
                                                                SessionFormat format,
                                                                ExistingFile existing) {
  std::unique_ptr<RecordText> text = MakeRecordText(format);
  const std::string header = text->Header();
  Before before;
  std::unique_ptr<LineWriter> lines;
  if (path == "-") {
    lines = LineWriter::StandardOutput();
  } else {
    if (existing == ExistingFile::kAppend) {
      const absl::StatusOr<Before> inspected = Inspect(path, format, header);
      if (!inspected.ok()) return inspected.status();
      before = *inspected;
    }
    absl::StatusOr<std::unique_ptr<LineWriter>> opened = LineWriter::Open(path, existing);
    if (!opened.ok()) return opened.status();
    lines = *std::move(opened);
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
