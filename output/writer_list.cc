// SPDX-License-Identifier: BSD-3-Clause
#include "output/writer_list.h"

#include <utility>

namespace cairn::output {

void WriterList::Add(std::string name, Ends ends, std::unique_ptr<EventWriter> writer) {
  outputs_.push_back(
      {.name = std::move(name), .ends = ends, .writer = std::move(writer), .fault = {}});
}

absl::Status WriterList::Write(const AnyEvent& event) {
  return Each([&](EventWriter& writer) { return writer.Write(event); });
}

absl::Status WriterList::WriteScore(const HostScore& score) {
  return Each([&](EventWriter& writer) { return writer.WriteScore(score); });
}

absl::Status WriterList::WriteSession(const SessionRecord& session) {
  return Each([&](EventWriter& writer) { return writer.WriteSession(session); });
}

absl::Status WriterList::Flush() {
  return Each([](EventWriter& writer) { return writer.Flush(); });
}

absl::Status WriterList::Conclude() {
  return Each([](EventWriter& writer) { return writer.Conclude(); });
}

absl::Status WriterList::Close() {
  return Each([](EventWriter& writer) { return writer.Close(); });
}

absl::Status WriterList::Each(Call call) {
  absl::Status first;
  for (Output& output : outputs_) {
    const absl::Status status = call(*output.writer);
    output.fault.Update(status);
    if (output.ends == Ends::kRun) first.Update(status);
  }
  return first;
}

std::vector<WriterList::Fault> WriterList::faults() const {
  std::vector<Fault> faults;
  for (const Output& output : outputs_) {
    if (output.fault.ok()) continue;
    faults.push_back({.output = output.name,
                      .ends = output.ends,
                      .status = output.fault,
                      .lost = output.writer->lost()});
  }
  return faults;
}

}  // namespace cairn::output
