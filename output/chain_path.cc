// SPDX-License-Identifier: BSD-3-Clause
#include "output/chain_path.h"

#include <cstdint>
#include <optional>

namespace cairn::output {
namespace {

constexpr std::string_view kSeenArrow = " -> ";
constexpr std::string_view kUnseenArrow = " ~> ";

enum class End : uint8_t { kOrig, kResp };

constexpr End Other(End end) { return end == End::kOrig ? End::kResp : End::kOrig; }

const Endpoint& At(const ConnectionSummary& connection, End end) {
  return end == End::kOrig ? connection.orig : connection.resp;
}

std::string Text(const ConnectionSummary& connection, End end) {
  return end == End::kResp ? connection.resp.ToString() : connection.orig.ip.ToString();
}

// Where two connections meet.  Without reverse tunnels it is the first one's responder and the
// second one's originator, so those are tried first.
struct Meeting {
  End of_first;
  End of_second;
};
std::optional<Meeting> Meet(const ConnectionSummary& first, const ConnectionSummary& second) {
  for (const End of_first : {End::kResp, End::kOrig}) {
    for (const End of_second : {End::kOrig, End::kResp}) {
      if (At(first, of_first).ip == At(second, of_second).ip) return Meeting{of_first, of_second};
    }
  }
  return std::nullopt;
}

class PathBuilder {
 public:
  explicit PathBuilder(std::span<const ChainUpdate::Hop> hops)
      : hops_(hops),
        children_(hops.size()),
        near_(hops.size(), End::kOrig),
        meets_parent_(hops.size(), false) {
    for (size_t i = 0; i < hops.size(); ++i) {
      const std::optional<uint32_t> after = hops[i].after;
      if (after.has_value() && *after < i) {
        children_[*after].push_back(i);
      } else {
        roots_.push_back(i);
      }
    }
    for (size_t i = 0; i < hops.size(); ++i) Orient(i);
  }

  std::string Build() const {
    std::string text;
    for (const size_t root : roots_) {
      if (!text.empty()) text += "; ";
      text += FromNearEnd(root);
    }
    return text;
  }

 private:
  // Decides at which end the keystrokes come in.  Parents stand before their children, so
  // `near_[parent]` is known.
  void Orient(size_t i) {
    const ConnectionSummary& connection = hops_[i].connection;
    const std::optional<uint32_t> after = hops_[i].after;
    if (after.has_value() && *after < i) {
      const ConnectionSummary& parent = hops_[*after].connection;
      const End far = Other(near_[*after]);
      for (const End end : {End::kOrig, End::kResp}) {
        if (At(connection, end).ip == At(parent, far).ip) {
          near_[i] = end;
          meets_parent_[i] = true;
          return;
        }
      }
    }
    for (const size_t child : children_[i]) {
      const std::optional<Meeting> meeting = Meet(connection, hops_[child].connection);
      if (meeting.has_value()) {
        near_[i] = Other(meeting->of_first);
        return;
      }
    }
  }

  std::string FromNearEnd(size_t i) const {
    return Text(hops_[i].connection, near_[i]) + std::string(kSeenArrow) + FromFarEnd(i);
  }

  std::string FromFarEnd(size_t i) const {
    std::string text = Text(hops_[i].connection, Other(near_[i]));
    const std::vector<size_t>& children = children_[i];
    if (children.size() == 1) return text + Continue(children.front());
    if (children.empty()) return text;
    text += kSeenArrow;
    text += '{';
    for (size_t k = 0; k < children.size(); ++k) {
      if (k > 0) text += ", ";
      text +=
          meets_parent_[children[k]] ? FromFarEnd(children[k]) : "~> " + FromNearEnd(children[k]);
    }
    return text + '}';
  }

  std::string Continue(size_t child) const {
    return meets_parent_[child] ? std::string(kSeenArrow) + FromFarEnd(child)
                                : std::string(kUnseenArrow) + FromNearEnd(child);
  }

  std::span<const ChainUpdate::Hop> hops_;
  std::vector<std::vector<size_t>> children_;
  std::vector<size_t> roots_;
  std::vector<End> near_;
  std::vector<bool> meets_parent_;
};

// Cuts `text` at the last space within `width` for which `may_break` holds, or else at the first
// one behind it.
template <typename MayBreak>
std::vector<std::string> Wrap(std::string_view text, size_t width, MayBreak may_break) {
  std::vector<std::string> lines;
  while (text.size() > width) {
    size_t cut = std::string_view::npos;
    for (size_t i = 1; i + 1 < text.size() && (i <= width || cut == std::string_view::npos); ++i) {
      if (text[i] == ' ' && may_break(text, i)) cut = i;
    }
    if (cut == std::string_view::npos) break;
    lines.emplace_back(text.substr(0, cut));
    text.remove_prefix(cut + 1);
  }
  lines.emplace_back(text);
  return lines;
}

}  // namespace

std::string ChainPath(std::span<const ChainUpdate::Hop> hops) { return PathBuilder(hops).Build(); }

std::string PairPath(const ConnectionSummary& upstream, const ConnectionSummary& downstream) {
  const std::vector<ChainUpdate::Hop> hops = {{.connection = upstream, .after = std::nullopt},
                                              {.connection = downstream, .after = 0}};
  return ChainPath(hops);
}

std::vector<std::string> WrapPath(std::string_view path, size_t width) {
  return Wrap(path, width, [](std::string_view text, size_t space) {
    const std::string_view next = text.substr(space + 1, 2);
    return next == "->" || next == "~>" || text[space - 1] == ',';
  });
}

std::vector<std::string> WrapWords(std::string_view sentence, size_t width) {
  return Wrap(sentence, width, [](std::string_view, size_t) { return true; });
}

}  // namespace cairn::output
