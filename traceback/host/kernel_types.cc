// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/host/kernel_types.h"

#include <bpf/btf.h>

#include <cerrno>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "fmt/format.h"

namespace cairn::host {
namespace {

using Member = KernelTypes::Member;

constexpr int kDeepest = 8;  // structs without a name in one another

std::optional<Member> MemberAt(const btf* types, const btf_member& member, uint64_t bits) {
  const int64_t size = btf__resolve_size(types, member.type);
  const bool is_word = size == 1 || size == 2 || size == 4 || size == 8;
  const uint64_t offset = bits / 8;
  if (!is_word || bits % 8 != 0 || offset > std::numeric_limits<int16_t>::max()) return {};
  return Member{static_cast<int16_t>(offset), static_cast<uint8_t>(size)};
}

// `bits`: where the type begins in the outermost one.
std::optional<Member> FindIn(const btf* types, uint32_t id, std::string_view wanted, uint64_t bits,
                             int depth) {
  const btf_type* type = btf__type_by_id(types, id);
  if (type == nullptr || !btf_is_composite(type) || depth > kDeepest) return {};
  const btf_member* members = btf_members(type);
  for (uint32_t i = 0; i < btf_vlen(type); ++i) {
    const uint64_t begin = bits + btf_member_bit_offset(type, i);
    const char* name = btf__name_by_offset(types, members[i].name_off);
    if (name != nullptr && name == wanted) {
      if (btf_member_bitfield_size(type, i) != 0) return {};
      return MemberAt(types, members[i], begin);
    }
    if (name != nullptr && *name != '\0') continue;
    const auto found = FindIn(types, members[i].type, wanted, begin, depth + 1);
    if (found.has_value()) return found;
  }
  return {};
}

}  // namespace

absl::StatusOr<KernelTypes> KernelTypes::Read(const char* path) {
  btf* types = btf__parse_raw(path);
  if (types == nullptr) {
    const int error = errno;
    return absl::UnavailableError(fmt::format("the kernel's description of its types, {}: {}", path,
                                              std::generic_category().message(error)));
  }
  return KernelTypes(types);
}

KernelTypes::~KernelTypes() { btf__free(types_); }

KernelTypes::KernelTypes(KernelTypes&& other) noexcept
    : types_(std::exchange(other.types_, nullptr)), status_(std::move(other.status_)) {}

Member KernelTypes::Find(const char* type, const char* member) {
  const int32_t id = btf__find_by_name_kind(types_, type, BTF_KIND_STRUCT);
  std::optional<Member> found;
  if (id > 0) found = FindIn(types_, static_cast<uint32_t>(id), member, 0, 0);
  if (!found.has_value()) Missing(fmt::format("member {} of struct {}", member, type));
  return found.value_or(Member());
}

uint32_t KernelTypes::FunctionId(const char* name) {
  const int32_t id = btf__find_by_name_kind(types_, name, BTF_KIND_FUNC);
  if (id > 0) return static_cast<uint32_t>(id);
  Missing(fmt::format("function {}", name));
  return 0;
}

void KernelTypes::Missing(const std::string& what) {
  if (!status_.ok()) return;
  status_ = absl::UnavailableError(fmt::format("this kernel has no {}", what));
}

}  // namespace cairn::host
