// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/host/snapshot_bytes.h"

#include <algorithm>
#include <concepts>
#include <cstring>
#include <type_traits>
#include <utility>
#include <vector>

namespace cairn::host {
namespace {

template <typename T, typename Plain>
concept Is = std::same_as<std::remove_const_t<T>, Plain>;

// The fields of each type, for reading and for writing.  The names are all that the type has: with
// one more this does not compile.
template <typename Archive, Is<Descriptor> T>
void ForEachField(Archive& archive, T& value) {
  auto& [number, kind, inode, name, readable, writable, local, remote, state, direction, peers] =
      value;
  archive(number, kind, inode, name, readable, writable, local, remote, state, direction, peers);
}

template <typename Archive, Is<Process> T>
void ForEachField(Archive& archive, T& value) {
  auto& [pid, parent, name, real_uid, effective_uid, real_user, effective_user, start_time,
         priority, nice, terminal, command_line, executable, executable_device, executable_inode,
         executable_sha256, login_uid, audit_session, control_group, container, network_namespace,
         mapped_user, working_directory, ssh_connection, main_thread_ended, identical, relation,
         related_to, not_followed, descriptors, descriptors_left_out] = value;
  archive(pid, parent, name, real_uid, effective_uid, real_user, effective_user, start_time,
          priority, nice, terminal, command_line, executable, executable_device, executable_inode,
          executable_sha256, login_uid, audit_session, control_group, container, network_namespace,
          mapped_user, working_directory, ssh_connection, main_thread_ended, identical, relation,
          related_to, not_followed, descriptors, descriptors_left_out);
}

template <typename Archive, Is<PreviousHost> T>
void ForEachField(Archive& archive, T& value) {
  auto& [local, remote, direction, pid, path, one_of, direct] = value;
  archive(local, remote, direction, pid, path, one_of, direct);
}

template <typename Archive, Is<OtherConnection> T>
void ForEachField(Archive& archive, T& value) {
  auto& [why, local, remote, direction, pid, uid, path] = value;
  archive(why, local, remote, direction, pid, uid, path);
}

template <typename Archive, Is<NotSeen> T>
void ForEachField(Archive& archive, T& value) {
  auto& [gap, pid, count, detail] = value;
  archive(gap, pid, count, detail);
}

template <typename Archive, Is<SessionLink> T>
void ForEachField(Archive& archive, T& value) {
  auto& [outbound_local, outbound_remote, inbound_local, inbound_remote, sure] = value;
  archive(outbound_local, outbound_remote, inbound_local, inbound_remote, sure);
}

template <typename Archive, Is<Login> T>
void ForEachField(Archive& archive, T& value) {
  auto& [user, terminal, from, pid, time, session] = value;
  archive(user, terminal, from, pid, time, session);
}

template <typename Archive, Is<HostFacts> T>
void ForEachField(Archive& archive, T& value) {
  auto& [name, boot_time, operating_system, kernel, kernel_release, kernel_build, machine] = value;
  archive(name, boot_time, operating_system, kernel, kernel_release, kernel_build, machine);
}

template <typename Archive, Is<Snapshot> T>
void ForEachField(Archive& archive, T& value) {
  auto& [time, host, processes, previous_hosts, other_connections, not_seen, logins, truncated,
         truncated_by, links] = value;
  archive(time, host, processes, previous_hosts, other_connections, not_seen, logins, truncated,
          truncated_by, links);
}

constexpr DescriptorKind LastOf(DescriptorKind) { return DescriptorKind::kOther; }
constexpr Direction LastOf(Direction) { return Direction::kOutbound; }
constexpr Relation LastOf(Relation) { return Relation::kTerminal; }
constexpr Bystander LastOf(Bystander) { return Bystander::kSameUser; }
constexpr Gap LastOf(Gap) { return Gap::kOwner; }

class Writer {
 public:
  template <typename... Values>
  void operator()(const Values&... values) {
    (Put(values), ...);
  }
  std::string Take() { return std::move(bytes_); }

 private:
  template <typename T>
  void Put(const T& value) {
    if constexpr (std::is_integral_v<T>) {
      const size_t end = bytes_.size();
      bytes_.resize(end + sizeof(value));
      std::memcpy(bytes_.data() + end, &value, sizeof(value));
    } else if constexpr (std::is_enum_v<T>) {
      Put(static_cast<std::underlying_type_t<T>>(value));
    } else {
      ForEachField(*this, value);
    }
  }
  void Put(const std::string& text) {
    Put(static_cast<uint32_t>(text.size()));
    bytes_ += text;
  }
  void Put(const PacketTime& time) { Put(time.ToNanoseconds()); }
  void Put(const Endpoint& end) { (*this)(end.ip.high(), end.ip.low(), end.port); }
  template <typename T>
  void Put(const std::optional<T>& value) {
    Put(value.has_value());
    if (value.has_value()) Put(*value);
  }
  template <typename T>
  void Put(const std::vector<T>& values) {
    Put(static_cast<uint32_t>(values.size()));
    for (const T& value : values) Put(value);
  }

  std::string bytes_;
};

// After a fault everything is zero, and sound() says so.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}

  template <typename... Values>
  void operator()(Values&... values) {
    (Get(values), ...);
  }
  bool sound() const { return sound_ && rest_.empty(); }

 private:
  std::string_view Bytes(size_t count) {
    if (count > rest_.size()) {
      sound_ = false;
      rest_ = {};
      return {};
    }
    const std::string_view taken = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return taken;
  }
  template <typename T>
  T Number() {
    T value{};
    if (const std::string_view bytes = Bytes(sizeof(value)); !bytes.empty()) {
      std::memcpy(&value, bytes.data(), sizeof(value));
    }
    return value;
  }

  void Get(bool& value) {
    const auto number = Number<uint8_t>();
    if (number > 1) sound_ = false;
    value = number == 1;
  }
  template <typename T>
  void Get(T& value) {
    if constexpr (std::is_integral_v<T>) {
      value = Number<T>();
    } else if constexpr (std::is_enum_v<T>) {
      const auto number = Number<std::underlying_type_t<T>>();
      const bool known = number <= static_cast<std::underlying_type_t<T>>(LastOf(T{}));
      if (!known) sound_ = false;
      value = known ? static_cast<T>(number) : T{};
    } else {
      ForEachField(*this, value);
    }
  }
  void Get(std::string& text) { text = Bytes(Number<uint32_t>()); }
  void Get(PacketTime& time) { time = PacketTime::FromNanoseconds(Number<int64_t>()); }
  void Get(Endpoint& end) {
    const auto high = Number<uint64_t>();
    const auto low = Number<uint64_t>();
    end = {.ip = IpAddress::FromWords(high, low), .port = Number<uint16_t>()};
  }
  template <typename T>
  void Get(std::optional<T>& value) {
    bool is_set = false;
    Get(is_set);
    if (is_set) Get(value.emplace());
  }
  // Each value takes a byte at least: no number makes the list longer than what is there.
  template <typename T>
  void Get(std::vector<T>& values) {
    const auto count = Number<uint32_t>();
    if (count > rest_.size()) sound_ = false;
    for (uint32_t i = 0; i < count && sound_; ++i) Get(values.emplace_back());
  }

  std::string_view rest_;
  bool sound_ = true;
};

bool LeaveOutDescriptors(Snapshot& snapshot) {
  size_t holders = 0;
  for (const Process& process : snapshot.processes)
    holders += process.descriptors.empty() ? 0U : 1U;
  if (holders == 0) return false;
  size_t kept = holders / 2;
  for (Process& process : snapshot.processes) {
    if (process.descriptors.empty()) continue;
    if (kept > 0) {
      --kept;
      continue;
    }
    process.descriptors_left_out += static_cast<uint32_t>(process.descriptors.size());
    process.descriptors = {};
  }
  return true;
}

}  // namespace

std::string EncodeSnapshot(const Snapshot& snapshot) {
  Writer writer;
  ForEachField(writer, snapshot);
  return writer.Take();
}

std::string EncodeSnapshot(Snapshot snapshot, size_t most) {
  std::string bytes = EncodeSnapshot(snapshot);
  while (bytes.size() > most) {
    snapshot.truncated = true;
    snapshot.truncated_by = "record_size";
    if (!LeaveOutDescriptors(snapshot)) {
      if (snapshot.processes.empty()) break;
      snapshot.processes.resize(snapshot.processes.size() / 2);
    }
    bytes = EncodeSnapshot(snapshot);
  }
  return bytes;
}

std::optional<Snapshot> DecodeSnapshot(std::string_view bytes) {
  Reader reader(bytes);
  Snapshot snapshot;
  ForEachField(reader, snapshot);
  if (!reader.sound()) return std::nullopt;
  return snapshot;
}

}  // namespace cairn::host
