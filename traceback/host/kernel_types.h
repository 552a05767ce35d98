// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_HOST_KERNEL_TYPES_H_
#define CAIRN_TRACEBACK_HOST_KERNEL_TYPES_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

struct btf;

namespace cairn::host {

// Where the running kernel keeps what: its own description of its types (BTF).  So a program for it
// needs no headers of exactly that kernel.
//
// Cost: reading the description takes about 5 ms and as much memory as it has bytes (about 6 MB),
// until the object goes.  Thread-compatible.
class KernelTypes {
 public:
  struct Member {
    int16_t offset = 0;  // bytes
    uint8_t size = 0;    // bytes: 1, 2, 4 or 8
  };

  // Unavailable: there is no such file, or it is no description.
  static absl::StatusOr<KernelTypes> Read(const char* path = "/sys/kernel/btf/vmlinux");
  ~KernelTypes();
  KernelTypes(KernelTypes&& other) noexcept;
  KernelTypes(const KernelTypes&) = delete;
  KernelTypes& operator=(const KernelTypes&) = delete;
  KernelTypes& operator=(KernelTypes&&) = delete;

  // A number or pointer of a struct, also one in a union or struct without a name within it.  All
  // zero, and status() says which: there is none, or it is no whole number of bytes.
  Member Find(const char* type, const char* member);
  // The number of a function's type.  0, and status() says which: there is none.
  uint32_t FunctionId(const char* name);
  // The first that was not found.
  const absl::Status& status() const { return status_; }

 private:
  explicit KernelTypes(btf* types) : types_(types) {}
  void Missing(const std::string& what);

  btf* types_;
  absl::Status status_;
};

}  // namespace cairn::host

#endif  // CAIRN_TRACEBACK_HOST_KERNEL_TYPES_H_
