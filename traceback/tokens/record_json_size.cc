// SPDX-License-Identifier: BSD-3-Clause
// How long the parts of a record are as JSON; record_json.cc writes them.
#include "traceback/tokens/record_json_size.h"

#include "traceback/tokens/record_size.h"

namespace cairn::tokens {
namespace {

constexpr size_t kTime = 32;  // RFC 3339 with its quotes

size_t Digits(uint64_t number) {
  size_t digits = 1;
  for (; number >= 10; number /= 10) ++digits;
  return digits;
}

// Adds up members of an object; those that RecordToJson() leaves out count for nothing.
class Members {
 public:
  void Key(size_t key) { size_ += key + 4; }  // quotes, colon, comma
  void Text(size_t key, std::string_view text) {
    if (text.empty()) return;
    Key(key);
    size_ += MostJsonText(text);
  }
  void Number(size_t key, uint64_t number) {
    Key(key);
    size_ += Digits(number);
  }
  void NumberIfAny(size_t key, uint64_t number) {
    if (number != 0) Number(key, number);
  }
  void Signed(size_t key, int32_t number) {
    Key(key);
    size_ += 1 + Digits(static_cast<uint64_t>(number < 0 ? -int64_t{number} : number));
  }
  void End(size_t key, const Endpoint& end) {
    constexpr size_t kMostV4 = 23;
    constexpr size_t kMostV6 = 49;
    Key(key);
    size_ += end.ip.IsMapped() ? kMostV4 : kMostV6;
  }
  void Numbers(size_t key, const std::vector<uint32_t>& numbers) {
    if (numbers.empty()) return;
    Key(key);
    size_ += 2;
    for (const uint32_t number : numbers) size_ += Digits(number) + 1;
  }
  void Some(size_t key, size_t bytes) {
    Key(key);
    size_ += bytes;
  }
  size_t size() const { return size_ + 3; }  // braces, comma

 private:
  size_t size_ = 0;
};

// Names of enums are shorter than this, with quotes.
constexpr size_t kName = 18;

}  // namespace

size_t MostJsonText(std::string_view text) {
  size_t size = 2;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < ' ') {
      size += 6;
    } else if (c == '"' || c == '\\') {
      size += 2;
    } else {
      // Whatever is not valid UTF-8 becomes U+FFFD, which has three bytes.
      size += byte < 0x80 ? 1 : 3;
    }
  }
  return size;
}

size_t MostJson(const host::Descriptor& descriptor) {
  Members all;
  all.Number(2, descriptor.number);
  all.Text(4, host::DescriptorKindName(descriptor.kind));
  all.NumberIfAny(5, descriptor.inode);
  all.Text(4, descriptor.name);
  all.Some(4, 4);
  if (descriptor.local.has_value()) all.End(5, *descriptor.local);
  if (descriptor.remote.has_value()) all.End(6, *descriptor.remote);
  all.Text(5, descriptor.state);
  if (descriptor.direction != host::Direction::kUnknown) all.Some(9, kName);
  all.Numbers(5, descriptor.peers);
  return all.size();
}

size_t MostJson(const host::Process& process) {
  Members all;
  all.Number(3, process.pid);
  all.NumberIfAny(6, process.parent);
  all.Text(4, process.name);
  all.Text(8, host::RelationName(process.relation));
  all.NumberIfAny(10, process.related_to);
  all.Text(12, process.not_followed);
  all.Number(3, process.real_uid);
  all.Text(4, process.real_user);
  if (process.effective_uid != process.real_uid) {
    all.Number(13, process.effective_uid);
    all.Text(14, process.effective_user);
  }
  all.Some(5, kTime);
  all.Signed(8, process.priority);
  all.Signed(4, process.nice);
  all.Text(8, process.terminal);
  all.Text(12, process.command_line);
  all.Text(10, process.executable);
  all.NumberIfAny(17, process.executable_device);
  all.NumberIfAny(16, process.executable_inode);
  all.Text(17, process.executable_sha256);
  if (process.login_uid.has_value()) all.Number(9, *process.login_uid);
  if (process.audit_session.has_value()) all.Number(13, *process.audit_session);
  all.Text(13, process.control_group);
  all.Text(9, process.container);
  all.NumberIfAny(17, process.network_namespace);
  all.Text(11, process.mapped_user);
  all.Text(17, process.working_directory);
  all.Text(14, process.ssh_connection);
  if (process.main_thread_ended) all.Some(17, 4);
  all.NumberIfAny(9, process.identical);
  all.NumberIfAny(20, process.descriptors_left_out);
  size_t size = all.size();
  if (!process.descriptors.empty()) size += 16;  // "descriptors":[],
  for (const host::Descriptor& descriptor : process.descriptors) size += MostJson(descriptor);
  return size;
}

size_t MostJson(const host::PreviousHost& host) {
  Members all;
  all.End(5, host.local);
  all.End(6, host.remote);
  all.Some(9, kName);
  all.Number(3, host.pid);
  all.Numbers(4, host.path);
  if (host.one_of > 1) all.Number(6, host.one_of);
  if (!host.direct) all.Some(6, 4);
  return all.size();
}

size_t MostJson(const host::OtherConnection& other) {
  Members all;
  all.Some(3, kName);
  all.End(5, other.local);
  all.End(6, other.remote);
  all.Some(9, kName);
  all.NumberIfAny(3, other.pid);
  all.Number(3, other.uid);
  all.Numbers(4, other.path);
  return all.size();
}

size_t MostJson(const host::NotSeen& not_seen) {
  Members all;
  all.Some(4, kName);
  all.NumberIfAny(3, not_seen.pid);
  all.Number(5, not_seen.count);
  all.Text(6, not_seen.detail);
  return all.size();
}

size_t MostJson(const host::Login& login) {
  Members all;
  all.Text(4, login.user);
  all.Text(8, login.terminal);
  all.Text(4, login.from);
  all.NumberIfAny(3, login.pid);
  all.Some(4, kTime);
  all.Text(7, login.session);
  return all.size();
}

size_t MostJson(const host::HostFacts& host) {
  Members all;
  all.Text(4, host.name);
  all.Some(4, kTime);
  all.Text(16, host.operating_system);
  all.Text(6, host.kernel);
  all.Text(14, host.kernel_release);
  all.Text(12, host.kernel_build);
  all.Text(7, host.machine);
  return all.size();
}

}  // namespace cairn::tokens
