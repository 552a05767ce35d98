// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_DETECTOR_CHECKPOINT_FINDING_FIELDS_H_
#define CAIRN_DETECTOR_CHECKPOINT_FINDING_FIELDS_H_

#include "detector/checkpoint/archive.h"
#include "detector/findings/event.h"

// Parts of findings that the state of several classes holds (archive.h).
namespace cairn {

template <typename Archive>
void Fields(Archive& archive, ConnectionSummary& value) {
  archive(value.uid, value.orig, value.resp, value.start);
  archive.Choice(value.originator, OriginatorSource::kGuessed);
  archive(value.reversed);
}

template <typename Archive>
void Fields(Archive& archive, PolicyVerdict& value) {
  archive(value.rule, value.owner, value.reason);
}

template <typename Archive>
void Fields(Archive& archive, ChainUpdate::Hop& value) {
  archive(value.connection, value.after);
}

}  // namespace cairn

#endif  // CAIRN_DETECTOR_CHECKPOINT_FINDING_FIELDS_H_
