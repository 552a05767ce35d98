// SPDX-License-Identifier: BSD-3-Clause
#include "config/settings.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <map>
#include <memory>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

#include "fmt/format.h"

#include "config/contradictions.h"
#include "config/document.h"
#include "config/place.h"
#include "config/settings_schema.h"

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

// Reads at most a little more than a configuration may hold: enough for the parser to refuse it.
absl::StatusOr<std::string> ReadFile(const std::string& path) {
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

// Reads `text` into `settings`; contradictions are left to the caller.  Returns where each key was
// written.
std::map<std::string, Mark> ReadText(std::string_view text, Settings& settings,
                                     Problems& problems) {
  std::map<std::string, Mark> written;
  const Node root = ParseDocument(text, problems);
  if (!problems.empty()) return written;
  const Schema<Settings>& schema = SettingsSchema();
  for (const KeyValue& value : schema.Read(settings, root, Place(problems, ""))) {
    written[schema.paths()[value.key]] = value.node->key_mark;
  }
  return written;
}

// The keys that an assignment's left side means: one, or the same rule of both kinds of pair.
std::vector<const Key<Settings>*> KeysNamed(std::string_view name) {
  const Schema<Settings>& schema = SettingsSchema();
  if (const Key<Settings>* key = schema.Find(name)) return {key};
  constexpr std::string_view kTiming = "timing.";
  const std::string_view rule = name.starts_with(kTiming) ? name.substr(kTiming.size()) : name;
  const Key<Settings>* direct = schema.Find(fmt::format("timing.direct.{}", rule));
  const Key<Settings>* indirect = schema.Find(fmt::format("timing.indirect.{}", rule));
  if (direct == nullptr || indirect == nullptr) return {};
  return {direct, indirect};
}

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

absl::StatusOr<Settings> LoadText(std::string_view text, std::string_view name) {
  Settings settings;
  Problems problems(name);
  const std::map<std::string, Mark> written = ReadText(text, settings, problems);
  if (!problems.empty()) return problems.ToStatus();
  for (const Contradiction& contradiction : FindContradictions(settings)) {
    Mark mark;
    for (const std::string& key : contradiction.keys) {
      const auto found = written.find(key);
      if (found != written.end()) mark = std::max(mark, found->second);
    }
    problems.Add(mark, contradiction.text);
  }
  if (!problems.empty()) return problems.ToStatus();
  return settings;
}

absl::StatusOr<Settings> LoadFile(const std::string& path) {
  const absl::StatusOr<std::string> text = ReadFile(path);
  if (!text.ok()) return text.status();
  return LoadText(*text, path);
}

absl::Status Apply(Settings& settings, std::string_view assignment) {
  const size_t equals = assignment.find('=');
  Problems problems("");
  if (equals == std::string_view::npos) {
    problems.Add({}, fmt::format("{} is no assignment; expected KEY=VALUE, for example "
                                 "timing.direct.idle_threshold=300ms",
                                 Quoted(assignment)));
    return problems.ToStatus();
  }
  const std::string_view name = Trimmed(assignment.substr(0, equals));
  const std::vector<const Key<Settings>*> keys = KeysNamed(name);
  if (keys.empty()) problems.Add({}, UnknownKey(name, SettingsSchema().paths()));
  Settings changed = settings;
  for (const Key<Settings>* key : keys) {
    Node node = ParseValue(key->shape, Trimmed(assignment.substr(equals + 1)), problems);
    if (!problems.empty()) break;
    ForgetMarks(node);
    key->read(changed, node, Place(problems, key->path));
  }
  if (!problems.empty()) return problems.ToStatus();
  settings = std::move(changed);
  return absl::OkStatus();
}

absl::Status Check(const Settings& settings) {
  Problems problems("");
  for (const Contradiction& contradiction : FindContradictions(settings))
    problems.Add({}, contradiction.text);
  return problems.ToStatus();
}

}  // namespace cairn::config
