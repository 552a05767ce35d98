// SPDX-License-Identifier: BSD-3-Clause
#include "output/sessions/line_reader.h"

#include <cstring>

#include "fmt/format.h"

namespace cairn::output {

using capture::ByteStream;

// Reads what fits behind what is there.  False: nothing more comes.
bool LineReader::Fill() {
  if (begin_ > 0) {
    std::memmove(bytes_.data(), bytes_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  // A line that fills it all may go on: it is not longer than max_line_bytes_ yet.
  if (end_ == bytes_.size()) bytes_.resize(bytes_.size() * 2);
  for (;;) {
    size_t got = 0;
    switch (stream_.Read({bytes_.data() + end_, bytes_.size() - end_}, got)) {
      case ByteStream::State::kBytes:
        end_ += got;
        return true;
      case ByteStream::State::kEnd:
        return false;
      case ByteStream::State::kFailed:
        status_ = stream_.status();
        return false;
      case ByteStream::State::kSilent:
        if (stream_.interrupted()) {
          status_ =
              absl::CancelledError(fmt::format("{}: a signal ended the reading", stream_.name()));
          return false;
        }
    }
  }
}

bool LineReader::Next(Line& line) {
  if (!status_.ok()) return false;
  line = {};
  size_t searched = 0;
  for (;;) {
    const uint8_t* from = bytes_.data() + begin_ + searched;
    const void* found = std::memchr(from, '\n', end_ - begin_ - searched);
    const size_t length =
        found != nullptr
            ? static_cast<size_t>(static_cast<const uint8_t*>(found) - (bytes_.data() + begin_))
            : end_ - begin_;
    line.too_long = length > max_line_bytes_;
    if (found != nullptr || line.too_long) {
      line.text = {reinterpret_cast<const char*>(bytes_.data() + begin_),
                   line.too_long ? max_line_bytes_ : length};
      begin_ += line.text.size();
      break;
    }
    searched = length;
    if (Fill()) continue;
    // The rest of a damaged file is no line.
    if (!status_.ok() || begin_ == end_) return false;
    line.text = {reinterpret_cast<const char*>(bytes_.data() + begin_), end_ - begin_};
    line.ended = false;
    begin_ = end_;
    break;
  }
  line.number = ++lines_;
  if (line.too_long) {
    SkipRestOfLine(line);
  } else if (line.ended) {
    ++begin_;
  }
  if (line.text.ends_with('\r')) line.text.remove_suffix(1);
  return true;
}

// Its begin is of no use to anybody, so that its room can be filled anew.
void LineReader::SkipRestOfLine(Line& line) {
  line.text = {};
  for (;;) {
    const void* found = std::memchr(bytes_.data() + begin_, '\n', end_ - begin_);
    if (found != nullptr) {
      begin_ = static_cast<size_t>(static_cast<const uint8_t*>(found) - bytes_.data()) + 1;
      return;
    }
    begin_ = end_;
    if (!Fill()) {
      line.ended = false;
      return;
    }
  }
}

}  // namespace cairn::output
