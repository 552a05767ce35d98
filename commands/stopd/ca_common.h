// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_COMMANDS_STOPD_CA_COMMON_H_
#define CAIRN_COMMANDS_STOPD_CA_COMMON_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "base/address.h"
#include "base/time.h"
#include "traceback/tracing/authority/keys.h"
#include "traceback/tracing/authority/make_certificates.h"

namespace CLI {  // NOLINT(readability-identifier-naming): the name of the library
class App;
}

namespace cairn::commands {

inline constexpr char kTracingFolder[] = "/etc/cairn/tracing";

// The commands of an authority, and those of a host.  Requires: `exit_code` outlives `app`.
void AddCaAuthority(CLI::App& ca, int& exit_code);  // init, rotate, intermediate, revoke, crl, list
void AddCaIssue(CLI::App& ca, int& exit_code);      // invite, issue, renew
void AddCaHost(CLI::App& ca, int& exit_code);       // request, install, check
void AddCaServe(CLI::App& ca, int& exit_code);      // serve
inline constexpr uint16_t kCaPort = 4114;           // of serve

// How the passphrase of a key is learnt.
struct PassphraseOptions {
  std::string file;
  bool none = false;  // of a new key: it is not encrypted
};
void AddPassphraseFile(CLI::App& command, PassphraseOptions& options);
// Of a key that is there: from the file, else asked for on the terminal.
tracing::PassphraseSource PassphraseOf(const PassphraseOptions& options);
// Of a new key: the same, asked for twice, or none.
absl::StatusOr<std::string> NewPassphrase(const PassphraseOptions& options,
                                          std::string_view file_option);

// Whom a certificate is to name, as the user wrote it.
struct NamesOptions {
  std::string name;
  std::vector<std::string> addresses;
  bool asker = false;
};
absl::StatusOr<tracing::HostNames> NamesFrom(const NamesOptions& options);

// "192.0.2.1:4114" or "[2001:db8::1]:4114"
absl::StatusOr<Endpoint> EndpointFrom(const std::string& text);
// A whole file; "-": standard input.  At most 1 MiB.
absl::StatusOr<std::string> ReadWhole(const std::string& path);
// "2026-11-29 20:15:00", UTC
std::string TimeText(PacketTime time);
std::string AddressList(const std::vector<IpAddress>& addresses, std::string_view between);
// Says "stopd ca COMMAND: MESSAGE"; gives kFailed.
int FailCa(std::string_view command, const absl::Status& status);

}  // namespace cairn::commands

#endif  // CAIRN_COMMANDS_STOPD_CA_COMMON_H_
