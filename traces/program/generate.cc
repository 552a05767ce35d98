// SPDX-License-Identifier: BSD-3-Clause
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <variant>

#include "fmt/format.h"

#include "CLI/CLI.hpp"
#include "traces/generator/presets.h"
#include "traces/program/commands.h"
#include "traces/writing/pcap_writer.h"

namespace cairn::traces::program {
namespace {

constexpr char kGenerateCommand[] = "generate";

// The command line.  An option that was not given leaves the preset's value alone, so each is
// applied after the preset.
struct GenerateArguments {
  std::string preset = "small";
  std::string out;
  std::string truth;
  std::string unit = "us";
  uint32_t snap = PcapWriter::kHeadersOnly;
  uint64_t seed = 1;
  uint64_t packets = 0;
  uint32_t connections = 0;
  WorldOptions world;
  double mean_packets = 0;
  uint32_t rate = 0;
  bool force = false;
};

// Copies an option's value over the preset's when the user gave it.
class Given {
 public:
  explicit Given(const CLI::App& command) : command_(command) {}
  template <typename T>
  const Given& Apply(const char* option, const T& value, T& target) const {
    if (command_.count(option) > 0) target = value;
    return *this;
  }

 private:
  const CLI::App& command_;
};

void ApplyWorld(const Given& given, const GenerateArguments& a, WorldOptions& world) {
  const WorldOptions& from = a.world;
  given.Apply("--seed", a.seed, world.seed)
      .Apply("--packets", a.packets, world.max_packets)
      .Apply("--connections", a.connections, world.interactive)
      .Apply("--duration", from.duration_s, world.duration_s)
      .Apply("--interactive", from.interactive, world.interactive)
      .Apply("--inbound-share", from.inbound_share, world.inbound_share)
      .Apply("--direct-chains", from.direct_chains, world.direct_chains)
      .Apply("--indirect-chains", from.indirect_chains, world.indirect_chains)
      .Apply("--outside-chains", from.outside_chains, world.outside_chains)
      .Apply("--long-chains", from.long_chains, world.long_chains)
      .Apply("--reverse-chains", from.reverse_chains, world.reverse_chains)
      .Apply("--double-chains", from.double_chains, world.double_chains)
      .Apply("--bulk", from.bulk, world.bulk)
      .Apply("--bulk-rate", from.bulk_bytes_per_s, world.bulk_bytes_per_s)
      .Apply("--web", from.web, world.web)
      .Apply("--periodic", from.periodic, world.periodic)
      .Apply("--wall-hosts", from.wall_hosts, world.wall_hosts)
      .Apply("--wall-sessions", from.wall_sessions, world.wall_sessions)
      .Apply("--wall-gap", from.wall_gap_s, world.wall_gap_s)
      .Apply("--chat-rooms", from.chat_rooms, world.chat_rooms)
      .Apply("--scanners", from.scanners, world.scanners)
      .Apply("--session-min", from.session_min_s, world.session_min_s)
      .Apply("--session-max", from.session_max_s, world.session_max_s)
      .Apply("--inside-hosts", from.site.inside_hosts, world.site.inside_hosts)
      .Apply("--outside-hosts", from.site.outside_hosts, world.site.outside_hosts)
      .Apply("--delay", from.site.delay_median_s, world.site.delay_median_s)
      .Apply("--jitter", from.site.jitter_mean_s, world.site.jitter_mean_s)
      .Apply("--loss", from.site.loss, world.site.loss)
      .Apply("--ipv6", from.site.ipv6_share, world.site.ipv6_share)
      .Apply("--think-min", from.typing.think_min_s, world.typing.think_min_s)
      .Apply("--think-max", from.typing.think_cap_s, world.typing.think_cap_s);
}

std::string TruthPath(const GenerateArguments& a) {
  return a.truth.empty() ? TruthPathOf(a.out) : a.truth;
}

absl::Status Run(const Given& given, const GenerateArguments& a, WorldOptions& world,
                 PcapWriter& writer) {
  ApplyWorld(given, a, world);
  absl::StatusOr<Truth> truth =
      Generate(world, [&](const Segment& segment) { return writer.Write(segment); });
  if (!truth.ok()) return truth.status();
  return WriteTruthFile(*truth, TruthPath(a), GuardOf(a.force, {}));
}

absl::Status Run(const Given& given, const GenerateArguments& a, FlowMixOptions& mix,
                 PcapWriter& writer) {
  given.Apply("--seed", a.seed, mix.seed)
      .Apply("--packets", a.packets, mix.packets)
      .Apply("--connections", a.connections, mix.open_connections)
      .Apply("--mean-packets", a.mean_packets, mix.mean_packets)
      .Apply("--rate", a.rate, mix.packets_per_second);
  return GenerateFlowMix(mix, [&](const Segment& segment) { return writer.Write(segment); });
}

absl::Status Run(const Given& given, const GenerateArguments& a, SynFloodOptions& flood,
                 PcapWriter& writer) {
  given.Apply("--seed", a.seed, flood.seed)
      .Apply("--packets", a.packets, flood.packets)
      .Apply("--connections", uint64_t{a.connections}, flood.packets)
      .Apply("--rate", a.rate, flood.packets_per_second);
  return GenerateSynFlood(flood, [&](const Segment& segment) { return writer.Write(segment); });
}

absl::Status Run(const Given& given, const GenerateArguments& a, ScanMixOptions& mix,
                 PcapWriter& writer) {
  given.Apply("--seed", a.seed, mix.seed)
      .Apply("--connections", a.connections, mix.targets)
      .Apply("--scanners", a.world.scanners, mix.scanners)
      .Apply("--duration", a.world.duration_s, mix.duration_s);
  absl::StatusOr<Truth> truth =
      GenerateScanMix(mix, [&](const Segment& segment) { return writer.Write(segment); });
  if (!truth.ok()) return truth.status();
  return WriteTruthFile(*truth, TruthPath(a), GuardOf(a.force, {}));
}

absl::Status Run(const Given& given, const GenerateArguments& a, SessionLoadOptions& load,
                 PcapWriter& writer) {
  given.Apply("--seed", a.seed, load.seed)
      .Apply("--packets", a.packets, load.max_packets)
      .Apply("--connections", uint64_t{a.connections}, load.sessions)
      .Apply("--duration", a.world.duration_s, load.duration_s);
  return GenerateSessionLoad(load, [&](const Segment& segment) { return writer.Write(segment); });
}

int RunGenerate(const CLI::App& command, const GenerateArguments& arguments) {
  std::optional<Recipe> recipe = FindPreset(arguments.preset);
  if (!recipe.has_value()) {
    return Complain(kGenerateCommand,
                    absl::InvalidArgumentError(fmt::format("no preset '{}'", arguments.preset)));
  }
  const bool has_truth = std::holds_alternative<WorldOptions>(*recipe) ||
                         std::holds_alternative<ScanMixOptions>(*recipe);
  const files::OutputGuard guard = GuardOf(arguments.force, {});
  const absl::Status free =
      CheckOutputs(guard, "--out", arguments.out, has_truth ? TruthPath(arguments) : std::string());
  if (!free.ok()) return Complain(kGenerateCommand, free);
  absl::StatusOr<PcapWriter> writer = PcapWriter::Create(
      arguments.out,
      {.unit = arguments.unit == "ns" ? TimeUnit::kNanoseconds : TimeUnit::kMicroseconds,
       .snap_length_bytes = arguments.snap},
      guard);
  if (!writer.ok()) return Complain(kGenerateCommand, writer.status());
  const Given given(command);
  absl::Status status =
      std::visit([&](auto& options) { return Run(given, arguments, options, *writer); }, *recipe);
  status.Update(writer->Close());
  if (!status.ok()) return Complain(kGenerateCommand, status);
  fmt::print(stderr, "{} packets\n", writer->packets());
  return 0;
}

void AddWorldOptions(CLI::App& command, GenerateArguments& a) {
  WorldOptions& world = a.world;
  AddSeconds(command, "--duration", world.duration_s, "How much packet time, as in 300s or 5min");
  command.add_option("--interactive", world.interactive, "People at work at any moment");
  command
      .add_option("--inbound-share", world.inbound_share, "Share of them that come from outside")
      ->check(CLI::Range(0.0, 1.0));
  command.add_option("--direct-chains", world.direct_chains, "Chains over one stone inside");
  command.add_option("--indirect-chains", world.indirect_chains, "Chains over two hosts inside");
  command.add_option("--outside-chains", world.outside_chains, "Chains over one stone outside");
  command.add_option("--long-chains", world.long_chains, "Chains of four legs over the border");
  command.add_option("--reverse-chains", world.reverse_chains,
                     "Chains that begin with a reverse tunnel");
  command.add_option("--double-chains", world.double_chains,
                     "One person with two chains over one stone");
  command.add_option("--bulk", world.bulk, "Transfers at any moment");
  command.add_option("--bulk-rate", world.bulk_bytes_per_s, "Bytes a second of each")
      ->check(CLI::PositiveNumber);
  command.add_option("--web", world.web, "People who browse");
  command.add_option("--periodic", world.periodic,
                     "Programs that poll, at equal and nearly equal periods");
  command.add_option("--wall-hosts", world.wall_hosts,
                     "Hosts that broadcast to all terminals together");
  command.add_option("--wall-sessions", world.wall_sessions, "Idle logins on each of them");
  AddSeconds(command, "--wall-gap", world.wall_gap_s, "Mean time between broadcasts");
  command.add_option("--chat-rooms", world.chat_rooms, "Chat servers with five clients each");
  command.add_option("--scanners", world.scanners, "Hosts that scan by SYNs");
  AddSeconds(command, "--session-min", world.session_min_s, "Shortest login");
  AddSeconds(command, "--session-max", world.session_max_s, "Longest login");
  command.add_option("--inside-hosts", world.site.inside_hosts, "Hosts in 10.10.0.0/16");
  command.add_option("--outside-hosts", world.site.outside_hosts, "Hosts elsewhere");
  AddSeconds(command, "--delay", world.site.delay_median_s, "Median one-way delay outside");
  AddSeconds(command, "--jitter", world.site.jitter_mean_s, "Mean jitter outside");
  command.add_option("--loss", world.site.loss, "Share of data segments lost outside")
      ->check(CLI::Range(0.0, 0.5));
  command.add_option("--ipv6", world.site.ipv6_share, "Share of IPv6 connections")
      ->check(CLI::Range(0.0, 1.0));
  AddSeconds(command, "--think-min", world.typing.think_min_s, "Shortest pause between lines");
  AddSeconds(command, "--think-max", world.typing.think_cap_s, "Longest pause between lines");
}

}  // namespace

void AddGenerate(CLI::App& app, int& exit_code) {
  const auto arguments = std::make_shared<GenerateArguments>();
  CLI::App* command = app.add_subcommand(kGenerateCommand, "Synthesise a capture and its truth");
  std::string presets = "Where to start from:";
  for (const Preset& preset : Presets())
    presets += fmt::format("\n  {}: {}", preset.name, preset.description);
  command->add_option("--preset", arguments->preset, presets)->capture_default_str();
  command->add_option("-o,--out", arguments->out, "Capture to write: .pcap, .pcap.gz or '-'")
      ->required();
  command->add_option("--truth", arguments->truth, "Truth to write; default: beside the capture");
  command->add_option("--seed", arguments->seed, "The same seed gives the same bytes");
  command->add_option("--packets", arguments->packets, "Stop after this many");
  command->add_option("--connections", arguments->connections,
                      "The preset's number of connections");
  command->add_option("--mean-packets", arguments->mean_packets,
                      "mix, open: packets of a connection; 0: it never ends");
  command->add_option("--rate", arguments->rate, "mix, open, synflood: packets a second");
  command->add_option("--unit", arguments->unit, "Time stamps in us or ns")
      ->check(CLI::IsMember({"us", "ns"}));
  command->add_option("--snap", arguments->snap,
                      "Bytes captured of each packet; default: the headers");
  AddWorldOptions(*command, *arguments);
  AddForce(*command, arguments->force);
  command->callback(
      [command, arguments, &exit_code] { exit_code = RunGenerate(*command, *arguments); });
}

}  // namespace cairn::traces::program
