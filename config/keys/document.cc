// SPDX-License-Identifier: BSD-3-Clause
#include "config/keys/document.h"

#include <algorithm>
#include <exception>
#include <optional>
#include <sstream>
#include <unordered_map>
#include <utility>

#include "fmt/format.h"
#include "yaml-cpp/eventhandler.h"
#include "yaml-cpp/exceptions.h"
#include "yaml-cpp/parser.h"

#include "config/keys/yaml_text.h"

namespace cairn::config {
namespace {

Mark ToMark(const YAML::Mark& mark) { return {mark.line + 1, mark.column + 1}; }

// Ends the parse from inside one of the library's callbacks; caught in ParseDocument.
class Refusal : public std::exception {
 public:
  Refusal(const YAML::Mark& mark, std::string text) : mark_(ToMark(mark)), text_(std::move(text)) {}
  Refusal(Mark mark, std::string text) : mark_(mark), text_(std::move(text)) {}
  const char* what() const noexcept override { return text_.c_str(); }
  Mark mark() const { return mark_; }

 private:
  Mark mark_;
  std::string text_;
};

size_t CountNodes(const Node& node) {
  size_t count = 1;
  for (const Node& item : node.items) count += CountNodes(item);
  return count;
}

size_t DepthOf(const Node& node) {
  size_t deepest = 0;
  for (const Node& item : node.items) deepest = std::max(deepest, DepthOf(item));
  return deepest + 1;
}

// Builds the tree from the library's events.  Not from its own nodes: those forget positions of
// keys, keep aliases shared and silently take the first of two equal keys.
class TreeBuilder : public YAML::EventHandler {
 public:
  Node TakeRoot() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    Node node;
    node.mark = ToMark(mark);
    Finish(std::move(node), anchor);
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    RefuseTag(mark, tag);
    Node node;
    node.kind = Node::Kind::kScalar;
    node.mark = ToMark(mark);
    node.text = value;
    Finish(std::move(node), anchor);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) throw Refusal(mark, "an alias cannot stand inside its own anchor");
    Node copy = found->second;
    Charge(ToMark(mark), CountNodes(copy));
    RefuseDepth(ToMark(mark), open_.size() + DepthOf(copy));
    copy.mark = ToMark(mark);
    Attach(std::move(copy));
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    Open(Node::Kind::kSequence, mark, tag, anchor);
  }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    Open(Node::Kind::kMap, mark, tag, anchor);
  }
  void OnSequenceEnd() override { Close(); }
  void OnMapEnd() override { Close(); }

 private:
  struct OpenNode {
    Node node;
    YAML::anchor_t anchor = 0;
    // Of a map: the key whose value comes next.
    bool has_key = false;
    std::string key;
    Mark key_mark;
  };

  static void RefuseTag(const YAML::Mark& mark, const std::string& tag) {
    // "?" and "!" are what the library gives plain and quoted scalars without a tag.
    if (tag.empty() || tag == "?" || tag == "!") return;
    throw Refusal(mark,
                  fmt::format("tags such as {} have no meaning here: leave it out", Quoted(tag)));
  }

  static void RefuseDepth(Mark mark, size_t depth) {
    if (depth > kMaxDepth)
      throw Refusal(mark, fmt::format("nested deeper than {} levels", kMaxDepth));
  }

  void Charge(Mark mark, size_t nodes) {
    if (nodes > kMaxNodes - nodes_) {
      throw Refusal(
          mark,
          fmt::format("more than {} values, aliases counted as often as they are used", kMaxNodes));
    }
    nodes_ += nodes;
  }

  void Open(Node::Kind kind, const YAML::Mark& mark, const std::string& tag,
            YAML::anchor_t anchor) {
    RefuseTag(mark, tag);
    RefuseDepth(ToMark(mark), open_.size() + 1);
    OpenNode open;
    open.node.kind = kind;
    open.node.mark = ToMark(mark);
    open.anchor = anchor;
    open_.push_back(std::move(open));
  }

  void Close() {
    OpenNode closed = std::move(open_.back());
    open_.pop_back();
    Finish(std::move(closed.node), closed.anchor);
  }

  void Finish(Node node, YAML::anchor_t anchor) {
    Charge(node.mark, 1);
    if (anchor != YAML::NullAnchor) {
      Charge(node.mark, CountNodes(node));  // the copy kept for its aliases
      anchors_[anchor] = node;
    }
    Attach(std::move(node));
  }

  void Attach(Node node) {
    if (open_.empty()) {
      root_ = std::move(node);
      return;
    }
    OpenNode& parent = open_.back();
    if (parent.node.IsMap() && !parent.has_key) {
      if (!node.IsScalar()) throw Refusal(node.mark, "a key must be a plain word");
      parent.has_key = true;
      parent.key = std::move(node.text);
      parent.key_mark = node.mark;
      return;
    }
    if (parent.node.IsMap()) {
      node.key = std::move(parent.key);
      node.key_mark = parent.key_mark;
      // The library places a missing value at whatever comes next.
      if (node.IsNull()) node.mark = node.key_mark;
      parent.has_key = false;
    } else {
      node.key.clear();
    }
    parent.node.items.push_back(std::move(node));
  }

  Node root_;
  std::vector<OpenNode> open_;
  std::unordered_map<YAML::anchor_t, Node> anchors_;
  size_t nodes_ = 0;
};

Mark MarkOfOffset(std::string_view text, size_t offset) {
  const std::string_view before = text.substr(0, offset);
  const size_t line_start =
      before.rfind('\n') == std::string_view::npos ? 0 : before.rfind('\n') + 1;
  return {static_cast<int>(std::count(before.begin(), before.end(), '\n')) + 1,
          static_cast<int>(offset - line_start) + 1};
}

bool CheckText(std::string_view text, Problems& problems) {
  if (text.size() > kMaxTextBytes) {
    problems.Add({1, 1},
                 fmt::format("larger than {} bytes: this is not a configuration", kMaxTextBytes));
    return false;
  }
  if (const std::optional<size_t> offset = FindUnprintable(text)) {
    problems.Add(MarkOfOffset(text, *offset),
                 "a byte that is not UTF-8 text: this is not a configuration");
    return false;
  }
  return true;
}

Node ParseChecked(std::string_view text) {
  std::istringstream stream{std::string(text)};
  YAML::Parser parser(stream);
  TreeBuilder first;
  if (!parser.HandleNextDocument(first)) return Node();
  Node root = first.TakeRoot();
  TreeBuilder second;
  if (parser.HandleNextDocument(second)) {
    throw Refusal(second.TakeRoot().mark,
                  "a second document ('---'): a configuration is one document");
  }
  return root;
}

}  // namespace

Node ParseDocument(std::string_view text, Problems& problems) {
  constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  if (!CheckText(text, problems)) return Node();
  try {
    return ParseChecked(text);
  } catch (const Refusal& refusal) {
    problems.Add(refusal.mark(), refusal.what());
  } catch (const YAML::Exception& error) {
    problems.Add(ToMark(error.mark), fmt::format("not valid YAML: {}", error.msg));
  } catch (const std::exception& error) {
    problems.Add({1, 1}, fmt::format("not readable as YAML: {}", error.what()));
  }
  return Node();
}

}  // namespace cairn::config
