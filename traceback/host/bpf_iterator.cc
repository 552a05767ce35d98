// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/host/bpf_iterator.h"

#include <bpf/bpf.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <string_view>
#include <system_error>

#include "absl/cleanup/cleanup.h"
#include "fmt/format.h"

#include "base/unique_fd.h"

namespace cairn::host {
namespace {

absl::Status Failed(std::string_view what, int error) {
  return absl::UnavailableError(
      fmt::format("{}: {}", what, std::generic_category().message(error)));
}

// Helpers that write for the reader are only there for programs whose licence permits the GPL;
// these few instructions may be used under either.
constexpr const char* kLicence = "Dual BSD/GPL";

int LoadProgram(const char* name, uint32_t function, std::span<const bpf_insn> instructions,
                std::span<char> log) {
  bpf_prog_load_opts options{};
  options.sz = sizeof(options);
  options.expected_attach_type = BPF_TRACE_ITER;
  options.attach_btf_id = function;
  options.log_buf = log.data();
  options.log_size = static_cast<uint32_t>(log.size());
  options.log_level = log.empty() ? 0 : 1;
  return bpf_prog_load(BPF_PROG_TYPE_TRACING, name, kLicence, instructions.data(),
                       instructions.size(), &options);
}

// What the kernel says against a program: the line before its statistics.
std::string Objection(std::string_view log) {
  std::string_view last;
  while (!log.empty()) {
    const size_t end = log.find('\n');
    const std::string_view line = log.substr(0, end);
    if (!line.empty() && !line.starts_with("processed ")) last = line;
    log.remove_prefix(end == std::string_view::npos ? log.size() : end + 1);
  }
  return std::string(last);
}

}  // namespace

absl::StatusOr<BpfIterator> BpfIterator::Load(const char* name, uint32_t function,
                                              std::span<const bpf_insn> instructions) {
  UniqueFd program(LoadProgram(name, function, instructions, {}));
  if (program.is_open()) return BpfIterator(std::move(program));
  // Once more, to be told why.
  std::vector<char> log(64 << 10);
  program = UniqueFd(LoadProgram(name, function, instructions, log));
  if (program.is_open()) return BpfIterator(std::move(program));
  const int error = errno;
  const std::string objection = Objection(log.data());
  return Failed(fmt::format("the kernel does not load {}{}{}", name, objection.empty() ? "" : ": ",
                            objection),
                error);
}

absl::Status BpfIterator::Run(uint32_t thread, size_t size,
                              absl::FunctionRef<bool(std::span<const std::byte>)> take) {
  bpf_iter_link_info about{};
  about.task.tid = thread;
  bpf_link_create_opts options{};
  options.sz = sizeof(options);
  options.iter_info = &about;
  options.iter_info_len = sizeof(about);
  UniqueFd link(bpf_link_create(program_.get(), 0, BPF_TRACE_ITER, &options));
  if (!link.is_open()) return Failed("a BPF iterator", errno);
  const UniqueFd iterator(bpf_iter_create(link.get()));
  const int error = errno;
  link.Close();
  if (!iterator.is_open()) return Failed("a BPF iterator", error);
  while (true) {
    const ssize_t got = read(iterator.get(), block_.data(), block_.size());
    if (got == 0) return absl::OkStatus();
    // After a million objects for which nothing was written the kernel gives others a turn.
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) continue;
    if (got < 0) return Failed("reading a BPF iterator", errno);
    std::span<const std::byte> rest(block_.data(), static_cast<size_t>(got));
    for (; rest.size() >= size; rest = rest.subspan(size)) {
      if (!take(rest.first(size))) return absl::OkStatus();
    }
    if (!rest.empty()) return absl::InternalError("a BPF iterator gave part of an entry");
  }
}

}  // namespace cairn::host
