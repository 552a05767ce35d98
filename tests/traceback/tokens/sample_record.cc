// SPDX-License-Identifier: BSD-3-Clause
#include "tests/traceback/tokens/sample_record.h"

#include <string>

namespace cairn::tokens {
namespace {

class Maker {
 public:
  explicit Maker(std::mt19937& random) : random_(random) {}

  uint32_t Number() { return static_cast<uint32_t>(random_()); }
  bool Flag() { return Number() % 2 == 0; }
  template <typename Enum>
  Enum OneOf(Enum last) {
    return static_cast<Enum>(Number() % (static_cast<uint32_t>(last) + 1));
  }
  // Also of characters that JSON has to escape; valid UTF-8, for others are repaired.
  std::string Text() {
    std::string text;
    for (uint32_t i = Number() % 20; i > 0; --i) text += static_cast<char>(1 + Number() % 127);
    return text;
  }
  Endpoint End() {
    const IpAddress ip = Flag() ? IpAddress::FromV4(Number())
                                : IpAddress::FromWords(Number() | 1ULL << 62, Number());
    return {ip, static_cast<uint16_t>(1 + Number() % 65535)};
  }
  PacketTime Time() {
    return PacketTime::FromNanoseconds(1'700'000'000'000'000'000 + int64_t{Number()});
  }

  host::Descriptor Descriptor() {
    host::Descriptor descriptor;
    descriptor.number = Number();
    descriptor.kind = OneOf(host::DescriptorKind::kOther);
    descriptor.inode = Number();
    descriptor.name = Text();
    descriptor.readable = Flag();
    descriptor.writable = Flag();
    if (Flag()) descriptor.local = End();
    if (Flag()) descriptor.remote = End();
    descriptor.state = Text();
    descriptor.direction = OneOf(host::Direction::kOutbound);
    for (uint32_t i = Number() % 4; i > 0; --i) descriptor.peers.push_back(Number());
    return descriptor;
  }

  host::Process Process() {
    host::Process process;
    process.pid = Number();
    process.parent = Number();
    process.name = Text();
    process.relation = OneOf(host::Relation::kTerminal);
    process.related_to = Number();
    process.not_followed = Text();
    process.real_uid = Number();
    process.real_user = Text();
    process.effective_uid = Flag() ? process.real_uid : Number();
    process.effective_user = process.effective_uid == process.real_uid ? process.real_user : Text();
    process.start_time = Time();
    process.priority = static_cast<int32_t>(Number());
    process.nice = static_cast<int32_t>(Number());
    process.terminal = Text();
    process.command_line = Text();
    process.executable = Text();
    process.executable_device = Number();
    process.executable_inode = Number();
    process.executable_sha256 = Text();
    if (Flag()) process.login_uid = Number();
    if (Flag()) process.audit_session = Number();
    process.control_group = Text();
    process.container = Text();
    process.network_namespace = Number();
    process.mapped_user = Text();
    process.working_directory = Text();
    process.ssh_connection = Text();
    process.main_thread_ended = Flag();
    process.identical = Number();
    for (uint32_t i = Number() % 5; i > 0; --i) process.descriptors.push_back(Descriptor());
    process.descriptors_left_out = Number();
    return process;
  }

  host::PreviousHost Previous() {
    return {.local = End(),
            .remote = End(),
            .direction = OneOf(host::Direction::kOutbound),
            .pid = Number(),
            .path = {Number(), Number()},
            .one_of = 1 + Number() % 9,
            .direct = Flag()};
  }

  host::OtherConnection Other() {
    return {.why = OneOf(host::Bystander::kSameUser),
            .local = End(),
            .remote = End(),
            .direction = OneOf(host::Direction::kOutbound),
            .pid = Number(),
            .uid = Number(),
            .path = {Number()}};
  }

 private:
  std::mt19937& random_;
};

}  // namespace

Record SampleRecord(std::mt19937& random, PacketTime time) {
  Maker make(random);
  Record record;
  record.nonce = RandomToken().substr(0, 32);
  record.asked = {.time = time,
                  .asker = make.End(),
                  .type = stop::RequestType::kSvRec,
                  .session_id = make.Number(),
                  .names_address = make.Flag(),
                  .local = make.End(),
                  .remote = make.End()};
  record.direction = make.OneOf(host::Direction::kOutbound);
  record.socket_uid = make.Number();
  record.snapshot.time = time;
  record.snapshot.host = {.name = make.Text(),
                          .boot_time = make.Time(),
                          .operating_system = make.Text(),
                          .kernel = make.Text(),
                          .kernel_release = make.Text(),
                          .kernel_build = make.Text(),
                          .machine = make.Text()};
  record.snapshot.truncated = make.Flag();
  record.snapshot.truncated_by = make.Text();
  for (int i = 0; i < 3; ++i) record.snapshot.processes.push_back(make.Process());
  record.snapshot.previous_hosts.push_back(make.Previous());
  record.snapshot.other_connections.push_back(make.Other());
  record.snapshot.not_seen.push_back({.gap = make.OneOf(host::Gap::kOwner),
                                      .pid = make.Number(),
                                      .count = make.Number(),
                                      .detail = make.Text()});
  record.snapshot.logins.push_back(
      {make.Text(), make.Text(), make.Text(), make.Number(), make.Time(), make.Text()});
  return record;
}

}  // namespace cairn::tokens
