// SPDX-License-Identifier: BSD-3-Clause
#include "traces/copies/forge.h"

#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "fmt/format.h"

#include "CLI/CLI.hpp"
#include "commands/program/duration_option.h"
#include "traces/program/commands.h"

namespace cairn::traces::program {
namespace {

constexpr char kForgeCommand[] = "forge";

const std::map<std::string, Ignored> kReasons = {{"checksum", Ignored::kChecksum},
                                                 {"ttl", Ignored::kHopLimit},
                                                 {"paws", Ignored::kOldStamp},
                                                 {"state", Ignored::kState}};
const std::map<std::string, std::pair<Forger, Knowledge>> kForgers = {
    {"both-ends", {Forger::kBothEnds, Knowledge::kReads}},
    {"outsider", {Forger::kOutsider, Knowledge::kReads}},
    {"outsider-blind", {Forger::kOutsider, Knowledge::kBlind}}};
const std::map<std::string, Placement> kPlacements = {{"before", Placement::kBefore},
                                                      {"middle", Placement::kMiddle},
                                                      {"after", Placement::kAfter},
                                                      {"mixed", Placement::kMixed}};
const std::map<std::string, Kept> kDirections = {{"client", Kept::kClients},
                                                 {"server", Kept::kServers},
                                                 {"enter", Kept::kEntering},
                                                 {"leave", Kept::kLeaving}};

struct ForgeArguments {
  std::string in;
  std::string out;
  std::string attack = "none";
  std::string reason = "checksum";
  std::string by = "both-ends";
  std::string place = "mixed";
  std::string direction;
  std::vector<std::string> protect;
  double interval_s = 0;
  bool force = false;
  uint32_t snap = 0;
  uint32_t ttl = 1;  // a uint8_t would be read as a character
  ForgeOptions forge;
};

template <typename Value>
std::vector<std::string> Names(const std::map<std::string, Value>& values) {
  std::vector<std::string> names;
  for (const auto& [name, value] : values) names.push_back(name);
  return names;
}

// What names on the command line stand for; they are known to be good.
void ApplyNames(const CLI::App& command, ForgeArguments& a) {
  a.forge.attack = FindAttack(a.attack);
  a.forge.as.reason = kReasons.at(a.reason);
  std::tie(a.forge.forger, a.forge.as.knowledge) = kForgers.at(a.by);
  // Nothing need be wrong with a packet that is in the wrong place.
  if (a.forge.as.knowledge == Knowledge::kBlind && command.count("--ignored-for") == 0)
    a.forge.as.reason = Ignored::kState;
  a.forge.placement = kPlacements.at(a.place);
  if (!a.direction.empty()) a.forge.kept = kDirections.at(a.direction);
  a.forge.hop_limit = static_cast<uint8_t>(a.ttl);
  if (a.interval_s > 0) a.forge.interval = Seconds(a.interval_s);
  if (command.count("--snap") > 0) a.forge.snap_length = a.snap;
}

absl::Status Run(const CLI::App& command, ForgeArguments& a) {
  ApplyNames(command, a);
  for (const std::string& text : a.protect) {
    const absl::StatusOr<Prefix> prefix = Prefix::Parse(text);
    if (!prefix.ok()) return prefix.status();
    a.forge.protect.Add(*prefix);
  }
  const bool paced = a.forge.every_packets > 0 || a.interval_s > 0 || a.forge.once;
  if (a.forge.attack != nullptr && !paced)
    return absl::InvalidArgumentError("say how often: --every, --interval or --once");
  const files::OutputGuard guard = GuardOf(a.force, {a.in});
  if (absl::Status free = CheckOutputs(guard, "OUT", a.out, {}); !free.ok()) return free;
  const absl::StatusOr<RawCapture> capture = ReadRawCapture(a.in);
  if (!capture.ok()) return capture.status();
  const absl::StatusOr<ForgeCounts> counts = Forge(*capture, a.forge, a.out, guard);
  if (!counts.ok()) return counts.status();
  fmt::print(stderr, "{} packets, {} forged into {} flows, {} left out, {} not possible\n",
             counts->real, counts->forged, counts->flows, counts->left_out, counts->impossible);
  return absl::OkStatus();
}

void AddAttackOptions(CLI::App& command, ForgeArguments& a) {
  std::string attacks = "What is forged:\n  none: nothing";
  std::vector<std::string> names = {"none"};
  for (const Attack& attack : Attacks()) {
    names.emplace_back(attack.name);
    attacks += fmt::format("\n  {}: {} (", attack.name, attack.description);
    for (int i = 0, n = 0; i < kIgnoredReasons; ++i) {
      const auto reason = static_cast<Ignored>(i);
      if (attack.Allows(reason, Knowledge::kReads))
        attacks += fmt::format("{}{}", n++ > 0 ? ", " : "", NameOf(reason));
    }
    attacks += ")";
  }
  command.add_option("--attack", a.attack, attacks)->check(CLI::IsMember(names));
  command
      .add_option("--ignored-for", a.reason,
                  "Why the end host ignores it: a wrong checksum, a TTL that does not reach it, an "
                  "old time stamp, or its state")
      ->check(CLI::IsMember(Names(kReasons)))
      ->capture_default_str();
  command
      .add_option("--by", a.by,
                  "Who forges: both-ends; outsider: only packets that enter; outsider-blind: "
                  "without knowledge of the numbers")
      ->check(CLI::IsMember(Names(kForgers)))
      ->capture_default_str();
  command.add_option("--payload", a.forge.as.payload_bytes, "Bytes of data in a forged segment")
      ->capture_default_str();
  command.add_option("--ahead", a.forge.as.ahead_bytes, "How far ahead, in bytes");
  command.add_option("--run", a.forge.as.run, "Data segments in a row, each contiguous")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  command.add_option("--ttl", a.ttl, "TTL of packets that do not reach the host")
      ->check(CLI::Range(1, 255))
      ->capture_default_str();
}

void AddPaceOptions(CLI::App& command, ForgeArguments& a) {
  command.add_option("--every", a.forge.every_packets, "One forgery for each N real packets");
  commands::AddDuration(command, "--interval", "One forgery in each flow per this time, as in 20s",
                        PacketDelta::FromMilliseconds(1), PacketDelta::FromSeconds(1'000'000),
                        [&a](PacketDelta length) {
                          a.interval_s = static_cast<double>(length.ToNanoseconds()) / 1e9;
                        });
  command.add_flag("--once", a.forge.once,
                   "One forgery in each flow, after its third data segment");
  command
      .add_option("--place", a.place,
                  "With --every and --once: just before or after a real packet of the connection, "
                  "in the middle of a pause, or one of them at random")
      ->check(CLI::IsMember(Names(kPlacements)))
      ->capture_default_str();
}

}  // namespace

void AddForge(CLI::App& app, int& exit_code) {
  const auto arguments = std::make_shared<ForgeArguments>();
  CLI::App* command = app.add_subcommand(
      kForgeCommand, "Copy a capture and add forged packets that the end hosts would ignore");
  command->add_option("IN", arguments->in, "Capture to read: classic pcap, plain or gzip, or '-'")
      ->required();
  command->add_option("OUT", arguments->out, "Capture to write: .pcap, .pcap.gz or '-'")
      ->required();
  AddAttackOptions(*command, *arguments);
  AddPaceOptions(*command, *arguments);
  command->add_option("--protect", arguments->protect, "A network inside; may be repeated")
      ->allow_extra_args(false);
  command
      ->add_option("--one-direction", arguments->direction,
                   "Keep only packets of clients or servers, or those that enter or leave the "
                   "protected networks; the forger sees all")
      ->check(CLI::IsMember(Names(kDirections)));
  command->add_option("--snap", arguments->snap,
                      "Bytes captured of each forged packet, 0: its headers; default: as the "
                      "capture's header says");
  command->add_option("--seed", arguments->forge.seed, "The same seed gives the same bytes")
      ->capture_default_str();
  AddForce(*command, arguments->force);
  command->callback([command, arguments, &exit_code] {
    const absl::Status status = Run(*command, *arguments);
    exit_code = status.ok() ? 0 : Complain(kForgeCommand, status);
  });
}

}  // namespace cairn::traces::program
