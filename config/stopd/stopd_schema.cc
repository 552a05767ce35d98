// SPDX-License-Identifier: BSD-3-Clause
#include "config/stopd/stopd_schema.h"

#include "config/keys/durations.h"
#include "config/stopd/stopd_values.h"
#include "config/stopd/tracing_schema.h"

namespace cairn::config {
namespace {

using daemon::Options;

using Table = Schema<Options>;

void AddListening(Table& table) {
  Group(
      table, "listen", "Where requests come in, unless systemd hands sockets over.",
      [](auto& o) -> auto& { return o; })
      .Add("addresses", &Options::addresses,
           ListOf(Address(), "addresses", "[192.0.2.7]", EmptyList::kRefused),
           "Addresses of this host. \"::\" is all of IPv6 and \"0.0.0.0\" all of IPv4.")
      .Add("port", &Options::port, Port(),
           "The TCP port. Ident clients, and other hosts that run stopd, ask at 113.")
      .Add("user", &Options::user, Text(1, 64, "a user's name or number", "_stopd"),
           "The user of the network side, the process that talks to requesters. It needs no rights "
           "and "
           "no files, and must not be root.");
}

void AddAskers(Table& table) {
  Group(
      table, "askers", "Requesters: who may ask for what.",
      [](auto& o) -> auto& { return o.askers; })
      .Add("trusted", &daemon::Askers::trusted, Networks(),
           "The sensors that run Cairn, and the hosts that run stopd. Only they may use SV, ID_REC "
           "and SV_REC, and name an address, and some room is kept for them everywhere; others get "
           "plain ident. Empty: everybody may ask for everything, and nobody has room of their "
           "own.");
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
           "What is sent for an error: the error itself, UNKNOWN-ERROR, or a random token.")
      .Add("least_time", &Options::least_reply_time,
           Duration(PacketDelta::Zero(), kSecond * 10, "100ms"),
           "How long after its request a reply is sent; or twice as long, and so on, if it takes "
           "longer. So the time does not tell what was found. 0s: as soon as possible.");
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
      .Add(
          "max_connections", &Limits::max_connections, Count<uint32_t>(1, 10000, "256"),
          "Connections of requesters at once. Beyond this, the one that has been silent longest is "
          "closed.")
      .Add("max_connections_per_asker", &Limits::max_connections_per_asker,
           Count<uint32_t>(1, 10000, "8"),
           "The same of one requester. That is an address, or an IPv6 network of 64 bits; all "
           "addresses of this host are one. More are refused.")
      .Add("max_requests", &Limits::max_requests, Count<uint32_t>(1, 1000, "64"),
           "Requests looked up at once; of one requester at most an eighth. More wait.")
      .Add("max_requests_per_asker_minute", &Limits::max_requests_per_asker_minute,
           Count<uint32_t>(1, 1000000, "60"),
           "Requests a minute from one requester. More are not processed: they get UNKNOWN-ERROR, "
           "or a token.")
      .Add("max_requests_per_minute", &Limits::max_requests_per_minute,
           Count<uint32_t>(4, 100000000, "12000"),
           "The same of all requesters together, whatever the network side lets through. A quarter "
           "is for askers.trusted, if there are any.")
      .Add(
          "max_noted_refusals_per_minute", &Limits::max_noted_refusals_per_minute,
          Count<uint32_t>(1, 1000000, "60"),
          "How many requests a minute that were not processed are noted in the journal, so that "
          "their tokens can be explained; of one requester a tenth of that. More are only counted.")
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
      .Add("networks", &Recursion::networks, Networks(),
           "Previous hosts that may be asked: others could be anybody's, and would learn that they "
           "are traced. The others are listed in the record. Add the public networks of your site.")
      .Add("cycle_window", &Recursion::cycle_window, Duration(kSecond * 120, kHour * 24, "120s"),
           "For how long a repeated request from the same host is not processed, because it shows "
           "a loop of hosts that ask each other. At least two minutes (Carrier & Shields).")
      .Add("cycle_rule", &Recursion::cycle_rule,
           OneOf<CycleRule>(
               {{"session", CycleRule::kSession}, {"connection", CycleRule::kConnection}}),
           "Which request counts as repeated. session: one with a session id that the same host "
           "used. connection: only if it is about the same ports, too; this follows chains that "
           "pass a host several times, and nobody can hide one connection behind another.")
      .Add("max_remembered", &Recursion::max_remembered, Count<uint32_t>(1, 1000000, "4096"),
           "Recursive requests remembered for that; one requester may fill a quarter, and a "
           "quarter is for askers.trusted. If there is no room, further ones are served without "
           "asking on.")
      .Add("max_targets", &Recursion::max_targets, Count<uint32_t>(1, 64, "16"),
           "Previous hosts asked for one request; the others are listed in the record.")
      .Add("ask_outbound", &Recursion::ask_outbound, Boolean(),
           "Whether a host of recursion.networks is asked, too, if a process on the way has opened "
           "a connection to it. The origin of a reverse shell is such a host; others may have "
           "nothing to do with the session.");
  Group(
      table, "recursion.ask", "How they are asked.",
      [](auto& o) -> auto& { return o.recursion.ask; })
      .Add("port", &Ask::port, Port(), "The TCP port on which they answer.")
      .Add("max_concurrent", &Ask::max_concurrent, Count<uint32_t>(1, 1000, "16"),
           "Requests under way at once.")
      .Add("max_queued", &Ask::max_queued, Count<uint32_t>(1, 100000, "1024"),
           "Requests that wait or are under way; one requester may fill a quarter, and a quarter "
           "is for askers.trusted. More are dropped, and the record says so.")
      .Add("max_concurrent_per_host", &Ask::max_concurrent_per_host, Count<uint32_t>(1, 1000, "4"),
           "Requests under way at once to one host (of IPv6: one network of 64 bits), so that a "
           "slow one keeps no other waiting.")
      .Add("max_queued_per_host", &Ask::max_queued_per_host, Count<uint32_t>(1, 100000, "64"),
           "Requests to one such host that wait or are under way.")
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
      table, "walk", "How this host is searched for where a session came from, and how far.",
      [](auto& o) -> auto& { return o.host; })
      .Add("max_processes", &Walk::max_processes, Count<uint32_t>(1, 100000, "256"),
           "Processes in one record; the record says if there were more.")
      .Add("max_descriptors", &Walk::max_descriptors, Count<uint32_t>(0, 100000, "256"),
           "Descriptors listed of one process; further ones are counted. All are followed.")
      .Add("max_peers", &Walk::max_peers, Count<uint32_t>(1, 100000, "32"),
           "A process of a system user that is connected with processes of more users and sessions "
           "than this is listed and not followed, because it serves everybody.")
      .Add("bpf", &Walk::use_bpf, Boolean(),
           "Whether open descriptors are listed by two BPF programs in the kernel (Linux 6.1 and "
           "later). Else, and where the kernel cannot, /proc is read, which takes about ten times "
           "as long.")
      .Add("first_user_id", &Walk::first_user_id, Count<uint32_t>(0, 4294967295U, "1000"),
           "The lowest id of an ordinary user. Those below are system users.")
      .Add("services", &Walk::services,
           ListOf(Path("/usr/sbin/nscd"), "paths", "[/usr/sbin/syslog-ng]"),
           "Programs that are not followed when system users run them: they talk to everybody, and "
           "relay nothing.");
  Group(
      table, "walk", "", [](auto& o) -> auto& { return o.walks; }, Heading::kNone)
      .Add("deadline", &daemon::Walks::deadline, Duration(kMillisecond * 10, kSecond * 30, "1s"),
           "How long a search may take. Then it ends with what it has found, and the record says "
           "so.")
      .Add("max_concurrent", &daemon::Walks::max_concurrent, Count<uint32_t>(1, 32, "2"),
           "Searches at once, each in a process of its own; one serves up to 8 requests. With two "
           "or more, long searches leave one to the others.")
      .Add("max_memory", &daemon::Walks::max_memory_bytes, Size(64 << 20, 1ULL << 36, "384MiB"),
           "Memory of one such process. One that needs more ends, and the record says so.");
}

void AddSaved(Table& table) {
  using Saved = host::Options;
  Group(
      table, "save",
      "What is kept of each process for SV and SV_REC, beyond its name, ids, users, start time, "
      "priority, network namespace, and SSH_CONNECTION of its environment.",
      [](auto& o) -> auto& { return o.host; })
      .Add("terminal", &Saved::keep_terminal, Boolean(), "The controlling terminal.")
      .Add("descriptors", &Saved::keep_descriptors, Boolean(),
           "Open sockets, files and pipes, and the working directory. The search follows them all "
           "the same.")
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
      .Add("logins", &Saved::keep_logins, Boolean(),
           "Logins of every user named: utmp entries, and sessions of logind.");
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
      .Add(
          "reserved_percent", &Store::reserved_percent, Count<uint32_t>(0, 99, "25"),
          "How much of max_size, in percent, only trusted requesters may use. Nothing is set aside "
          "while nobody is trusted.")
      .Add("min_free", &Store::min_free_bytes, Size(0, 1ULL << 44, "64MiB"),
           "How much must stay free on its file system; with less, only the reserve is used.")
      .Add("reserve", &Store::reserve_bytes, Size(0, 1ULL << 34, "4MiB"),
           "Room that is held on the disk, beside max_size, for records and lines of the time when "
           "somebody has filled it. 0: none.")
      .Add("max_record_size", &Store::max_record_bytes, Size(1 << 20, 64 << 20, "4MiB"),
           "The size of one record before compression. Of a larger one, what is farthest from the "
           "connection is left out, and the record says so.")
      .Add("max_user_percent", &Store::max_user_percent, Count<uint32_t>(0, 100, "5"),
           "How much of max_size, in percent, the records of one user's connections may use. "
           "Further ones are kept to 256 KiB: users choose what their processes hold.")
      .Add("retention", &Store::retention, Duration(PacketDelta::Zero(), kYear * 100, "90d"),
           "How long records and rotated journals are kept. 0s: for ever.")
      .Add("compress", &Store::compress, Boolean(), "Whether records are compressed (gzip).")
      .Add("journal_size", &Store::journal_bytes, Size(4096, 1 << 30, "16MiB"),
           "The journal is rotated at this size: renamed, and a new one begun.")
      .Add("head_interval", &Store::head_interval, Duration(PacketDelta::Zero(), kHour * 24, "1h"),
           "How often the head of the journal is logged, if there are new lines; also every 1000 "
           "lines, at the start and at the end. 0s: only then.");
}

void AddMetrics(Table& table) {
  using daemon::Metrics;
  Group(
      table, "metrics", "Counters for a monitoring system.",
      [](auto& o) -> auto& { return o.metrics; })
      .Add("file", &Metrics::file, OptionalPath("/var/lib/node_exporter/stopd.prom"),
           "A file for the textfile collector of Prometheus' node_exporter; its name must end with "
           ".prom. Empty: none.")
      .Add("interval", &Metrics::interval, Duration(kSecond, kHour, "15s"),
           "How often it is written.");
}

}  // namespace

const Schema<Options>& StopdSchema() {
  static const Table schema = [] {
    Table table;
    AddListening(table);
    AddAskers(table);
    AddReplies(table);
    AddLimits(table);
    AddRecursion(table);
    AddWalk(table);
    AddSaved(table);
    AddStore(table);
    AddMetrics(table);
    AddTracing(table);
    return table;
  }();
  return schema;
}

}  // namespace cairn::config
