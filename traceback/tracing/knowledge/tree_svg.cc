// SPDX-License-Identifier: BSD-3-Clause
// The tree of chains as a drawing: first hosts at the left, targets at the right.
#include <algorithm>

#include "fmt/format.h"

#include "base/svg_parts.h"
#include "traceback/tracing/knowledge/chain_tree.h"
#include "traceback/tracing/knowledge/drawing.h"
#include "traceback/tracing/knowledge/strip.h"

namespace cairn::tracing {
namespace {

constexpr int kMargin = 16;
constexpr int kTop = 44;  // below the title
constexpr int kColumn = 232;
constexpr int kRow = 56;
constexpr int kBoxWidth = 200;
constexpr int kBoxHeight = 42;
constexpr size_t kLetters = 28;  // of a box

// NOLINTNEXTLINE(misc-no-recursion): as deep as chains are long
int DepthOf(const TreeNode& node) {
  int depth = 0;
  for (const auto& each : node.before) depth = std::max(depth, DepthOf(*each));
  return depth + 1;
}

class Drawing {
 public:
  explicit Drawing(int columns) : columns_(columns) {}

  // The middle of its box.  A host stands beside the middle of those before it.
  // NOLINTNEXTLINE(misc-no-recursion)
  int Add(const TreeNode& node, int column) {
    std::vector<int> middles;
    for (const auto& each : node.before) middles.push_back(Add(*each, column - 1));
    const int middle = middles.empty() ? kTop + kRow * rows_++ + kBoxHeight / 2
                                       : (middles.front() + middles.back()) / 2;
    for (size_t i = 0; i < middles.size(); ++i) {
      const bool is_sure = node.is_sure || node.before[i]->is_end;
      AddLine(column, middles[i], middle, is_sure);
    }
    AddBox(node, column, middle);
    return middle;
  }

  std::string Document(const std::string& title) const {
    const int width = std::max(2 * kMargin + columns_ * kColumn - (kColumn - kBoxWidth), 400);
    const int height = kTop + std::max(rows_, 1) * kRow + kMargin;
    return SvgHead(width, height, kMargin, title) + lines_ + boxes_ + "</svg>\n";
  }

 private:
  static int Left(int column) { return kMargin + column * kColumn; }

  void AddLine(int column, int from, int to, bool is_sure) {
    const int begin = Left(column - 1) + kBoxWidth;
    const int end = Left(column);
    const int bend = (begin + end) / 2;
    lines_ +=
        fmt::format("<path class=\"frame\" d=\"M{} {}C{} {} {} {} {} {}\"{}/>\n", begin, from, bend,
                    from, bend, to, end, to, is_sure ? "" : " stroke-dasharray=\"5 4\"");
  }

  void AddBox(const TreeNode& node, int column, int middle) {
    const int left = Left(column);
    const int top = middle - kBoxHeight / 2;
    boxes_ += fmt::format(
        "<g><title>{}</title><rect class=\"frame\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" "
        "rx=\"{}\"{}/>",
        EscapedXml(node.name + " " + UsersOf(node) + " (" + CountOf(node) + ", trace " +
                   node.last_trace + ")"),
        left, top, kBoxWidth, kBoxHeight, node.is_end ? kBoxHeight / 2 : 4,
        node.is_proven ? "" : " stroke-dasharray=\"2 3\"");
    const std::string below = node.is_end ? CountOf(node) : UsersOf(node);
    AddWords(node.name, left, top + 17);
    AddWords(node.is_proven ? below : "claim: " + below, left, top + 34);
    boxes_ += "</g>\n";
  }

  void AddWords(const std::string& words, int left, int line) {
    boxes_ += fmt::format("<text x=\"{}\" y=\"{}\">{}</text>", left + 10, line,
                          EscapedXml(Plain(words, kLetters)));
  }

  int columns_;
  int rows_ = 0;
  std::string lines_;
  std::string boxes_;
};

}  // namespace

std::string TreeSvg(const std::vector<ShownChain>& chains) {
  const ChainTree tree = TreeOf(chains);
  int columns = 1;
  for (const auto& target : tree.targets) columns = std::max(columns, DepthOf(*target));
  Drawing drawing(columns);
  for (const auto& target : tree.targets) drawing.Add(*target, columns - 1);
  const size_t drawn = chains.size() - tree.left_out;
  std::string title =
      fmt::format("{} chain{}, from first hosts to targets", drawn, drawn == 1 ? "" : "s");
  if (tree.left_out > 0) title += fmt::format("; {} more are left out", tree.left_out);
  return drawing.Document(title);
}

}  // namespace cairn::tracing
