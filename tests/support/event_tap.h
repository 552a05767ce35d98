// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TESTS_SUPPORT_EVENT_TAP_H_
#define CAIRN_TESTS_SUPPORT_EVENT_TAP_H_

#include "detector/stream/event_batch.h"

namespace cairn::testing {

// Takes a sensor's stream; a test overrides what it wants to see of it.
class EventTap : public stream::StreamSink {
 public:
  virtual void OnOnset(const timing::Onset& /*onset*/) {}
  virtual void OnSecond(const stream::FlowSecond& /*second*/) {}
  virtual void OnClosed(const stream::ConnectionClosed& /*closed*/) {}

  void Take(stream::EventBatch& batch) override {
    batch.ForEach([this](const auto& event) { On(event); });
  }

 private:
  void On(const timing::Onset& onset) { OnOnset(onset); }
  void On(const stream::FlowSecond& second) { OnSecond(second); }
  void On(const stream::ConnectionClosed& closed) { OnClosed(closed); }
  void On(const stream::HostsParted&) {}
  void On(const stream::InsertionSeen&) {}
  void On(const stream::SessionSeen&) {}
  void On(const stream::Tick&) {}
};

}  // namespace cairn::testing

#endif  // CAIRN_TESTS_SUPPORT_EVENT_TAP_H_
