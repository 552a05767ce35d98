// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_OUTPUT_WRITER_LIST_H_
#define CAIRN_OUTPUT_WRITER_LIST_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"

#include "output/any_event.h"
#include "output/event_writer.h"

namespace cairn::output {

// The outputs of a run, each told everything in the order in which they were added, and what became
// of them.
//
// Thread-compatible.
class WriterList {
 public:
  // What a fault of an output ends.
  enum class Ends {
    kRun,     // its error is returned
    kOutput,  // the run goes on without it
  };
  // An output that could not be written.
  struct Fault {
    std::string output;
    Ends ends = Ends::kRun;
    absl::Status status;  // the first error
    uint64_t lost = 0;    // session records that are missing in it
  };

  void Add(std::string name, Ends ends, std::unique_ptr<EventWriter> writer);

  // Each tells all writers, also behind one that fails; the error is that of the first that ends
  // the run.
  absl::Status Write(const AnyEvent& event);
  absl::Status WriteScore(const HostScore& score);
  absl::Status WriteSession(const SessionRecord& session);
  absl::Status Flush();
  // To be called once everything was told, unless an error has ended the run.
  absl::Status Conclude();
  // To be called last, whatever has happened.
  absl::Status Close();

  // The outputs that have failed so far, in their order.
  std::vector<Fault> faults() const;

 private:
  struct Output {
    std::string name;
    Ends ends;
    std::unique_ptr<EventWriter> writer;
    absl::Status fault;  // the first
  };

  using Call = absl::FunctionRef<absl::Status(EventWriter&)>;
  absl::Status Each(Call call);

  std::vector<Output> outputs_;
};

}  // namespace cairn::output

#endif  // CAIRN_OUTPUT_WRITER_LIST_H_
