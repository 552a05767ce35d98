// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/host/proc_text.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cstddef>
#include <vector>

#include "fmt/format.h"

namespace cairn::host {
namespace {

constexpr uint32_t kPseudoTerminalMajor = 136;  // and the seven after it
constexpr uint32_t kPseudoTerminalMajors = 8;
constexpr uint32_t kTerminalMajor = 4;
constexpr uint32_t kFirstSerial = 64;  // minor number of ttyS0

// The major and minor numbers of a device as the kernel writes it (new_encode_dev).
constexpr uint32_t Major(uint32_t device) { return (device >> 8) & 0xfff; }
constexpr uint32_t Minor(uint32_t device) { return (device & 0xff) | ((device >> 12) & 0xfff00); }

template <typename T>
bool ReadNumber(std::string_view text, T& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
}

std::string_view FirstWord(std::string_view text) {
  const size_t begin = std::min(text.find_first_not_of(" \t"), text.size());
  text.remove_prefix(begin);
  return text.substr(0, text.find_first_of(" \t\n"));
}

// What stands behind `key` at the beginning of a line.
std::optional<std::string_view> LineAfter(std::string_view text, std::string_view key) {
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    if (line.starts_with(key)) return line.substr(key.size());
    text.remove_prefix(std::min(line.size() + 1, text.size()));
  }
  return std::nullopt;
}

bool IsHexadecimal(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return std::isxdigit(static_cast<unsigned char>(c)) != 0; });
}

// Where only the system's own programs write.
bool IsSystemFile(std::string_view path) {
  constexpr auto kFolders = std::to_array<std::string_view>(
      {"/usr/", "/lib", "/etc/", "/var/cache/", "/var/db/", "/var/lib/", "/run/nscd/"});
  return std::any_of(kFolders.begin(), kFolders.end(),
                     [path](std::string_view folder) { return path.starts_with(folder); });
}

// A part of a control group's path: the id in "docker-0123...scope".
std::string_view ContainerIn(std::string_view part) {
  constexpr size_t kIdLength = 64;
  for (size_t at = 0; at + kIdLength <= part.size(); ++at) {
    if (IsHexadecimal(part.substr(at, kIdLength))) return part.substr(at, kIdLength);
  }
  for (const std::string_view prefix : {"lxc.payload.", "systemd-nspawn@", "machine-"}) {
    if (!part.starts_with(prefix)) continue;
    part.remove_prefix(prefix.size());
    for (const std::string_view suffix : {".scope", ".service"}) {
      if (part.ends_with(suffix)) part.remove_suffix(suffix.size());
    }
    return part;
  }
  return {};
}

}  // namespace

std::optional<ProcessStat> ParseProcessStat(std::string_view text) {
  // The name stands between parentheses and may hold any of them.
  const size_t open = text.find('(');
  const size_t closed = text.rfind(')');
  if (open == std::string_view::npos || closed == std::string_view::npos || closed < open) {
    return std::nullopt;
  }
  ProcessStat stat;
  stat.name = text.substr(open + 1, closed - open - 1);
  // Counted from the state, which is field 3 of proc(5).
  std::array<std::string_view, 20> fields;
  std::string_view rest = text.substr(closed + 1);
  for (std::string_view& field : fields) {
    field = FirstWord(rest);
    if (field.empty()) return std::nullopt;
    rest.remove_prefix(static_cast<size_t>(field.data() + field.size() - rest.data()));
  }
  int32_t terminal = 0;
  if (!ReadNumber(fields[1], stat.parent) || !ReadNumber(fields[4], terminal) ||
      !ReadNumber(fields[6], stat.flags) || !ReadNumber(fields[15], stat.priority) ||
      !ReadNumber(fields[16], stat.nice) || !ReadNumber(fields[19], stat.start_ticks)) {
    return std::nullopt;
  }
  stat.terminal = static_cast<uint32_t>(terminal);
  return stat;
}

std::optional<UserIds> ParseUserIds(std::string_view status) {
  std::optional<std::string_view> line = LineAfter(status, "Uid:");
  if (!line.has_value()) return std::nullopt;
  UserIds ids;
  const std::string_view real = FirstWord(*line);
  if (!ReadNumber(real, ids.real)) return std::nullopt;
  line->remove_prefix(static_cast<size_t>(real.data() + real.size() - line->data()));
  if (!ReadNumber(FirstWord(*line), ids.effective)) return std::nullopt;
  return ids;
}

FdTarget ParseFdTarget(std::string_view link) {
  using Kind = FdTarget::Kind;
  const auto numbered = [link](std::string_view prefix, std::string_view suffix, Kind kind,
                               FdTarget& target) {
    if (!link.starts_with(prefix) || !link.ends_with(suffix)) return false;
    if (link.size() < prefix.size() + suffix.size()) return false;
    const std::string_view number =
        link.substr(prefix.size(), link.size() - prefix.size() - suffix.size());
    if (!ReadNumber(number, target.number)) return false;
    target.kind = kind;
    return true;
  };
  FdTarget target;
  if (numbered("socket:[", "]", Kind::kSocket, target)) return target;
  if (numbered("pipe:[", "]", Kind::kPipe, target)) return target;
  if (numbered("/dev/pts/", "", Kind::kTerminal, target)) return target;
  if (link == "/dev/ptmx" || link == "/dev/pts/ptmx") target.kind = Kind::kTerminalMaster;
  return target;
}

std::optional<uint32_t> PseudoTerminal(uint32_t device) {
  const uint32_t major = Major(device);
  if (major < kPseudoTerminalMajor || major >= kPseudoTerminalMajor + kPseudoTerminalMajors) {
    return std::nullopt;
  }
  return (major - kPseudoTerminalMajor) * 256 + Minor(device);
}

std::string TerminalName(uint32_t device) {
  if (const std::optional<uint32_t> number = PseudoTerminal(device)) {
    return fmt::format("pts/{}", *number);
  }
  if (Major(device) != kTerminalMajor) return {};
  const uint32_t minor = Minor(device);
  return minor < kFirstSerial ? fmt::format("tty{}", minor)
                              : fmt::format("ttyS{}", minor - kFirstSerial);
}

std::string ParseControlGroup(std::string_view text) {
  std::string_view longest;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    const size_t second = line.find(':', line.find(':') + 1);
    if (second == std::string_view::npos) continue;
    const std::string_view path = line.substr(second + 1);
    if (line.starts_with("0::") && path.size() > 1) return std::string(path);
    if (path.size() > longest.size()) longest = path;
  }
  return std::string(longest);
}

std::string ContainerOf(std::string_view control_group) {
  std::string_view found;
  std::string_view before;
  while (!control_group.empty()) {
    const std::string_view part = control_group.substr(0, control_group.find('/'));
    control_group.remove_prefix(std::min(part.size() + 1, control_group.size()));
    const std::string_view id = before == "lxc" ? part : ContainerIn(part);
    if (!id.empty()) found = id;  // the innermost
    before = part;
  }
  return std::string(found);
}

std::optional<uint64_t> NumberAfter(std::string_view text, std::string_view key) {
  const std::optional<std::string_view> line = LineAfter(text, key);
  return line.has_value() ? ParseNumber(*line) : std::nullopt;
}

std::optional<uint64_t> ParseNumber(std::string_view text) {
  uint64_t number = 0;
  if (!ReadNumber(FirstWord(text), number)) return std::nullopt;
  return number;
}

std::vector<std::string> ParseRingFiles(std::string_view fdinfo) {
  std::vector<std::string> links;
  bool within = false;
  while (!fdinfo.empty()) {
    const std::string_view line = fdinfo.substr(0, fdinfo.find('\n'));
    fdinfo.remove_prefix(std::min(line.size() + 1, fdinfo.size()));
    if (!line.starts_with(' ')) {
      within = line.starts_with("UserFiles:");
      continue;
    }
    const size_t colon = line.find(": ");
    if (!within || colon == std::string_view::npos) continue;
    links.emplace_back(line.substr(colon + 2));
  }
  return links;
}

std::vector<SharedMapping> ParseSharedMappings(std::string_view maps, size_t most) {
  std::vector<SharedMapping> mappings;
  while (!maps.empty() && mappings.size() < most) {
    std::string_view line = maps.substr(0, maps.find('\n'));
    maps.remove_prefix(std::min(line.size() + 1, maps.size()));
    // "7f00-7f01 rw-s 00000000 00:01 1024   /memfd:name (deleted)"
    std::array<std::string_view, 5> fields;
    for (std::string_view& field : fields) {
      field = FirstWord(line);
      line.remove_prefix(static_cast<size_t>(field.data() + field.size() - line.data()));
    }
    const std::string_view rights = fields[1];
    if (rights.size() < 4 || rights[3] != 's') continue;
    line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
    if (rights[1] != 'w' && IsSystemFile(line)) continue;
    if (line.starts_with("anon_inode:") || line.starts_with("socket:")) continue;
    SharedMapping mapping = {.name = std::string(line)};
    if (!ReadNumber(fields[4], mapping.inode)) continue;
    const bool known = std::any_of(mappings.begin(), mappings.end(), [&](const auto& each) {
      return each.name == mapping.name && each.inode == mapping.inode;
    });
    if (!known) mappings.push_back(std::move(mapping));
  }
  return mappings;
}

std::string EnvironmentValue(std::string_view environment, std::string_view name) {
  while (!environment.empty()) {
    const std::string_view entry = environment.substr(0, environment.find('\0'));
    if (entry.size() > name.size() && entry.starts_with(name) && entry[name.size()] == '=') {
      constexpr size_t kMostValue = 256;
      return std::string(entry.substr(name.size() + 1, kMostValue));
    }
    environment.remove_prefix(std::min(entry.size() + 1, environment.size()));
  }
  return {};
}

std::string SessionOf(std::string_view control_group) {
  constexpr std::string_view kBegin = "/session-";
  constexpr std::string_view kEnd = ".scope";
  const size_t begin = control_group.find(kBegin);
  if (begin == std::string_view::npos) return {};
  std::string_view name = control_group.substr(begin + kBegin.size());
  name = name.substr(0, name.find('/'));
  if (!name.ends_with(kEnd)) return {};
  name.remove_suffix(kEnd.size());
  constexpr size_t kMostName = 32;
  const bool plain = !name.empty() && name.size() <= kMostName &&
                     std::all_of(name.begin(), name.end(), [](char c) {
                       return std::isalnum(static_cast<unsigned char>(c)) != 0;
                     });
  return plain ? std::string(name) : std::string();
}

}  // namespace cairn::host
