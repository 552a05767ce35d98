// SPDX-License-Identifier: BSD-3-Clause
#include "traces/generator/world.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <utility>
#include <vector>

#include "fmt/format.h"

#include "traces/generator/background.h"
#include "traces/generator/broadcasts.h"
#include "traces/generator/person.h"
#include "traces/generator/truth_book.h"

namespace cairn::traces {
namespace {

// The first stream of each kind of actor; the n-th of a kind has stream first + n.
enum StreamBase : uint64_t {
  kPopulationStream = 2,
  kChainStreams = uint64_t{1} << 32,
  kSeatStreams = uint64_t{2} << 32,
  kWallStreams = uint64_t{3} << 32,
  kPollerStreams = uint64_t{4} << 32,
  kTransferStreams = uint64_t{5} << 32,
  kBrowserStreams = uint64_t{6} << 32,
  kChatStreams = uint64_t{7} << 32,
  kScannerStreams = uint64_t{8} << 32,
};

constexpr uint16_t kTelnetPort = 23;
constexpr uint16_t kRloginPort = 513;

uint16_t AnyLoginPort(RandomStream& random) {
  const double at = random.Unit();
  if (at < 0.70) return kSshPort;
  return at < 0.88 ? kTelnetPort : kRloginPort;
}

const char* ProtocolOf(uint16_t port) {
  if (port == kTelnetPort) return "telnet";
  return port == kRloginPort ? "rlogin" : "ssh";
}

// Everything that the actors share.
struct World {
  World(const WorldOptions& o, const Simulation::Sink& sink)
      : options(o),
        simulation({.end = kTraceStart + Seconds(o.duration_s), .max_packets = o.max_packets},
                   sink),
        site(o.site, o.seed),
        random(o.seed, kPopulationStream) {}

  const WorldOptions& options;
  TruthBook truth;
  Broadcasts broadcasts;  // outlives the people in the simulation
  Simulation simulation;
  Site site;
  RandomStream random;
};

enum class KeepAlives { kNone, kSome };

// Fills in what a plan of paths lacks and sends the person to work.
void StartPerson(World& world, SessionPlan plan, PacketTime at, RandomStream random,
                 KeepAlives alives) {
  const std::vector<uint32_t>& path = plan.paths.front();
  TruthSession session;
  for (size_t leg = 0; leg + 1 < path.size(); ++leg) {
    const uint16_t port = plan.reverse && leg == 0 ? kSshPort : AnyLoginPort(random);
    plan.ports.push_back(port);
    if (plan.sub.empty() || leg > 0)
      plan.sub += fmt::format("{}{}", leg == 0 ? "" : "-", ProtocolOf(port));
  }
  for (const std::vector<uint32_t>& each : plan.paths) {
    for (size_t leg = 0; leg + 1 < each.size(); ++leg) {
      session.legs.push_back(
          {world.site.host(each[leg]).name, world.site.host(each[leg + 1]).name, plan.ports[leg]});
    }
  }
  session.scenario = plan.scenario;
  session.sub = plan.sub;
  session.role = plan.role;
  session.user = fmt::format("u{}", random.Below(1000));
  if (alives == KeepAlives::kSome) {
    if (random.Chance(0.2))
      plan.application_alive = PacketDelta::FromSeconds(15 << random.Below(3));
    if (random.Chance(0.2)) plan.tcp_alive = PacketDelta::FromSeconds(75);
  }
  plan.session = world.truth.AddSession(std::move(session));
  world.simulation.Start(
      at, std::make_unique<Person>(plan, world.site, world.truth, world.broadcasts, random));
}

// A place that is always taken: when one person leaves, the next comes.
class Seat : public Actor {
 public:
  struct Habit {
    bool inbound = true;
    std::optional<uint32_t> server;  // unset: any
    const char* scenario = "bg_interactive";
    const char* sub = "";    // empty: the protocol
    double think_min_s = 0;  // 0: the world's
  };

  Seat(World& world, const Habit& habit, RandomStream random)
      : world_(world), habit_(habit), random_(random) {}

  std::optional<PacketTime> Wake(Simulation&, PacketTime now) override {
    const WorldOptions& options = world_.options;
    double length = random_.Uniform(options.session_min_s, options.session_max_s);
    // The first guest has been there for a while, or all would leave together.
    if (std::exchange(first_, false)) length *= random_.Uniform(0.3, 1);
    SessionPlan plan;
    plan.scenario = habit_.scenario;
    plan.sub = habit_.sub;
    plan.end = now + Seconds(length);
    plan.typing = options.typing;
    if (habit_.think_min_s > 0) plan.typing.think_min_s = habit_.think_min_s;
    const uint32_t client =
        habit_.inbound ? world_.site.AnyOutside(random_) : world_.site.AnyInside(random_);
    uint32_t server =
        habit_.inbound ? world_.site.AnyInside(random_) : world_.site.AnyOutside(random_);
    if (habit_.server.has_value()) server = *habit_.server;
    plan.paths = {{client, server}};
    StartPerson(world_, std::move(plan), now, RandomStream(random_.Next(), 0), KeepAlives::kSome);
    return now + Seconds(length);
  }

 private:
  World& world_;
  Habit habit_;
  RandomStream random_;
  bool first_ = true;
};

// The first people come one by one.
PacketTime FirstArrival(World& world) {
  return kTraceStart +
         Seconds(world.random.Uniform(0, std::min(120.0, world.options.duration_s / 5)));
}

void PopulateInteractive(World& world) {
  const WorldOptions& options = world.options;
  const auto inbound =
      static_cast<uint32_t>(std::lround(options.interactive * options.inbound_share));
  for (uint32_t i = 0; i < options.interactive; ++i) {
    const Seat::Habit habit{.inbound = i < inbound, .server = std::nullopt};
    world.simulation.Start(
        FirstArrival(world),
        std::make_unique<Seat>(world, habit, RandomStream(options.seed, kSeatStreams + i)));
  }
}

using MakePaths = std::vector<std::vector<uint32_t>> (*)(const Site&, RandomStream&);

std::vector<std::vector<uint32_t>> DirectPath(const Site& site, RandomStream& random) {
  const uint32_t from = site.AnyOutside(random);
  return {{from, site.AnyInside(random), site.OtherThan(from, random)}};
}

std::vector<std::vector<uint32_t>> IndirectPath(const Site& site, RandomStream& random) {
  const uint32_t from = site.AnyOutside(random);
  const uint32_t stone = site.AnyInside(random);
  return {{from, stone, site.OtherThan(stone, random), site.OtherThan(from, random)}};
}

std::vector<std::vector<uint32_t>> OutsidePath(const Site& site, RandomStream& random) {
  const uint32_t from = site.AnyInside(random);
  return {{from, site.AnyOutside(random), site.OtherThan(from, random)}};
}

std::vector<std::vector<uint32_t>> LongPath(const Site& site, RandomStream& random) {
  const uint32_t from = site.AnyOutside(random);
  const uint32_t stone = site.AnyInside(random);
  const uint32_t middle = site.OtherThan(from, random);
  return {{from, stone, middle, site.OtherThan(stone, random), site.OtherThan(middle, random)}};
}

std::vector<std::vector<uint32_t>> DoublePaths(const Site& site, RandomStream& random) {
  const uint32_t from = site.AnyOutside(random);
  const uint32_t stone = site.AnyInside(random);
  const uint32_t target = site.OtherThan(from, random);
  return {{from, stone, target}, {from, stone, site.OtherThan(target, random)}};
}

void PopulateChains(World& world) {
  const WorldOptions& options = world.options;
  struct Kind {
    uint32_t count;
    const char* scenario;
    MakePaths make_paths;
    bool reverse;
  };
  const Kind kinds[] = {{options.direct_chains, "direct", DirectPath, false},
                        {options.indirect_chains, "indirect", IndirectPath, false},
                        {options.outside_chains, "outside", OutsidePath, false},
                        {options.long_chains, "long", LongPath, false},
                        {options.reverse_chains, "reverse", DirectPath, true},
                        {options.double_chains, "double", DoublePaths, false}};
  uint64_t stream = kChainStreams;
  for (const Kind& kind : kinds) {
    for (uint32_t i = 0; i < kind.count; ++i) {
      RandomStream random(options.seed, stream++);
      const double latest =
          std::max(0.3 * options.duration_s, options.duration_s - options.session_max_s);
      const double start = random.Uniform(0.01 * options.duration_s, latest);
      const double length = random.Uniform(options.session_min_s, options.session_max_s);
      SessionPlan plan;
      plan.scenario = kind.scenario;
      plan.role = "chain";
      plan.paths = kind.make_paths(world.site, random);
      plan.reverse = kind.reverse;
      plan.end = kTraceStart + Seconds(std::min(start + length, 0.97 * options.duration_s));
      plan.typing = options.typing;
      StartPerson(world, std::move(plan), kTraceStart + Seconds(start), random, KeepAlives::kSome);
    }
  }
}

void PopulateWall(World& world) {
  const WorldOptions& options = world.options;
  std::vector<uint32_t> hosts;
  for (uint32_t i = 0; i < options.wall_hosts; ++i) {
    const uint32_t host =
        i % 2 == 0 ? world.site.AnyInside(world.random) : world.site.AnyOutside(world.random);
    if (std::find(hosts.begin(), hosts.end(), host) != hosts.end()) continue;
    hosts.push_back(host);
    world.broadcasts.AddHost(host);
    world.truth.AddWallHost(world.site.host(host).name);
  }
  uint64_t stream = kWallStreams;
  for (const uint32_t host : hosts) {
    for (uint32_t i = 0; i < options.wall_sessions; ++i) {
      const Seat::Habit habit{.inbound = world.site.host(host).inside,
                              .server = host,
                              .scenario = "bg_wall",
                              .sub = "idle",
                              .think_min_s = 20};
      world.simulation.Start(
          FirstArrival(world),
          std::make_unique<Seat>(world, habit, RandomStream(options.seed, stream++)));
    }
  }
  if (hosts.empty()) return;
  world.simulation.Start(kTraceStart + Seconds(10),
                         std::make_unique<Wall>(world.broadcasts, world.truth, options.wall_gap_s,
                                                RandomStream(options.seed, stream)));
}

void PopulatePollers(World& world) {
  constexpr double kPeriods[] = {2, 3, 5};
  for (uint32_t i = 0; i < world.options.periodic; ++i) {
    double period = kPeriods[i / 4 % std::size(kPeriods)];
    if (i % 4 >= 2)
      period *= 1 + world.random.Uniform(0.0005, 0.01);  // slides through the others' phase
    const double start = world.random.Uniform(0, period);
    world.simulation.Start(
        kTraceStart + Seconds(start),
        std::make_unique<Poller>(world.site, world.truth, i % 2 == 0, period,
                                 RandomStream(world.options.seed, kPollerStreams + i)));
  }
}

void PopulateServices(World& world) {
  const WorldOptions& options = world.options;
  const auto stream = [&](uint64_t base, uint32_t i) {
    return RandomStream(options.seed, base + i);
  };
  for (uint32_t i = 0; i < options.bulk; ++i) {
    world.simulation.Start(
        FirstArrival(world),
        std::make_unique<Transfers>(world.site, world.truth, options.bulk_bytes_per_s,
                                    stream(kTransferStreams, i)));
  }
  for (uint32_t i = 0; i < options.web; ++i) {
    world.simulation.Start(
        FirstArrival(world),
        std::make_unique<Browser>(world.site, world.truth, stream(kBrowserStreams, i)));
  }
  for (uint32_t i = 0; i < options.chat_rooms; ++i) {
    constexpr uint32_t kClients = 5;
    world.simulation.Start(
        FirstArrival(world),
        std::make_unique<ChatRoom>(world.site, world.truth, kClients, stream(kChatStreams, i)));
  }
  for (uint32_t i = 0; i < options.scanners; ++i) {
    world.simulation.Start(
        FirstArrival(world),
        std::make_unique<Scanner>(world.site, world.truth, options.scan_syns_per_s,
                                  stream(kScannerStreams, i)));
  }
}

absl::Status Check(const WorldOptions& options) {
  const SiteOptions& site = options.site;
  if (site.inside_hosts < 3 || site.inside_hosts > 60000 || site.outside_hosts < 3 ||
      site.outside_hosts > 10000000) {
    return absl::InvalidArgumentError(
        "a world needs 3 to 60,000 hosts inside and 3 to 10,000,000 outside");
  }
  if (!(options.duration_s > 0))
    return absl::InvalidArgumentError("the duration must be more than nothing");
  if (!(options.session_min_s > 0) || options.session_min_s > options.session_max_s) {
    return absl::InvalidArgumentError(
        "the shortest session must be more than nothing and at most the longest");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Truth> Generate(const WorldOptions& options, const Simulation::Sink& sink) {
  if (absl::Status status = Check(options); !status.ok()) return status;
  World world(options, sink);
  PopulateWall(world);  // first: it says on which hosts people hear the messages
  PopulateChains(world);
  PopulateInteractive(world);
  PopulatePollers(world);
  PopulateServices(world);
  if (absl::Status status = world.simulation.Run(); !status.ok()) return status;
  return world.truth.Close(world.simulation, world.site, options.name, options.seed, kTraceStart);
}

}  // namespace cairn::traces
