// SPDX-License-Identifier: BSD-3-Clause
// Writes session records in one format and reads them back; prints what both cost as one line of
// JSON.  The records are as a border link has them: many short connections and attempts, and a
// fingerprint in two of three.
#include <sys/resource.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <random>
#include <string>

#include "fmt/format.h"

#include "CLI/CLI.hpp"
#include "output/sessions/session_reader.h"
#include "output/sessions/session_writer.h"

namespace {

using cairn::IpAddress;
using cairn::PacketDelta;
using cairn::PacketTime;
using cairn::SessionRecord;
using cairn::SessionSide;

class Sessions {
 public:
  const SessionRecord& Next() {
    const uint64_t dice = random_();
    const bool attempt = dice % 3 == 0;  // that nobody answered
    ++session_.id;
    session_.server_confidence = 2;
    session_.inbound = attempt;
    session_.first_time = session_.first_time + PacketDelta::FromNanoseconds(1'900'000);
    session_.last_time = session_.first_time + PacketDelta::FromNanoseconds(
                                                   attempt ? 0 : static_cast<int64_t>(dice >> 30));
    SessionSide& client = session_.client();
    SessionSide& server = session_.server();
    client.end = {.ip = IpAddress::FromV4(static_cast<uint32_t>(dice >> 7)),
                  .port = static_cast<uint16_t>(dice >> 20 | 1024)};
    server.end = {.ip = IpAddress::FromV4(0x0a0a0000U + (dice >> 40 & 0xffff)),
                  .port = static_cast<uint16_t>(attempt ? 554 : 443)};
    client.first_flags = cairn::kSyn;
    client.flags = attempt ? cairn::kSyn : cairn::kSyn | cairn::kAck | cairn::kPsh | cairn::kFin;
    server.first_flags = attempt ? 0 : cairn::kSyn | cairn::kAck;
    server.flags = attempt ? 0 : client.flags;
    client.packets = 1 + (attempt ? 0 : dice % 30);
    client.bytes = client.payload_bytes = attempt ? 0 : dice % 3000;
    server.bytes = server.payload_bytes = attempt ? 0 : dice >> 9 & 0x3ffff;
    server.packets = server.bytes / 1000;
    client.first_seq = static_cast<uint32_t>(dice >> 11);
    client.last_seq = static_cast<uint32_t>(client.first_seq + client.bytes);
    server.first_seq = static_cast<uint32_t>(dice >> 13);
    server.last_seq = static_cast<uint32_t>(server.first_seq + server.bytes);
    Answer(client, attempt, dice);
    Answer(server, attempt, dice * 3);
    session_.end = attempt ? cairn::SessionEnd::kTimeout : cairn::SessionEnd::kClosed;
    session_.state = attempt ? cairn::ConnState::kS0 : cairn::ConnState::kSf;
    session_.history = attempt ? "S" : "ShADadFf";
    return session_;
  }

 private:
  static void Answer(SessionSide& side, bool attempt, uint64_t dice) {
    side.fingerprint.reset();
    side.round_trip.reset();
    if (attempt) return;
    side.fingerprint = static_cast<int32_t>(dice % 20'000) - 10'000;
    side.round_trip = PacketDelta::FromNanoseconds(static_cast<int64_t>(dice % 80'000'000));
    side.onsets = static_cast<uint32_t>(dice % 4);
    side.off_share = static_cast<double>(dice % 1000) / 1000;
  }

  std::mt19937_64 random_{1};
  SessionRecord session_ = [] {
    SessionRecord session;
    session.first_time = PacketTime::FromNanoseconds(1'700'000'000'123'456'789);
    return session;
  }();
};

struct Moment {
  double cpu = 0;
  double wall = 0;
};

Moment Now() {
  rusage usage = {};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
  };
  const std::chrono::duration<double> wall = std::chrono::steady_clock::now().time_since_epoch();
  return {.cpu = seconds(usage.ru_utime) + seconds(usage.ru_stime), .wall = wall.count()};
}

// What the making of the records costs, for the caller to take off.
Moment CostOfRecords(uint64_t records) {
  const Moment begin = Now();
  Sessions sessions;
  uint64_t sum = 0;
  for (uint64_t i = 0; i < records; ++i) sum += sessions.Next().client().bytes;
  const Moment end = Now();
  if (sum == 0) fmt::print(stderr, "no bytes\n");
  return {.cpu = end.cpu - begin.cpu, .wall = end.wall - begin.wall};
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"What storing session records costs"};
  std::string path;
  std::string name;
  uint64_t records = 1'000'000;
  app.add_option("--file", path, "where to write")->required();
  app.add_option("--format", name, "report, tsv, json, zeek or sqlite")->required();
  app.add_option("--records", records, "how many");
  CLI11_PARSE(app, argc, argv);
  const auto format = cairn::output::SessionFormatFromName(name);
  if (!format.has_value()) {
    fmt::print(stderr, "sessions_store: no format '{}'\n", name);
    return 2;
  }

  const Moment making = CostOfRecords(records);
  const Moment begin = Now();
  auto writer =
      cairn::output::OpenSessionWriter(path, *format, cairn::output::ExistingFile::kReplace);
  absl::Status status = writer.status();
  Sessions sessions;
  for (uint64_t i = 0; i < records && status.ok(); ++i) status = (*writer)->Write(sessions.Next());
  if (status.ok()) status = (*writer)->Flush();
  const Moment flushed = Now();
  if (status.ok()) status = (*writer)->Close();
  const Moment closed = Now();

  cairn::output::SessionsRead result;
  uint64_t sum = 0;
  if (status.ok()) {
    status = cairn::output::ReadSessions(
        path,
        [&](const SessionRecord& session) {
          sum += session.client().packets;
          return true;
        },
        result);
  }
  const Moment read = Now();
  if (!status.ok() || result.records != records || sum == 0) {
    fmt::print(stderr, "sessions_store: {} of {} records read: {}\n", result.records, records,
               std::string(status.message()));
    return 1;
  }
  fmt::print(
      "{{\"format\": \"{}\", \"records\": {}, \"bytes\": {}, \"write_cpu_s\": {:.6f}, "
      "\"write_s\": {:.6f}, \"close_s\": {:.6f}, \"read_cpu_s\": {:.6f}, \"read_s\": {:.6f}}}\n",
      name, records, std::filesystem::file_size(path), flushed.cpu - begin.cpu - making.cpu,
      flushed.wall - begin.wall - making.wall, closed.wall - flushed.wall, read.cpu - closed.cpu,
      read.wall - closed.wall);
  return 0;
}
