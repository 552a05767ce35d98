// SPDX-License-Identifier: BSD-3-Clause
#include "config/keys/reading.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <system_error>
#include <utility>

#include "fmt/format.h"

namespace cairn::config {
namespace {

absl::Status FileError(const std::string& path, int error) {
  const std::string reason = std::generic_category().message(error);
  const std::string message = fmt::format("{}: cannot read the configuration: {}", path, reason);
  if (error == ENOENT || error == ENOTDIR) return absl::NotFoundError(message);
  if (error == EACCES || error == EPERM) return absl::PermissionDeniedError(message);
  return absl::InvalidArgumentError(message);
}

struct FileCloser {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

std::string_view Trimmed(std::string_view text) {
  const size_t begin = std::min(text.find_first_not_of(" \t"), text.size());
  const size_t end = text.find_last_not_of(" \t");
  return end == std::string_view::npos ? std::string_view() : text.substr(begin, end + 1 - begin);
}

Node ScalarNode(std::string_view text) {
  Node node;
  node.kind = Node::Kind::kScalar;
  node.text = text;
  return node;
}

// "a,b" as a list of scalars.  Not as YAML, which has its own mind about the colons of IPv6.
Node ListNode(std::string_view text) {
  Node list;
  list.kind = Node::Kind::kSequence;
  while (!text.empty()) {
    const size_t comma = std::min(text.find(','), text.size());
    list.items.push_back(ScalarNode(Trimmed(text.substr(0, comma))));
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return list;
}

// The value of an assignment as a node.  The shell has dealt with quotes, so a scalar is taken as
// it stands.
Node ParseValue(Shape shape, std::string_view value, Problems& problems) {
  if (shape == Shape::kScalar) return ScalarNode(value);
  if (value.starts_with('[') || value.starts_with('{')) return ParseDocument(value, problems);
  return shape == Shape::kList ? ListNode(value)
                               : ParseDocument(fmt::format("{{{}}}", value), problems);
}

// The messages about a value from the command line have no use for positions in it.
void ForgetMarks(Node& node) {
  node.mark = {};
  node.key_mark = {};
  for (Node& item : node.items) ForgetMarks(item);
}

}  // namespace

absl::StatusOr<std::string> ReadConfigurationFile(const std::string& path) {
  const std::unique_ptr<std::FILE, FileCloser> file(std::fopen(path.c_str(), "re"));
  if (file == nullptr) return FileError(path, errno);
  std::string text;
  std::array<char, 65536> block{};
  while (text.size() <= kMaxTextBytes) {
    const size_t bytes = std::fread(block.data(), 1, block.size(), file.get());
    if (std::ferror(file.get()) != 0) return FileError(path, errno);
    if (bytes == 0) break;
    text.append(block.data(), bytes);
  }
  return text;
}

absl::StatusOr<Assignment> ParseAssignment(std::string_view text, std::string_view example) {
  const size_t equals = text.find('=');
  if (equals == std::string_view::npos) {
    return absl::InvalidArgumentError(fmt::format(
        "{} is not an assignment; expected KEY=VALUE, for example {}", Quoted(text), example));
  }
  return Assignment{.key = Trimmed(text.substr(0, equals)),
                    .value = Trimmed(text.substr(equals + 1))};
}

Node ParseAssignedValue(Shape shape, std::string_view value, Problems& problems) {
  Node node = ParseValue(shape, value, problems);
  ForgetMarks(node);
  return node;
}

}  // namespace cairn::config
