// SPDX-License-Identifier: BSD-3-Clause
#include "config/stopd/stopd_schema.h"

namespace cairn::config {
namespace {

using daemon::Options;

constexpr PacketDelta kMillisecond = PacketDelta::FromMilliseconds(1);
constexpr PacketDelta kSecond = PacketDelta::FromSeconds(1);
constexpr PacketDelta kHour = PacketDelta::FromSeconds(3600);
constexpr PacketDelta kYear = PacketDelta::FromSeconds(365LL * 24 * 3600);

using Table = Schema<Options>;

ValueType<IpAddress> Address() {
  return Scalar<IpAddress>(
      "an IPv4 or IPv6 address", "192.0.2.7",
      [](std::string_view text) -> absl::StatusOr<IpAddress> {
        const absl::StatusOr<IpAddress> ip = IpAddress::Parse(text);
        if (!ip.ok()) return ip.status();
        return ip->Unmapped();
      },
      [](const IpAddress& ip) { return YamlScalar(ip.ToString()); });
}

// A daemon has no working folder that anybody would think of.
ValueType<std::string> Path(std::string example) {
  ValueType<std::string> type = Text(1, 4096, "an absolute path", std::move(example));
  type.read = [read = type.read, form = type.form, example = type.example](
                  const Node& node, const Place& place) -> std::optional<std::string> {
    std::optional<std::string> path = read(node, place);
    if (path.has_value() && !path->starts_with('/')) {
      place.Fail(node.mark, fmt::format("{} does not begin with '/'; {}", Quoted(*path),
                                        Expected(form, example)));
      return std::nullopt;
    }
    return path;
  };
  return type;
}

void AddListening(Table& table) {
  Group(
      table, "listen", "Where requests come in, unless systemd hands sockets over.",
      [](auto& o) -> auto& { return o; })
      .Add("addresses", &Options::addresses,
           ListOf(Address(), "addresses", "[192.0.2.7]", EmptyList::kRefused),
           "Addresses of this host. \"::\" is all of IPv6 and \"0.0.0.0\" all of IPv4.")
      .Add("port", &Options::port, Port(),
           "The TCP port. Ident clients, and other hosts that run stopd, ask at 113.")
      .Add(
          "user", &Options::user, Text(1, 64, "a user's name or number", "_stopd"),
          "The user that the process which talks to the network becomes. It needs no rights and no "
          "files, and must not be root.");
}

void AddReplies(Table& table) {
  using daemon::Errors;
  using daemon::RealNames;
  Group(
      table, "replies",
      "What requesters are told. A request that names an address always gets a token.",
      [](auto& o) -> auto& { return o; })
      .Add("errors", &Options::errors,
           OneOf<Errors>({{"plain", Errors::kPlain},
                          {"unknown_error", Errors::kUnknownError},
                          {"token", Errors::kToken}}),
           "What is sent for an error: the error itself, UNKNOWN-ERROR, or a random token.");
  Group(
      table, "replies.real_names",
      "Names instead of tokens, for requests of RFC 1413 and type ID: some chat networks want "
      "them.",
      [](auto& o) -> auto& { return o.real_names; })
      .Add("enabled", &RealNames::enabled, Boolean(),
           "Whether users may allow that their name is told, by a file ~/.ident that lists the "
           "requesters: addresses or networks, one for each line.")
      .Add("hosts", &RealNames::hosts, Networks(), "Who may be told a name at all.");
}

void AddLimits(Table& table) {
  using daemon::Limits;
  Group(
      table, "limits", "How much requesters may use. Each limit has a counter (SIGUSR1 logs them).",
      [](auto& o) -> auto& { return o.limits; })
      .Add("max_connections", &Limits::max_connections, Count<uint32_t>(1, 10000, "256"),
           "Requesters connected at once. Beyond this, the one that has been silent longest is "
           "disconnected.")
      .Add("max_connections_per_asker", &Limits::max_connections_per_asker,
           Count<uint32_t>(1, 10000, "8"),
           "The same from one address (of IPv6: one network of 64 bits). More are refused.")
      .Add("max_requests", &Limits::max_requests, Count<uint32_t>(1, 1000, "64"),
           "Requests looked up at once. More wait.")
      .Add("max_requests_per_asker_minute", &Limits::max_requests_per_asker_minute,
           Count<uint32_t>(1, 1000000, "60"),
           "Requests a minute from one requester. More are not processed: they get UNKNOWN-ERROR, "
           "or a token.")
      .Add("max_askers", &Limits::max_askers, Count<uint32_t>(1, 1000000, "4096"),
           "Requesters whose number of requests is remembered; the longest silent is forgotten.")
      .Add("line_timeout", &Limits::line_timeout, Duration(kMillisecond * 100, kHour, "30s"),
           "How long a request may take to arrive completely; then the connection is closed.")
      .Add("idle_timeout", &Limits::idle_timeout, Duration(kMillisecond * 100, kHour, "60s"),
           "How long a connection may stay open after a reply without another request.");
}

void AddRecursion(Table& table) {
  using daemon::CycleRule;
  using daemon::Recursion;
  using Ask = requester::Options;
  Group(
      table, "recursion",
      "Asking the hosts that a session came from, for requests of types ID_REC and SV_REC.",
      [](auto& o) -> auto& { return o.recursion; })
      .Add("enabled", &Recursion::enabled, Boolean(), "Whether previous hosts are asked.")
      .Add("cycle_window", &Recursion::cycle_window, Duration(kSecond * 120, kHour * 24, "120s"),
           "For how long a repeated request from the same host is not processed, because it shows "
           "a loop of hosts that ask each other. At least two minutes (Carrier & Shields).")
      .Add("cycle_rule", &Recursion::cycle_rule,
           OneOf<CycleRule>(
               {{"session", CycleRule::kSession}, {"connection", CycleRule::kConnection}}),
           "Which request counts as repeated. session: one with a session id that the same host "
           "used. connection: only if it is about the same ports, too; this follows chains that "
           "pass a host several times.")
      .Add("max_remembered", &Recursion::max_remembered, Count<uint32_t>(1, 1000000, "4096"),
           "Recursive requests remembered for that. If there is no room, further ones are not "
           "processed.")
      .Add("max_targets", &Recursion::max_targets, Count<uint32_t>(1, 64, "16"),
           "Previous hosts asked for one request; the others are listed in the record.");
  Group(
      table, "recursion.ask", "How they are asked.",
      [](auto& o) -> auto& { return o.recursion.ask; })
      .Add("port", &Ask::port, Port(), "The TCP port on which they answer.")
      .Add("max_concurrent", &Ask::max_concurrent, Count<uint32_t>(1, 1000, "16"),
           "Requests under way at once.")
      .Add("max_queued", &Ask::max_queued, Count<uint32_t>(1, 100000, "1024"),
           "Requests that wait or are under way; more are dropped, and the record says so.")
      .Add("max_per_host_minute", &Ask::max_per_host_minute, Count<uint32_t>(1, 100000, "10"),
           "Requests to one host a minute; more wait.")
      .Add("connect_timeout", &Ask::connect_timeout, Duration(kMillisecond * 10, kHour, "5s"),
           "How long a connection may take.")
      .Add("reply_timeout", &Ask::reply_timeout, Duration(kMillisecond * 10, kHour, "30s"),
           "How long an answer may take.")
      .Add("retries", &Ask::retries, Count<uint32_t>(0, 100, "2"),
           "How often a host that did not answer is asked again.")
      .Add("retry_delay", &Ask::retry_delay, Duration(PacketDelta::Zero(), kHour, "2s"),
           "How long to wait before the first repetition; as much longer each time.");
}

void AddWalk(Table& table) {
  using Walk = host::Options;
  Group(
      table, "walk", "How far the search goes for where a session came from.",
      [](auto& o) -> auto& { return o.host; })
      .Add("max_processes", &Walk::max_processes, Count<uint32_t>(1, 100000, "256"),
           "Processes in one record; the record says if there were more.")
      .Add("max_descriptors", &Walk::max_descriptors, Count<uint32_t>(0, 100000, "256"),
           "Descriptors listed of one process; all are followed.")
      .Add("max_peers", &Walk::max_peers, Count<uint32_t>(1, 100000, "32"),
           "A process of a system user that is connected with more processes than this is listed "
           "and not followed, because it serves everybody.")
      .Add("first_user_id", &Walk::first_user_id, Count<uint32_t>(0, 4294967295U, "1000"),
           "The lowest id of an ordinary user. Those below are system users.")
      .Add("services", &Walk::services,
           ListOf(Path("/usr/sbin/nscd"), "paths", "[/usr/sbin/syslog-ng]"),
           "Programs that are not followed when system users run them: they talk to everybody, and "
           "relay nothing.");
}

void AddSaved(Table& table) {
  using Saved = host::Options;
  Group(
      table, "save",
      "What is kept of each process for SV and SV_REC, beyond its name, ids, users, start time and "
      "priority.",
      [](auto& o) -> auto& { return o.host; })
      .Add("terminal", &Saved::keep_terminal, Boolean(), "The controlling terminal.")
      .Add("descriptors", &Saved::keep_descriptors, Boolean(),
           "Open sockets, files and pipes. They are followed all the same.")
      .Add("command_line", &Saved::keep_command_line, Boolean(),
           "Its arguments, at most 4 KiB. They may hold secrets that somebody typed there.")
      .Add("executable", &Saved::keep_executable, Boolean(), "The program's path and inode.")
      .Add("executable_hash", &Saved::keep_executable_hash, Boolean(),
           "SHA-256 of the program. Only together with save.executable.")
      .Add("max_executable_size", &Saved::max_executable_bytes, Size(0, 64ULL << 30, "64MiB"),
           "Larger programs are not hashed.")
      .Add("audit", &Saved::keep_audit, Boolean(),
           "Login user id and audit session: who logged in, whichever user they became later.")
      .Add("container", &Saved::keep_container, Boolean(),
           "Control group and container, by which a process in a container is found.")
      .Add("logins", &Saved::keep_logins, Boolean(), "utmp entries of every user named.");
}

void AddStore(Table& table) {
  using Store = tokens::Options;
  Group(
      table, "store", "Where records and tokens are kept.",
      [](auto& o) -> auto& { return o.tokens; })
      .Add("folder", &Store::folder, Path("/var/lib/stopd"),
           "The folder. If it is missing, it is made for root.")
      .Add("max_size", &Store::max_bytes, Size(1 << 16, 1ULL << 44, "256MiB"),
           "The size of everything together. Beyond this, requests still get tokens, nothing is "
           "saved, and the log says so.")
      .Add("max_asker_percent", &Store::max_asker_percent, Count<uint32_t>(1, 100, "25"),
           "How much of that, in percent, the requests of one requester may use, so that no single "
           "requester can fill the store. An IPv6 requester is a network of 64 bits.")
      .Add("min_free", &Store::min_free_bytes, Size(0, 1ULL << 44, "64MiB"),
           "How much must stay free on its file system; with less, nothing is saved either.")
      .Add("retention", &Store::retention, Duration(PacketDelta::Zero(), kYear * 100, "90d"),
           "How long records and rotated journals are kept. 0s: for ever.")
      .Add("compress", &Store::compress, Boolean(), "Whether records are compressed (gzip).")
      .Add("journal_size", &Store::journal_bytes, Size(4096, 1 << 30, "16MiB"),
           "The journal is rotated at this size: renamed, and a new one begun.");
}

}  // namespace

const Schema<Options>& StopdSchema() {
  static const Table schema = [] {
    Table table;
    AddListening(table);
    AddReplies(table);
    AddLimits(table);
    AddRecursion(table);
    AddWalk(table);
    AddSaved(table);
    AddStore(table);
    return table;
  }();
  return schema;
}

}  // namespace cairn::config
