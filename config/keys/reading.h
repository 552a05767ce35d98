// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_CONFIG_KEYS_READING_H_
#define CAIRN_CONFIG_KEYS_READING_H_

#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "config/keys/document.h"
#include "config/keys/place.h"
#include "config/keys/schema.h"

// Configuration text into a struct, whichever struct and table of keys it is.
namespace cairn::config {

// The text of a file; of one that is larger than a configuration may be, enough for the parser to
// refuse it.  NotFound, PermissionDenied and InvalidArgument name the file.
absl::StatusOr<std::string> ReadConfigurationFile(const std::string& path);

// Reads `text` into `root`.  Returns where each key was written.
template <typename Root>
std::map<std::string, Mark> ReadText(const Schema<Root>& schema, std::string_view text, Root& root,
                                     Problems& problems) {
  std::map<std::string, Mark> written;
  const Node document = ParseDocument(text, problems);
  if (!problems.empty()) return written;
  for (const KeyValue& value : schema.Read(root, document, Place(problems, ""))) {
    written[schema.paths()[value.key]] = value.node->key_mark;
  }
  return written;
}

// Adds what contradicts itself (structs with `keys` and a `text` that names them) as problems, each
// where the later of its keys was written.
template <typename Contradictions>
void AddContradictions(const Contradictions& contradictions,
                       const std::map<std::string, Mark>& written, Problems& problems) {
  for (const auto& contradiction : contradictions) {
    Mark mark;
    for (const std::string& key : contradiction.keys) {
      const auto found = written.find(key);
      if (found != written.end()) mark = std::max(mark, found->second);
    }
    problems.Add(mark, contradiction.text);
  }
}

// One "key=value" of a command line.
struct Assignment {
  std::string_view key;
  std::string_view value;
};
// InvalidArgument: there is no '='.
absl::StatusOr<Assignment> ParseAssignment(std::string_view text, std::string_view example);
// The value as a node of that shape, without positions, which have no use on a command line.
Node ParseAssignedValue(Shape shape, std::string_view value, Problems& problems);

// Sets all of `keys` to the value.  On an error `root` is unchanged.
template <typename Root>
absl::Status Assign(Root& root, const std::vector<const Key<Root>*>& keys, std::string_view value) {
  Problems problems("");
  Root changed = root;
  for (const Key<Root>* key : keys) {
    const Node node = ParseAssignedValue(key->shape, value, problems);
    if (!problems.empty()) break;
    key->read(changed, node, Place(problems, key->path));
  }
  if (!problems.empty()) return problems.ToStatus();
  root = std::move(changed);
  return absl::OkStatus();
}

}  // namespace cairn::config

#endif  // CAIRN_CONFIG_KEYS_READING_H_
