// SPDX-License-Identifier: BSD-3-Clause
#include "commands/stopd/ca_common.h"

#include <fcntl.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <ctime>
#include <system_error>

#include "fmt/format.h"

#include "CLI/CLI.hpp"
#include "base/unique_fd.h"
#include "commands/program/program.h"
#include "commands/stopd/stopd_options.h"

namespace cairn::commands {
namespace {

constexpr size_t kMostInput = size_t{1} << 20;
constexpr size_t kMostPassphrase = 1000;

// The terminal of the user, without echo while this lives.
class SilentTerminal {
 public:
  SilentTerminal() : descriptor_(open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY)) {
    if (!descriptor_.is_open() || tcgetattr(descriptor_.get(), &before_) != 0) return;
    termios silent = before_;
    silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    is_silent_ = tcsetattr(descriptor_.get(), TCSAFLUSH, &silent) == 0;
  }
  ~SilentTerminal() {
    if (is_silent_) tcsetattr(descriptor_.get(), TCSAFLUSH, &before_);
  }
  SilentTerminal(const SilentTerminal&) = delete;
  SilentTerminal& operator=(const SilentTerminal&) = delete;

  bool IsSilent() const { return is_silent_; }
  void Say(std::string_view text) const {
    static_cast<void>(!write(descriptor_.get(), text.data(), text.size()));
  }
  // Without its end.
  std::string Line() const {
    std::string line;
    char each = 0;
    while (read(descriptor_.get(), &each, 1) == 1 && each != '\n' &&
           line.size() < kMostPassphrase) {
      line += each;
    }
    return line;
  }

 private:
  UniqueFd descriptor_;
  termios before_{};
  bool is_silent_ = false;
};

absl::StatusOr<std::string> Ask(std::string_view prompt, std::string_view file_option) {
  const SilentTerminal terminal;
  if (!terminal.IsSilent()) {
    return absl::FailedPreconditionError(fmt::format(
        "there is no terminal to ask for the passphrase: name a file that holds it ({})",
        file_option));
  }
  terminal.Say(prompt);
  std::string line = terminal.Line();
  terminal.Say("\n");
  return line;
}

absl::StatusOr<std::string> FromFile(const std::string& path) {
  absl::StatusOr<std::string> text = ReadWhole(path);
  if (!text.ok()) return text;
  text->resize(std::min(text->find('\n'), text->size()));
  if (text->ends_with('\r')) text->pop_back();
  if (text->empty() || text->size() > kMostPassphrase) {
    return absl::InvalidArgumentError(
        fmt::format("{}: its first line is no passphrase: it is empty or too long", path));
  }
  return text;
}

}  // namespace

void AddPassphraseFile(CLI::App& command, PassphraseOptions& options) {
  command
      .add_option("--passphrase-file", options.file,
                  "The passphrase of the authority's key is the first line of this file")
      ->type_name("FILE");
}

tracing::PassphraseSource PassphraseOf(const PassphraseOptions& options) {
  return [file = options.file]() -> absl::StatusOr<std::string> {
    if (!file.empty()) return FromFile(file);
    return Ask("Passphrase of the authority: ", "--passphrase-file");
  };
}

absl::StatusOr<std::string> NewPassphrase(const PassphraseOptions& options,
                                          std::string_view file_option) {
  if (options.none) return std::string();
  absl::StatusOr<std::string> given = options.file.empty()
                                          ? Ask("Passphrase of the new authority: ", file_option)
                                          : FromFile(options.file);
  if (!given.ok()) return given;
  if (given->size() < tracing::kLeastPassphrase) {
    return absl::InvalidArgumentError(
        fmt::format("a passphrase has at least {} characters; without one, say --no-passphrase",
                    tracing::kLeastPassphrase));
  }
  if (!options.file.empty()) return given;
  const absl::StatusOr<std::string> again = Ask("The same once more: ", file_option);
  if (!again.ok()) return again.status();
  if (*again != *given) return absl::InvalidArgumentError("these are two passphrases; repeat");
  return given;
}

absl::StatusOr<tracing::HostNames> NamesFrom(const NamesOptions& options) {
  tracing::HostNames names{.name = options.name,
                           .role = options.asker ? tracing::Role::kAsker : tracing::Role::kAgent};
  for (const std::string& each : options.addresses) {
    const absl::StatusOr<IpAddress> address = IpAddress::Parse(each);
    if (!address.ok()) return address.status();
    names.addresses.push_back(*address);
  }
  return tracing::CheckedNames(names);
}

absl::StatusOr<Endpoint> EndpointFrom(const std::string& text) {
  const size_t colon = text.rfind(':');
  std::string ip = text.substr(0, colon);
  uint32_t port = 0;
  const char* const end = text.data() + text.size();
  const bool has_port = colon != text.npos &&
                        std::from_chars(text.data() + colon + 1, end, port).ptr == end &&
                        port <= UINT16_MAX && colon + 1 < text.size();
  const bool in_brackets = ip.starts_with('[') && ip.ends_with(']');
  if (in_brackets) ip = ip.substr(1, ip.size() - 2);
  const absl::StatusOr<IpAddress> address = IpAddress::Parse(ip);
  if (!has_port || !address.ok() || (!in_brackets && ip.find(':') != ip.npos)) {
    return absl::InvalidArgumentError(
        fmt::format("'{}' is no address and port, as 192.0.2.1:{} or [2001:db8::1]:{}", text,
                    kCaPort, kCaPort));
  }
  return Endpoint{.ip = address->Unmapped(), .port = static_cast<uint16_t>(port)};
}

absl::StatusOr<std::string> ReadWhole(const std::string& path) {
  const UniqueFd file(path == "-" ? dup(STDIN_FILENO) : open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.is_open()) {
    return absl::NotFoundError(
        fmt::format("cannot read {}: {}", path, std::generic_category().message(errno)));
  }
  std::string bytes;
  std::array<char, 4096> part{};
  ssize_t got = 0;
  while (bytes.size() <= kMostInput && (got = read(file.get(), part.data(), part.size())) > 0) {
    bytes.append(part.data(), static_cast<size_t>(got));
  }
  const int error = got < 0 ? errno : 0;
  if (error != 0) {
    return absl::UnavailableError(
        fmt::format("cannot read {}: {}", path, std::generic_category().message(error)));
  }
  if (bytes.size() > kMostInput) {
    return absl::InvalidArgumentError(fmt::format("{} is larger than 1 MiB", path));
  }
  return bytes;
}

std::string TimeText(PacketTime time) {
  const auto seconds = static_cast<time_t>(StretchNumber(time, PacketDelta::FromSeconds(1)));
  std::tm parts{};
  std::array<char, 32> text{};
  if (gmtime_r(&seconds, &parts) == nullptr) return "?";
  return {text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M:%S", &parts)};
}

std::string AddressList(const std::vector<IpAddress>& addresses, std::string_view between) {
  std::string text;
  for (const IpAddress& each : addresses) {
    if (!text.empty()) text += between;
    text += each.ToString();
  }
  return text;
}

int FailCa(std::string_view command, const absl::Status& status) {
  PrintStopdError(fmt::format("ca {}", command), status);
  return kFailed;
}

}  // namespace cairn::commands
