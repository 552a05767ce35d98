// SPDX-License-Identifier: BSD-3-Clause
#include "config/keys/schema.h"

#include <algorithm>
#include <cstddef>
#include <set>

#include "fmt/format.h"

#include "config/keys/spelling.h"

namespace cairn::config {
namespace {

class Matcher {
 public:
  Matcher(const std::vector<std::string>& paths, const std::vector<Section>& sections,
          const std::vector<FormerName>& former_names, const Place& place)
      : paths_(paths), sections_(sections), former_names_(former_names), place_(place) {}

  void MatchGroup(const Node& group, const std::string& path) {
    if (group.IsNull()) return;  // "timing:" with everything below it commented out
    if (!group.IsMap()) {
      Fail(group.mark, path, fmt::format("expected a group of keys, such as {}", FirstKeyIn(path)));
      return;
    }
    std::set<std::string_view> seen;
    for (const Node& item : group.items) {
      if (seen.insert(item.key).second) {
        MatchItem(item, path.empty() ? item.key : fmt::format("{}.{}", path, item.key));
      } else {
        Fail(item.key_mark, path, fmt::format("the key {} is written twice", Quoted(item.key)));
      }
    }
  }

  std::vector<KeyValue> found;

 private:
  void MatchItem(const Node& item, const std::string& path) {
    // A name with a dot would pass for a path.
    const bool dotted = item.key.find('.') != std::string::npos;
    const auto former = std::find_if(former_names_.begin(), former_names_.end(),
                                     [&](const FormerName& name) { return name.former == path; });
    if (former != former_names_.end() && !dotted) {
      place_.Warn(item.key_mark, fmt::format("{} is the former name of {}: write {}", Quoted(path),
                                             former->present, former->present));
      Found(item, std::find(paths_.begin(), paths_.end(), former->present) - paths_.begin());
      return;
    }
    const auto key = std::find(paths_.begin(), paths_.end(), path);
    if (key != paths_.end() && !dotted) {
      Found(item, key - paths_.begin());
      return;
    }
    const bool is_section =
        std::any_of(sections_.begin(), sections_.end(),
                    [&](const Section& section) { return section.path == path; });
    if (is_section && !dotted) {
      MatchGroup(item, path);
      return;
    }
    const size_t dot = item.key.find('.');
    if (dotted && key != paths_.end()) {
      place_.problems().Add(item.key_mark,
                            fmt::format("the key {} cannot have dots here: write it under '{}:'",
                                        Quoted(item.key), item.key.substr(0, dot)));
      return;
    }
    // Finding the nearest key is the costly part, and a hostile file has many unknown ones.
    place_.Fail(item.key_mark,
                place_.problems().full() ? "unknown key" : UnknownKey(path, KnownNames()));
  }

  // The same name twice is refused before; here it can only be a key with two names.
  void Found(const Node& item, std::ptrdiff_t key) {
    const auto index = static_cast<size_t>(key);
    const auto other = std::find_if(found.begin(), found.end(),
                                    [&](const KeyValue& value) { return value.key == index; });
    if (other == found.end()) {
      found.push_back({index, &item});
      return;
    }
    place_.Fail(item.key_mark,
                fmt::format("{} and {} are two names of one key: keep only {}",
                            Quoted(other->node->key), Quoted(item.key), paths_[index]));
  }

  void Fail(Mark mark, const std::string& path, std::string_view text) const {
    if (path.empty()) {
      place_.Fail(mark, text);
    } else {
      place_.Key(path).Fail(mark, text);
    }
  }

  std::vector<std::string> KnownNames() const {
    std::vector<std::string> names = paths_;
    for (const Section& section : sections_) names.push_back(section.path);
    return names;
  }

  std::string FirstKeyIn(const std::string& path) const {
    const auto inside = [&](const std::string& candidate) {
      return path.empty() || candidate.starts_with(path + ".");
    };
    const auto first = std::find_if(paths_.begin(), paths_.end(), inside);
    return first == paths_.end() ? paths_.front() : *first;
  }

  const std::vector<std::string>& paths_;
  const std::vector<Section>& sections_;
  const std::vector<FormerName>& former_names_;
  const Place& place_;
};

}  // namespace

std::vector<KeyValue> MatchKeys(const Node& root, const std::vector<std::string>& paths,
                                const std::vector<Section>& sections,
                                const std::vector<FormerName>& former_names, const Place& place) {
  Matcher matcher(paths, sections, former_names, place);
  matcher.MatchGroup(root, "");
  return std::move(matcher.found);
}

std::string UnknownKey(std::string_view path, const std::vector<std::string>& paths) {
  const std::string near = NearestPath(path, paths);
  if (near.empty()) {
    return fmt::format("unknown key {}; 'config default' lists all keys", Quoted(path));
  }
  return fmt::format("unknown key {}; the nearest known key is {}", Quoted(path), near);
}

}  // namespace cairn::config
