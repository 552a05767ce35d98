// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_CONFIG_KEYS_SCHEMA_H_
#define CAIRN_CONFIG_KEYS_SCHEMA_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "config/keys/document.h"
#include "config/keys/place.h"
#include "config/keys/value_types.h"

// The table of everything that can be configured: each key stands in it once, and reading, writing,
// checking and documenting all follow from its entry.
namespace cairn::config {

// A name that a key had before.  Files with it go on working; `config check` says the present name.
struct FormerName {
  std::string former;
  std::string present;
};

struct Section {
  std::string path;  // "timing.direct"
  std::string documentation;
};

// One key of a struct Root.
template <typename Root>
struct Key {
  std::string path;  // "timing.direct.idle_threshold"
  std::string documentation;
  Shape shape = Shape::kScalar;
  std::string form;
  std::string example;
  // Stores the value of `node`; adds problems instead when it is ill-formed.
  std::function<void(Root& root, const Node& node, const Place& place)> read;
  // The value as YAML; empty when it is an optional value that is unset.
  std::function<std::string(const Root& root)> write;
};

// The value that a file gives to one key.
struct KeyValue {
  size_t key = 0;  // index in the table
  const Node* node = nullptr;
};

// Finds the keys that `root` sets.  Unknown and repeated keys, and values where a group of keys
// belongs, are added as problems at `place`, former names as warnings.  `paths` are the known keys,
// in the order of the table.
std::vector<KeyValue> MatchKeys(const Node& root, const std::vector<std::string>& paths,
                                const std::vector<Section>& sections,
                                const std::vector<FormerName>& former_names, const Place& place);

// The problem with a key that is not known: the nearest known one, or why it is not one.
std::string UnknownKey(std::string_view path, const std::vector<std::string>& paths);

template <typename Root>
class Schema {
 public:
  void AddSection(std::string path, std::string documentation) {
    sections_.push_back({std::move(path), std::move(documentation)});
  }
  void AddKey(Key<Root> key) {
    paths_.push_back(key.path);
    keys_.push_back(std::move(key));
  }
  // `present` is a key of the table.
  void AddFormerName(std::string former, std::string present) {
    former_names_.push_back({std::move(former), std::move(present)});
  }

  const std::vector<Section>& sections() const { return sections_; }
  const std::vector<Key<Root>>& keys() const { return keys_; }
  const std::vector<std::string>& paths() const { return paths_; }
  const Key<Root>* Find(std::string_view path) const {
    for (const Key<Root>& key : keys_) {
      if (key.path == path) return &key;
    }
    return nullptr;
  }

  // Sets in `root` what `node` sets.  Returns the keys found, also those with an ill-formed value.
  std::vector<KeyValue> Read(Root& root, const Node& node, const Place& place) const {
    std::vector<KeyValue> found = MatchKeys(node, paths_, sections_, former_names_, place);
    for (const KeyValue& value : found) {
      keys_[value.key].read(root, *value.node, place.Key(keys_[value.key].path));
    }
    return found;
  }

 private:
  std::vector<Section> sections_;
  std::vector<Key<Root>> keys_;
  std::vector<std::string> paths_;
  std::vector<FormerName> former_names_;
};

// Whether a group begins a section, or goes on with one: keys of several structs in one section.
enum class Heading : uint8_t { kSection, kNone };

// Adds the keys of one struct inside Root.  `Accessor` returns that struct, const when given a
// const Root.
template <typename Root, typename Accessor>
class Group {
 public:
  // `path` is the section that holds the keys; empty: they stand at the top.
  Group(Schema<Root>& schema, std::string path, std::string documentation, Accessor at,
        Heading heading = Heading::kSection)
      : schema_(&schema), path_(std::move(path)), at_(std::move(at)) {
    if (!path_.empty() && heading == Heading::kSection) {
      schema.AddSection(path_, std::move(documentation));
    }
  }

  template <typename T, typename Struct>
  Group& Add(std::string_view name, T Struct::*member,
             const std::type_identity_t<ValueType<T>>& type, std::string documentation) {
    Key<Root> key;
    key.path = path_.empty() ? std::string(name) : fmt::format("{}.{}", path_, name);
    key.documentation = std::move(documentation);
    key.shape = type.shape;
    key.form = type.form;
    key.example = type.example;
    key.read = [at = at_, member, read = type.read](Root& root, const Node& node,
                                                    const Place& place) {
      std::optional<T> value = read(node, place);
      if (value.has_value()) at(root).*member = *std::move(value);
    };
    key.write = [at = at_, member, write = type.write](const Root& root) {
      return write(at(root).*member);
    };
    schema_->AddKey(std::move(key));
    return *this;
  }

 private:
  Schema<Root>* schema_;
  std::string path_;
  Accessor at_;
};

}  // namespace cairn::config

#endif  // CAIRN_CONFIG_KEYS_SCHEMA_H_
