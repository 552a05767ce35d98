// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/tokens/record_size.h"

#include <algorithm>
#include <random>
#include <string>

#include "catch2/catch.hpp"

#include "tests/traceback/tokens/sample_record.h"

namespace cairn::tokens {
namespace {

constexpr size_t kMiB = 1 << 20;

host::Process NewProcess(uint32_t pid, host::Relation relation, uint32_t related_to) {
  host::Process process;
  process.pid = pid;
  process.parent = 1;
  process.name = "worker";
  process.real_uid = 1000 + pid;
  process.effective_uid = 1000 + pid;
  process.real_user = "user" + std::to_string(pid);
  process.effective_user = process.real_user;
  process.relation = relation;
  process.related_to = related_to;
  return process;
}

// Somebody's worst: many processes, each with many files of long names and long arguments.
Record Crowd(uint32_t processes, uint32_t files, const std::string& letter) {
  std::mt19937 random(1);
  Record record = SampleRecord(random, PacketTime::FromNanoseconds(1'764'000'000'000'000'000));
  record.snapshot.truncated = false;
  record.snapshot.truncated_by.clear();
  record.snapshot.processes.clear();
  std::string name = "/tmp/";
  while (name.size() < 4000) name += letter;
  for (uint32_t i = 0; i < processes; ++i) {
    const uint32_t pid = 100 + i;
    host::Process process = NewProcess(pid, i == 0 ? host::Relation::kOwner : host::Relation::kPipe,
                                       i == 0 ? 0 : pid - 1);
    process.command_line = name;
    process.working_directory = name;
    for (uint32_t fd = 0; fd < files; ++fd) {
      process.descriptors.push_back({.number = fd,
                                     .kind = host::DescriptorKind::kFile,
                                     .name = name + std::to_string(fd),
                                     .local = {},
                                     .remote = {},
                                     .state = {},
                                     .peers = {}});
    }
    record.snapshot.processes.push_back(process);
  }
  return record;
}

TEST_CASE("the size of a record is known before it is written, and hardly overestimated") {
  std::mt19937 random(23);
  size_t estimated = 0;
  size_t written = 0;
  for (int i = 0; i < 500; ++i) {
    const Record record = SampleRecord(random, PacketTime::FromNanoseconds(1'764'000'000 + i));
    const size_t most = MostRecordJson(record);
    const size_t is = RecordToJson(record).size();
    REQUIRE(is <= most);
    estimated += most - 1024;
    written += is;
  }
  CHECK(estimated < written * 11 / 10);
  CHECK_FALSE(FitRecord(SampleRecord(random, PacketTime::FromNanoseconds(1)), kMiB).has_value());
}

TEST_CASE("a crowd of processes with long names fits, and everybody is named") {
  // Names of control characters take six bytes each, broken UTF-8 three.
  const std::string letter = GENERATE("x", "\x01", "\xff", "\"");
  const size_t most = kMiB * GENERATE(size_t{1}, size_t{4});
  INFO(most);
  const Record record = Crowd(256, 64, letter);
  CHECK(MostRecordJson(record) > 60 * kMiB);
  const std::optional<Record> fitted = FitRecord(record, most);
  REQUIRE(fitted.has_value());
  const std::string json = RecordToJson(*fitted);
  CHECK(json.size() <= most);
  CHECK(json.size() > most / 8);
  CHECK(json == RecordToJson(*FitRecord(record, most)));
  CHECK(RecordFromJson(json).ok());
  const host::Snapshot& snapshot = fitted->snapshot;
  CHECK(snapshot.truncated);
  CHECK(snapshot.truncated_by == "record_size");
  CHECK(snapshot.processes.size() == 256);
  CHECK(snapshot.previous_hosts.size() == 1);
  CHECK(snapshot.logins.size() == 1);
  for (size_t i = 0; i < snapshot.processes.size(); ++i) {
    const host::Process& process = snapshot.processes[i];
    REQUIRE(process.real_user == "user" + std::to_string(100 + i));
    REQUIRE(process.descriptors.size() + process.descriptors_left_out == 64);
  }
  // The nearest keep the most.
  CHECK(snapshot.processes.front().descriptors.size() == 64);
  CHECK(snapshot.processes.front().descriptors.size() >=
        snapshot.processes.back().descriptors.size());
}

TEST_CASE("long names go first, and only as many as must") {
  const Record record = Crowd(8, 16, "y");
  const size_t whole = MostRecordJson(record);
  const std::optional<Record> fitted = FitRecord(record, whole - 100'000);
  REQUIRE(fitted.has_value());
  const auto& processes = fitted->snapshot.processes;
  CHECK(processes.back().descriptors.front().name.size() == 128);
  CHECK(processes.back().descriptors.front().name.ends_with("..."));
  CHECK(processes.front().descriptors.front().name.size() > 4000);
  for (const host::Process& process : processes) {
    CHECK(process.descriptors.size() == 16);
    CHECK(process.command_line.size() > 3000);
  }
}

TEST_CASE("files go before connections, and the farthest processes before the owner's parents") {
  Record record = Crowd(3000, 0, "z");
  for (host::Process& process : record.snapshot.processes) {
    process.executable_sha256 = std::string(64, 'a');
    process.control_group = std::string(200, 'c');
  }
  auto& all = record.snapshot.processes;
  all[0].parent = 9001;
  all.push_back(NewProcess(9001, host::Relation::kParent, 100));
  all.back().parent = 9000;
  all.push_back(NewProcess(9000, host::Relation::kParent, 9001));
  all[0].descriptors = {
      {.number = 3,
       .kind = host::DescriptorKind::kTcp,
       .name = {},
       .local = Endpoint{IpAddress::FromV4(1), 1},
       .remote = Endpoint{IpAddress::FromV4(2), 2},
       .state = {},
       .peers = {}},
      {.number = 4, .name = "file", .local = {}, .remote = {}, .state = {}, .peers = {}}};
  record.snapshot.previous_hosts[0].pid = 3000;
  record.snapshot.previous_hosts[0].path = {100, 2000, 3000};
  const std::optional<Record> fitted = FitRecord(record, kMiB);
  REQUIRE(fitted.has_value());
  CHECK(RecordToJson(*fitted).size() <= kMiB);
  const auto& left = fitted->snapshot.processes;
  CHECK(left.size() < 3000);
  const auto has = [&left](uint32_t pid) {
    return std::any_of(left.begin(), left.end(),
                       [pid](const host::Process& each) { return each.pid == pid; });
  };
  for (const uint32_t pid : {100U, 101U, 9001U, 9000U, 2000U, 3000U}) CHECK(has(pid));
  CHECK_FALSE(has(3099));
  CHECK(fitted->snapshot.previous_hosts[0].path.size() == 3);
}

TEST_CASE("256 owners fit into a small record, whatever their names are") {
  Record record = Crowd(256, 4, GENERATE("\x01", "\xff", "x"));
  for (host::Process& process : record.snapshot.processes) {
    process.relation = host::Relation::kOwner;
    process.name = std::string(15, '\x01');
    process.executable = process.command_line;
    process.executable_sha256 = std::string(64, 'a');
    process.executable_device = process.executable_inode = process.network_namespace = UINT32_MAX;
    process.control_group = process.ssh_connection = process.command_line;
    process.container = std::string(64, 'c');
  }
  record.snapshot.other_connections.resize(1000, record.snapshot.other_connections[0]);
  const std::optional<Record> fitted = FitRecord(record, 256 << 10);
  REQUIRE(fitted.has_value());
  CHECK(RecordToJson(*fitted).size() <= 256 << 10);
  REQUIRE(fitted->snapshot.processes.size() == 256);
  CHECK(fitted->snapshot.processes.back().real_user == "user355");
  CHECK(fitted->snapshot.previous_hosts.size() == 1);
}

TEST_CASE("even a record of nothing but owners and previous hosts fits") {
  Record record = Crowd(20000, 0, "w");
  for (host::Process& process : record.snapshot.processes) {
    process.relation = host::Relation::kOwner;
  }
  record.snapshot.previous_hosts.resize(20000, record.snapshot.previous_hosts[0]);
  const std::optional<Record> fitted = FitRecord(record, kMiB);
  REQUIRE(fitted.has_value());
  CHECK(RecordToJson(*fitted).size() <= kMiB);
  CHECK(fitted->snapshot.processes.size() > 256);
  CHECK(fitted->snapshot.processes.front().pid == 100);
  CHECK(fitted->snapshot.previous_hosts.size() >= 256);
}

}  // namespace
}  // namespace cairn::tokens
