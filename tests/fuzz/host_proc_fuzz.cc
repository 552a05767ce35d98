// SPDX-License-Identifier: BSD-3-Clause
// Any bytes as what /proc and the kernel's socket tables say; in parts of it processes write what
// they like.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>

#include "traceback/host/conntrack.h"
#include "traceback/host/login_sessions.h"
#include "traceback/host/proc_text.h"
#include "traceback/host/sock_diag.h"
#include "traceback/host/sub_uids.h"

using namespace cairn::host;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto stat = ParseProcessStat(text)) TerminalName(stat->terminal);
  ParseUserIds(text);
  const FdTarget target = ParseFdTarget(text);
  if (target.kind == FdTarget::Kind::kOther && target.number != 0 && text.size() < 8) std::abort();
  if (ContainerOf(ParseControlGroup(text)).size() > text.size()) std::abort();
  NumberAfter(text, "tty-index:");
  constexpr size_t kMostMappings = 4;
  if (ParseSharedMappings(text, kMostMappings).size() > kMostMappings) std::abort();
  if (EnvironmentValue(text, "SSH_CONNECTION").size() > text.size()) std::abort();
  for (const std::string& link : ParseRingFiles(text)) ParseFdTarget(link);
  ParseLoginSession("1", text);
  const auto bytes = std::as_bytes(std::span(data, size));
  if (const auto socket = ParseInternetSocket(bytes)) TcpStateName(socket->state);
  ParseUnixSocket(bytes);
  ParseInternetSocket(bytes, true);
  ParseTrackedConnection(bytes);
  if (!SubUids(text).OwnerOf(0).empty()) std::abort();
  return 0;
}
