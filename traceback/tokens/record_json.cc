// SPDX-License-Identifier: BSD-3-Clause
// A record as JSON, and back.
#include "traceback/tokens/json_parts.h"
#include "traceback/tokens/record.h"

namespace cairn::tokens {
namespace {

using host::Descriptor;
using host::Process;
using host::Snapshot;

Json ToJson(const Descriptor& descriptor) {
  Json json;
  json["fd"] = descriptor.number;
  json["kind"] = host::DescriptorKindName(descriptor.kind);
  PutNumber(json, "inode", static_cast<int64_t>(descriptor.inode));
  PutText(json, "name", descriptor.name);
  PutText(json, "mode",
          std::string(descriptor.readable ? "r" : "") + (descriptor.writable ? "w" : ""));
  if (descriptor.local.has_value()) json["local"] = descriptor.local->ToString();
  if (descriptor.remote.has_value()) json["remote"] = descriptor.remote->ToString();
  PutText(json, "state", descriptor.state);
  if (descriptor.direction != host::Direction::kUnknown) {
    json["direction"] = host::DirectionName(descriptor.direction);
  }
  if (!descriptor.peers.empty()) json["peers"] = descriptor.peers;
  return json;
}

Json ToJson(const Process& process) {
  Json json;
  json["pid"] = process.pid;
  PutNumber(json, "parent", process.parent);
  PutText(json, "name", process.name);
  json["relation"] = host::RelationName(process.relation);
  PutNumber(json, "related_to", process.related_to);
  PutText(json, "not_followed", process.not_followed);
  json["uid"] = process.real_uid;
  PutText(json, "user", process.real_user);
  if (process.effective_uid != process.real_uid) {
    json["effective_uid"] = process.effective_uid;
    PutText(json, "effective_user", process.effective_user);
  }
  PutTime(json, "start", process.start_time);
  json["priority"] = process.priority;
  PutNumber(json, "nice", process.nice);
  PutText(json, "terminal", process.terminal);
  PutText(json, "command_line", process.command_line);
  PutText(json, "executable", process.executable);
  PutNumber(json, "executable_device", static_cast<int64_t>(process.executable_device));
  PutNumber(json, "executable_inode", static_cast<int64_t>(process.executable_inode));
  PutText(json, "executable_sha256", process.executable_sha256);
  if (process.login_uid.has_value()) json["login_uid"] = *process.login_uid;
  if (process.audit_session.has_value()) json["audit_session"] = *process.audit_session;
  PutText(json, "control_group", process.control_group);
  PutText(json, "container", process.container);
  PutNumber(json, "network_namespace", static_cast<int64_t>(process.network_namespace));
  PutText(json, "mapped_user", process.mapped_user);
  PutText(json, "working_directory", process.working_directory);
  PutText(json, "ssh_connection", process.ssh_connection);
  PutFlag(json, "main_thread_ended", process.main_thread_ended);
  PutNumber(json, "identical", process.identical);
  Json descriptors = Json::array();
  for (const Descriptor& descriptor : process.descriptors)
    descriptors.push_back(ToJson(descriptor));
  if (!descriptors.empty()) json["descriptors"] = std::move(descriptors);
  PutNumber(json, "descriptors_left_out", process.descriptors_left_out);
  return json;
}

Json ToJson(const host::HostFacts& host) {
  Json json = Json::object();
  PutText(json, "name", host.name);
  PutTime(json, "boot", host.boot_time);
  PutText(json, "operating_system", host.operating_system);
  PutText(json, "kernel", host.kernel);
  PutText(json, "kernel_release", host.kernel_release);
  PutText(json, "kernel_build", host.kernel_build);
  PutText(json, "machine", host.machine);
  return json;
}

Json ToJson(const host::PreviousHost& host) {
  Json json;
  json["local"] = host.local.ToString();
  json["remote"] = host.remote.ToString();
  json["direction"] = host::DirectionName(host.direction);
  json["pid"] = host.pid;
  if (!host.path.empty()) json["path"] = host.path;
  if (host.one_of > 1) json["one_of"] = host.one_of;
  PutFlag(json, "shared", !host.direct);
  return json;
}

Json ToJson(const host::OtherConnection& other) {
  Json json;
  json["why"] = host::BystanderName(other.why);
  json["local"] = other.local.ToString();
  json["remote"] = other.remote.ToString();
  json["direction"] = host::DirectionName(other.direction);
  PutNumber(json, "pid", other.pid);
  json["uid"] = other.uid;
  if (!other.path.empty()) json["path"] = other.path;
  return json;
}

Json ToJson(const host::NotSeen& not_seen) {
  Json json;
  json["what"] = host::GapName(not_seen.gap);
  PutNumber(json, "pid", not_seen.pid);
  json["count"] = not_seen.count;
  PutText(json, "detail", not_seen.detail);
  return json;
}

Json ToJson(const host::Login& login) {
  Json json = Json::object();
  PutText(json, "user", login.user);
  PutText(json, "terminal", login.terminal);
  PutText(json, "from", login.from);
  PutNumber(json, "pid", login.pid);
  PutTime(json, "time", login.time);
  PutText(json, "session", login.session);
  return json;
}

template <typename Item>
void PutList(Json& json, const char* key, const std::vector<Item>& items) {
  if (items.empty()) return;
  Json list = Json::array();
  for (const Item& item : items) list.push_back(ToJson(item));
  json[key] = std::move(list);
}

void PutSnapshot(Json& json, const Snapshot& snapshot) {
  PutTime(json, "taken", snapshot.time);
  json["host"] = ToJson(snapshot.host);
  PutFlag(json, "truncated", snapshot.truncated);
  PutText(json, "truncated_by", snapshot.truncated_by);
  Json processes = Json::array();
  for (const Process& process : snapshot.processes) processes.push_back(ToJson(process));
  json["processes"] = std::move(processes);
  PutList(json, "previous_hosts", snapshot.previous_hosts);
  PutList(json, "other_connections", snapshot.other_connections);
  PutList(json, "not_seen", snapshot.not_seen);
  PutList(json, "logins", snapshot.logins);
}

// Each returns whether it could be read.
bool ReadNumbers(const Json& json, std::vector<uint32_t>& numbers) {
  for (const Json& item : json) {
    const auto* number = item.get_ptr<const Json::number_unsigned_t*>();
    if (number == nullptr || *number > std::numeric_limits<uint32_t>::max()) return false;
    numbers.push_back(static_cast<uint32_t>(*number));
  }
  return true;
}

bool Read(const Json& json, Descriptor& descriptor) {
  JsonReader reader(json);
  descriptor.number = reader.Number<uint32_t>("fd");
  descriptor.kind = reader.OneOf("kind", host::DescriptorKind::kOther, host::DescriptorKindName);
  descriptor.inode = reader.Number<uint64_t>("inode");
  descriptor.name = reader.Text("name");
  const std::string mode = reader.Text("mode");
  descriptor.readable = mode.find('r') != std::string::npos;
  descriptor.writable = mode.find('w') != std::string::npos;
  descriptor.local = reader.OptionalEnd("local");
  descriptor.remote = reader.OptionalEnd("remote");
  descriptor.state = reader.Text("state");
  descriptor.direction = reader.OneOf("direction", host::Direction::kOutbound, host::DirectionName);
  if (!ReadNumbers(reader.List("peers"), descriptor.peers)) return false;
  return reader.sound();
}

bool Read(const Json& json, Process& process) {
  JsonReader reader(json);
  process.pid = reader.Number<uint32_t>("pid");
  process.parent = reader.Number<uint32_t>("parent");
  process.name = reader.Text("name");
  process.relation = reader.OneOf("relation", host::Relation::kTerminal, host::RelationName);
  process.related_to = reader.Number<uint32_t>("related_to");
  process.not_followed = reader.Text("not_followed");
  process.real_uid = reader.Number<uint32_t>("uid");
  process.real_user = reader.Text("user");
  const std::optional<uint32_t> effective = reader.OptionalNumber("effective_uid");
  process.effective_uid = effective.value_or(process.real_uid);
  process.effective_user =
      effective.has_value() ? reader.Text("effective_user") : process.real_user;
  process.start_time = reader.Time("start");
  process.priority = reader.Number<int32_t>("priority");
  process.nice = reader.Number<int32_t>("nice");
  process.terminal = reader.Text("terminal");
  process.command_line = reader.Text("command_line");
  process.executable = reader.Text("executable");
  process.executable_device = reader.Number<uint64_t>("executable_device");
  process.executable_inode = reader.Number<uint64_t>("executable_inode");
  process.executable_sha256 = reader.Text("executable_sha256");
  process.login_uid = reader.OptionalNumber("login_uid");
  process.audit_session = reader.OptionalNumber("audit_session");
  process.control_group = reader.Text("control_group");
  process.container = reader.Text("container");
  process.network_namespace = reader.Number<uint64_t>("network_namespace");
  process.mapped_user = reader.Text("mapped_user");
  process.working_directory = reader.Text("working_directory");
  process.ssh_connection = reader.Text("ssh_connection");
  process.main_thread_ended = reader.Flag("main_thread_ended");
  process.identical = reader.Number<uint32_t>("identical");
  for (const Json& item : reader.List("descriptors")) {
    if (!Read(item, process.descriptors.emplace_back())) reader.Fail();
  }
  process.descriptors_left_out = reader.Number<uint32_t>("descriptors_left_out");
  return reader.sound();
}

bool Read(const Json& json, host::HostFacts& host) {
  JsonReader reader(json);
  host.name = reader.Text("name");
  host.boot_time = reader.Time("boot");
  host.operating_system = reader.Text("operating_system");
  host.kernel = reader.Text("kernel");
  host.kernel_release = reader.Text("kernel_release");
  host.kernel_build = reader.Text("kernel_build");
  host.machine = reader.Text("machine");
  return reader.sound();
}

bool Read(const Json& json, host::PreviousHost& host) {
  JsonReader reader(json);
  host.local = reader.End("local");
  host.remote = reader.End("remote");
  host.direction = reader.OneOf("direction", host::Direction::kOutbound, host::DirectionName);
  host.pid = reader.Number<uint32_t>("pid");
  host.one_of = reader.OptionalNumber("one_of").value_or(1);
  host.direct = !reader.Flag("shared");
  return ReadNumbers(reader.List("path"), host.path) && reader.sound();
}

bool Read(const Json& json, host::OtherConnection& other) {
  JsonReader reader(json);
  other.why = reader.OneOf("why", host::Bystander::kSameUser, host::BystanderName);
  other.local = reader.End("local");
  other.remote = reader.End("remote");
  other.direction = reader.OneOf("direction", host::Direction::kOutbound, host::DirectionName);
  other.pid = reader.Number<uint32_t>("pid");
  other.uid = reader.Number<uint32_t>("uid");
  return ReadNumbers(reader.List("path"), other.path) && reader.sound();
}

bool Read(const Json& json, host::NotSeen& not_seen) {
  JsonReader reader(json);
  not_seen.gap = reader.OneOf("what", host::Gap::kOwner, host::GapName);
  not_seen.pid = reader.Number<uint32_t>("pid");
  not_seen.count = reader.Number<uint32_t>("count");
  not_seen.detail = reader.Text("detail");
  return reader.sound();
}

bool Read(const Json& json, host::Login& login) {
  JsonReader reader(json);
  login.user = reader.Text("user");
  login.terminal = reader.Text("terminal");
  login.from = reader.Text("from");
  login.pid = reader.Number<uint32_t>("pid");
  login.time = reader.Time("time");
  login.session = reader.Text("session");
  return reader.sound();
}

template <typename Item>
bool ReadList(JsonReader& reader, const char* key, std::vector<Item>& items) {
  bool sound = true;
  for (const Json& item : reader.List(key)) sound = Read(item, items.emplace_back()) && sound;
  return sound;
}

bool ReadSnapshot(JsonReader& reader, Snapshot& snapshot) {
  snapshot.time = reader.Time("taken");
  bool sound = Read(reader.Object("host"), snapshot.host);
  snapshot.truncated = reader.Flag("truncated");
  snapshot.truncated_by = reader.Text("truncated_by");
  sound = ReadList(reader, "processes", snapshot.processes) && sound;
  sound = ReadList(reader, "previous_hosts", snapshot.previous_hosts) && sound;
  sound = ReadList(reader, "other_connections", snapshot.other_connections) && sound;
  sound = ReadList(reader, "not_seen", snapshot.not_seen) && sound;
  sound = ReadList(reader, "logins", snapshot.logins) && sound;
  return sound;
}

}  // namespace

std::string RecordToJson(const Record& record) {
  Json json;
  json["schema"] = kRecordSchema;
  json["nonce"] = record.nonce;
  Json asked = Json::object();
  PutAsked(asked, record.asked);
  json["asked"] = std::move(asked);
  json["direction"] = host::DirectionName(record.direction);
  json["socket_uid"] = record.socket_uid;
  PutSnapshot(json, record.snapshot);
  return json::Line(json);
}

absl::StatusOr<Record> RecordFromJson(std::string_view json_text) {
  const Json json = ParseJson(json_text);
  if (json.is_discarded()) return absl::InvalidArgumentError("the record is not JSON");
  JsonReader reader(json);
  if (reader.Text("schema") != kRecordSchema) {
    return absl::InvalidArgumentError("the record is not of the form stopd/1");
  }
  Record record;
  record.nonce = reader.Text("nonce");
  JsonReader asked(reader.Object("asked"));
  record.asked = ReadAsked(asked);
  record.direction = reader.OneOf("direction", host::Direction::kOutbound, host::DirectionName);
  record.socket_uid = reader.Number<uint32_t>("socket_uid");
  const bool sound = ReadSnapshot(reader, record.snapshot);
  if (!sound || !reader.sound() || !asked.sound()) {
    return absl::InvalidArgumentError("a value of the record is malformed");
  }
  return record;
}

}  // namespace cairn::tokens
