// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_OUTPUT_SESSIONS_TEXT_BUFFER_H_
#define CAIRN_OUTPUT_SESSIONS_TEXT_BUFFER_H_

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <string_view>
#include <vector>

namespace cairn::output {

// Text that grows at its end and is emptied again and again: a piece is written straight into it,
// without a check for room at every character.  Thread-compatible.
class TextBuffer {
 public:
  // Room for so many characters at the end; Commit() says how far they were used.
  char* Room(size_t bytes) {
    if (bytes_.size() - size_ < bytes) bytes_.resize(std::max(2 * bytes_.size(), size_ + bytes));
    return bytes_.data() + size_;
  }
  void Commit(const char* end) { size_ = static_cast<size_t>(end - bytes_.data()); }

  void Append(std::string_view text) {
    char* room = Room(text.size());
    if (!text.empty()) std::memcpy(room, text.data(), text.size());
    size_ += text.size();
  }
  void Append(char c) {
    *Room(1) = c;
    ++size_;
  }
  void Clear() { size_ = 0; }

  size_t size() const { return size_; }
  std::string_view text() const { return {bytes_.data(), size_}; }

 private:
  std::vector<char> bytes_;
  size_t size_ = 0;
};

}  // namespace cairn::output

#endif  // CAIRN_OUTPUT_SESSIONS_TEXT_BUFFER_H_
