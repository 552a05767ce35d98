// SPDX-License-Identifier: BSD-3-Clause
#include "detector/findings/event.h"

namespace cairn {

std::string_view PairKindName(PairKind kind) {
  return kind == PairKind::kDirect ? "direct" : "indirect";
}

std::string_view OriginatorSourceName(OriginatorSource source) {
  switch (source) {
    case OriginatorSource::kSyn:
      return "syn";
    case OriginatorSource::kSynAck:
      return "syn_ack";
    case OriginatorSource::kGuessed:
      return "guessed";
  }
  return "unknown";
}

std::string_view RoleBasisName(RoleBasis basis) {
  switch (basis) {
    case RoleBasis::kHandshakes:
      return "handshakes";
    case RoleBasis::kPorts:
      return "ports";
    case RoleBasis::kLeads:
      return "leads";
    case RoleBasis::kOrder:
      break;
  }
  return "order";
}

std::string_view CaptureViewName(CaptureView view) {
  switch (view) {
    case CaptureView::kBoth:
      return "both";
    case CaptureView::kForwardOnly:
      return "forward_only";
    case CaptureView::kBackwardOnly:
      return "backward_only";
  }
  return "unknown";
}

}  // namespace cairn
