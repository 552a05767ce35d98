// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/host/kernel_types.h"

#include <bpf/btf.h>

#include <memory>
#include <string>

#include "catch2/catch.hpp"

#include "tests/support/scratch_folder.h"
#include "traceback/host/bpf_iterator.h"

namespace cairn::host {
namespace {

struct FreeTypes {
  void operator()(btf* types) const { btf__free(types); }
};

// struct file { u32 first; union { u64 wide; struct { u16 low; u16 high; }; }; u32 bit : 1;
//               u32 many[3]; };
std::string Described() {
  const std::unique_ptr<btf, FreeTypes> types(btf__new_empty());
  const int u16 = btf__add_int(types.get(), "u16", 2, 0);
  const int u32 = btf__add_int(types.get(), "u32", 4, 0);
  const int u64 = btf__add_int(types.get(), "u64", 8, 0);
  const int array = btf__add_array(types.get(), u32, u32, 3);
  const int inner = btf__add_struct(types.get(), nullptr, 4);
  REQUIRE(btf__add_field(types.get(), "low", u16, 0, 0) == 0);
  REQUIRE(btf__add_field(types.get(), "high", u16, 16, 0) == 0);
  const int either = btf__add_union(types.get(), nullptr, 8);
  REQUIRE(btf__add_field(types.get(), "wide", u64, 0, 0) == 0);
  REQUIRE(btf__add_field(types.get(), nullptr, inner, 0, 0) == 0);
  REQUIRE(btf__add_struct(types.get(), "file", 32) > 0);
  REQUIRE(btf__add_field(types.get(), "first", u32, 0, 0) == 0);
  REQUIRE(btf__add_field(types.get(), nullptr, either, 64, 0) == 0);
  REQUIRE(btf__add_field(types.get(), "bit", u32, 128, 1) == 0);
  REQUIRE(btf__add_field(types.get(), "many", array, 160, 0) == 0);
  uint32_t size = 0;
  const void* bytes = btf__raw_data(types.get(), &size);
  REQUIRE(bytes != nullptr);
  return {static_cast<const char*>(bytes), size};
}

}  // namespace

TEST_CASE("members of the kernel's types are found where they lie") {
  const testing::ScratchFolder scratch;
  absl::StatusOr<KernelTypes> types = KernelTypes::Read(scratch.File("types", Described()).c_str());
  REQUIRE(types.ok());
  CHECK(types->Find("file", "first").offset == 0);
  CHECK(types->Find("file", "first").size == 4);
  CHECK(types->Find("file", "wide").offset == 8);
  CHECK(types->Find("file", "wide").size == 8);
  CHECK(types->Find("file", "high").offset == 10);
  CHECK(types->Find("file", "high").size == 2);
  CHECK(types->status().ok());
}

TEST_CASE("a member of the kernel's types that cannot be read as a number is not found") {
  const testing::ScratchFolder scratch;
  absl::StatusOr<KernelTypes> types = KernelTypes::Read(scratch.File("types", Described()).c_str());
  REQUIRE(types.ok());
  const std::string member = GENERATE("bit", "many", "missing");
  CHECK(types->Find("file", member.c_str()).size == 0);
  CHECK(absl::IsUnavailable(types->status()));
  CHECK(types->status().message() == "this kernel has no member " + member + " of struct file");
}

TEST_CASE("a type or function that the kernel does not have is named") {
  const testing::ScratchFolder scratch;
  absl::StatusOr<KernelTypes> types = KernelTypes::Read(scratch.File("types", Described()).c_str());
  REQUIRE(types.ok());
  CHECK(types->FunctionId("file") == 0);
  CHECK(types->status().message() == "this kernel has no function file");
}

TEST_CASE("a kernel without a description of its types is told apart from a damaged one") {
  const testing::ScratchFolder scratch;
  const auto none = KernelTypes::Read(scratch.File("none").c_str());
  CHECK(absl::IsUnavailable(none.status()));
  CHECK(none.status().message().find("No such file") != std::string::npos);
  const auto damaged = KernelTypes::Read(scratch.File("types", "not at all").c_str());
  CHECK(absl::IsUnavailable(damaged.status()));
}

TEST_CASE("a program that the kernel refuses is refused with the kernel's reason") {
  absl::StatusOr<KernelTypes> types = KernelTypes::Read();
  const uint32_t function = types.ok() ? types->FunctionId("bpf_iter_task_file") : 0;
  bpf_insn end{};
  end.code = BPF_JMP | BPF_EXIT;  // without a result
  const auto loaded = BpfIterator::Load("refused", function, {&end, 1});
  REQUIRE(absl::IsUnavailable(loaded.status()));
  if (function == 0 || geteuid() != 0) {
    WARN("SKIPPED: the kernel has no such programs, or there are no rights for them");
    return;
  }
  CHECK(loaded.status().message().find("R0 !read_ok") != std::string::npos);
}

}  // namespace cairn::host
