// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_OUTPUT_SESSIONS_SESSION_RECORDS_H_
#define CAIRN_OUTPUT_SESSIONS_SESSION_RECORDS_H_

#include <cstdint>
#include <memory>
#include <utility>

#include "absl/status/status.h"

#include "output/event_writer.h"
#include "output/sessions/session_writer.h"

namespace cairn::output {

// Session records as one of the outputs of a run, whatever their form.
class SessionRecords : public EventWriter {
 public:
  // Requires: `writer` is not null.
  explicit SessionRecords(std::unique_ptr<SessionWriter> writer) : writer_(std::move(writer)) {}

  absl::Status WriteSession(const SessionRecord& session) override {
    if (fault_.ok()) {
      fault_ = writer_->Write(session);
    } else {
      ++missed_;
    }
    return fault_;
  }

  absl::Status Flush() override {
    if (fault_.ok()) fault_ = writer_->Flush();
    return fault_;
  }

  absl::Status Close() override {
    fault_.Update(writer_->Close());
    return fault_;
  }

  uint64_t lost() const override { return missed_ + writer_->lost(); }

 private:
  std::unique_ptr<SessionWriter> writer_;
  absl::Status fault_;
  uint64_t missed_ = 0;  // came after the fault
};

}  // namespace cairn::output

#endif  // CAIRN_OUTPUT_SESSIONS_SESSION_RECORDS_H_
