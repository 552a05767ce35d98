// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_HOST_BPF_ITERATOR_H_
#define CAIRN_TRACEBACK_HOST_BPF_ITERATOR_H_

#include <linux/bpf.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "base/unique_fd.h"

namespace cairn::host {

// A program in the kernel that is run for each object of one kind, and what it writes is read from
// a descriptor.  Descriptors are closed on exec and shared with children of a fork.
// Thread-compatible.
class BpfIterator {
 public:
  // `function`: the number of the type of the kernel's function that stands for the kind.
  // Unavailable: the kernel refuses the program; the message has its reason.
  static absl::StatusOr<BpfIterator> Load(const char* name, uint32_t function,
                                          std::span<const bpf_insn> instructions);

  // Of the loaded program.
  int descriptor() const { return program_.get(); }
  // Runs it once, for one thread (0: all), and calls `take` with whole entries of `size` bytes as
  // they come, until it returns false.
  absl::Status Run(uint32_t thread, size_t size,
                   absl::FunctionRef<bool(std::span<const std::byte>)> take);

 private:
  explicit BpfIterator(UniqueFd program) : program_(std::move(program)), block_(kBlock) {}
  static constexpr size_t kBlock = 32 << 10;  // what the kernel gathers for one read at most

  UniqueFd program_;
  std::vector<std::byte> block_;
};

}  // namespace cairn::host

#endif  // CAIRN_TRACEBACK_HOST_BPF_ITERATOR_H_
