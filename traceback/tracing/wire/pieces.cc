// SPDX-License-Identifier: BSD-3-Clause
#include <utility>

#include "traceback/tracing/wire/message.h"

namespace cairn::tracing {

std::vector<Piece> Split(std::string_view bytes) {
  const size_t parts = bytes.empty() ? 1 : (bytes.size() - 1) / kMostPieceBytes + 1;
  std::vector<Piece> pieces;
  if (parts > kMostPieces) return pieces;
  pieces.reserve(parts);
  for (size_t i = 0; i < parts; ++i) {
    pieces.push_back({.part = static_cast<uint32_t>(i),
                      .parts = static_cast<uint32_t>(parts),
                      .bytes = std::string(bytes.substr(i * kMostPieceBytes, kMostPieceBytes))});
  }
  return pieces;
}

std::optional<std::string> PieceCollector::Take(const Piece& piece) {
  const bool begins = piece.part == 0;
  const bool goes_on = !begins && piece.part == next_ && piece.parts == parts_;
  const bool is_sound = piece.part < piece.parts && piece.parts <= kMostPieces &&
                        piece.bytes.size() <= kMostPieceBytes;
  if (!goes_on) bytes_ = {};
  if (!is_sound || (!begins && !goes_on)) {
    next_ = 0;
    parts_ = 0;
    bytes_ = {};
    return std::nullopt;
  }
  bytes_ += piece.bytes;
  next_ = piece.part + 1;
  parts_ = piece.parts;
  if (next_ < parts_) return std::nullopt;
  next_ = 0;
  parts_ = 0;
  return std::exchange(bytes_, {});
}

}  // namespace cairn::tracing
