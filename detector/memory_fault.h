// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_DETECTOR_MEMORY_FAULT_H_
#define CAIRN_DETECTOR_MEMORY_FAULT_H_

#include <new>

#include "absl/status/status.h"

#include "base/table_memory.h"
#include "detector/options.h"

namespace cairn {

// A table did not get its memory: which setting asks for it, for how much, and what to do.
absl::Status MemoryFault(const DetectorOptions& options, const NoTableMemory& fault);
// Something that grows did not get any more: the settings that bound what grows most.
absl::Status MemoryFault(const DetectorOptions& options);

// Runs `work`, which returns a status, and turns a want of memory into one.
template <typename Work>
absl::Status WithMemory(const DetectorOptions& options, Work work) {
  try {
    return work();
  } catch (const NoTableMemory& fault) {
    return MemoryFault(options, fault);
  } catch (const std::bad_alloc&) {
    return MemoryFault(options);
  }
}

}  // namespace cairn

#endif  // CAIRN_DETECTOR_MEMORY_FAULT_H_
