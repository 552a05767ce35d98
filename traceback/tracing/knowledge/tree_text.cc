// SPDX-License-Identifier: BSD-3-Clause
// The tree of chains for terminals, and for programs that draw graphs.
#include "fmt/format.h"

#include "traceback/tracing/knowledge/chain_tree.h"
#include "traceback/tracing/knowledge/drawing.h"

namespace cairn::tracing {
namespace {

// Depth is that of chains, at most kMostHops and two.
// NOLINTNEXTLINE(misc-no-recursion)
void AppendText(std::string& text, const TreeNode& node, const std::string& indent) {
  for (const auto& each : node.before) {
    const bool is_last = each == node.before.back();
    text += indent + (is_last ? "`-- " : "|-- ") + each->name;
    if (const std::string users = UsersOf(*each); !users.empty()) text += "  " + users;
    if (each->is_end) {
      text += fmt::format("  ({}{}, trace {})", CountOf(*each), each->is_proven ? "" : ", a claim",
                          each->last_trace);
    } else if (!each->is_sure) {
      text += "  (what drives it is not sure)";
    }
    text += "\n";
    AppendText(text, *each, indent + (is_last ? "    " : "|   "));
  }
}

// In quotes.
std::string DotText(const std::string& text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + "\"";
}

// NOLINTNEXTLINE(misc-no-recursion)
void AppendDot(std::string& text, const TreeNode& node, size_t& number) {
  const size_t own = number++;
  std::string label = DotText(node.name);
  const std::string below = node.is_end ? CountOf(node) : UsersOf(node);
  // A line feed of DOT's own, which no name can make.
  if (!below.empty()) {
    label.pop_back();
    label += "\\n" + DotText(below).substr(1);
  }
  text += fmt::format("  n{} [label={}, shape={}{}];\n", own, label,
                      node.is_end ? "ellipse" : "box", node.is_proven ? "" : ", style=dashed");
  for (const auto& each : node.before) {
    text += fmt::format("  n{} -> n{} [label=\"{}\"{}];\n", number, own, each->chains,
                        each->is_end || node.is_sure ? "" : ", style=dashed");
    AppendDot(text, *each, number);
  }
}

std::string LeftOutText(const ChainTree& tree) {
  if (tree.left_out == 0) return {};
  return fmt::format("{} more chains are left out", tree.left_out);
}

}  // namespace

std::string TreeText(const std::vector<ShownChain>& chains) {
  const ChainTree tree = TreeOf(chains);
  std::string text;
  for (const auto& target : tree.targets) {
    text += target->name;
    if (const std::string users = UsersOf(*target); !users.empty()) text += "  " + users;
    text += fmt::format("  ({})\n", CountOf(*target));
    AppendText(text, *target, "");
  }
  if (tree.left_out > 0) text += LeftOutText(tree) + "\n";
  return text;
}

std::string TreeDot(const std::vector<ShownChain>& chains) {
  const ChainTree tree = TreeOf(chains);
  std::string text = "digraph chains {\n  rankdir=LR;\n  node [fontname=\"sans-serif\"];\n";
  size_t number = 0;
  for (const auto& target : tree.targets) AppendDot(text, *target, number);
  if (tree.left_out > 0) text += fmt::format("  label={};\n", DotText(LeftOutText(tree)));
  return text + "}\n";
}

}  // namespace cairn::tracing
