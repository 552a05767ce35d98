// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_DAEMON_FILTER_BUILDER_H_
#define CAIRN_TRACEBACK_DAEMON_FILTER_BUILDER_H_

#include <seccomp.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <memory>

namespace cairn::daemon {

struct FilterReleaser {
  void operator()(void* filter) const { seccomp_release(filter); }
};
// A filter of system calls, of libseccomp.
using Filter = std::unique_ptr<void, FilterReleaser>;

// Adds rules to one; the first fault stays.  Thread-compatible.
class FilterBuilder {
 public:
  explicit FilterBuilder(scmp_filter_ctx filter) : filter_(filter) {}

  template <typename... Conditions>
  void Allow(int call, Conditions... conditions) {
    Add(SCMP_ACT_ALLOW, call, conditions...);
  }
  template <typename... Conditions>
  void Refuse(int call, uint32_t error, Conditions... conditions) {
    Add(SCMP_ACT_ERRNO(error), call, conditions...);
  }
  // AddressSanitizer looks through a pipe whether memory can be read.
  void AllowSanitizer() {
#ifdef __SANITIZE_ADDRESS__
    Allow(SCMP_SYS(pipe));
    Allow(SCMP_SYS(pipe2));
#endif
  }
  int error() const { return error_; }

 private:
  template <typename... Conditions>
  void Add(uint32_t action, int call, Conditions... conditions) {
    const std::array<scmp_arg_cmp, sizeof...(Conditions)> list{conditions...};
    const int result = seccomp_rule_add_array(filter_, action, call,
                                              static_cast<unsigned>(list.size()), list.data());
    // A call that this machine has not needs no rule.
    if (result != 0 && result != -EDOM && error_ == 0) error_ = -result;
  }

  scmp_filter_ctx filter_;
  int error_ = 0;
};

inline scmp_arg_cmp Equals(unsigned argument, uint64_t value) {
  return {.arg = argument, .op = SCMP_CMP_EQ, .datum_a = value, .datum_b = 0};
}
inline scmp_arg_cmp Has(unsigned argument, uint64_t mask, uint64_t value) {
  return {.arg = argument, .op = SCMP_CMP_MASKED_EQ, .datum_a = mask, .datum_b = value};
}
inline scmp_arg_cmp Without(unsigned argument, uint64_t bits) {
  return {.arg = argument, .op = SCMP_CMP_MASKED_EQ, .datum_a = bits, .datum_b = 0};
}

}  // namespace cairn::daemon

#endif  // CAIRN_TRACEBACK_DAEMON_FILTER_BUILDER_H_
