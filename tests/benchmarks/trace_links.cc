// SPDX-License-Identifier: BSD-3-Clause
#include <poll.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <iostream>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "fmt/format.h"

#include "CLI/CLI.hpp"
#include "traceback/tracing/link/links.h"
#include "traceback/tracing/link/private_key.h"
#include "traceback/tracing/trust/trust.h"

// What a link between two agents costs on this host: to open it, each port it goes on at, a message
// there and back, and many of them.  The certificates of both have to be there:
//   trace_links --authority ca.crt --certificate host.crt --key host.key
namespace cairn::tracing {
namespace {

using Clock = Links::Clock;

PacketTime Wall() {
  return PacketTime::FromNanoseconds(std::chrono::duration_cast<std::chrono::nanoseconds>(
                                         std::chrono::system_clock::now().time_since_epoch())
                                         .count());
}

std::string ReadFile(const std::string& path) {
  std::string text;
  if (FILE* file = std::fopen(path.c_str(), "r"); file != nullptr) {
    for (int each = std::fgetc(file); each != EOF; each = std::fgetc(file)) {
      text += static_cast<char>(each);
    }
    std::fclose(file);
  }
  return text;
}

// Two agents of one process.
class Bench {
 public:
  Bench(const Trust& trust, Signer& signer, const Credentials& credentials, LinkOptions options) {
    for (const char* address : {"127.0.0.61", "127.0.0.62"}) {
      options.addresses = {*IpAddress::Parse(address)};
      absl::StatusOr<std::unique_ptr<Links>> made =
          Links::Make(options, credentials, trust, signer, "bench", &Wall);
      if (!made.ok()) throw std::runtime_error(std::string(made.status().message()));
      links_.push_back(*std::move(made));
    }
  }

  Links& one() { return *links_[0]; }
  void Step(int wait = 1000) {
    polled_.clear();
    links_[0]->AppendPolled(polled_);
    const size_t first = polled_.size();
    links_[1]->AppendPolled(polled_);
    poll(polled_.data(), polled_.size(), wait);
    for (size_t i = 0; i < 2; ++i) {
      const std::span<const pollfd> all(polled_);
      links_[i]->Step(Clock::now(), i == 0 ? all.first(first) : all.subspan(first));
      while (std::optional<LinkEvent> event = links_[i]->Next()) Take(i, *event);
    }
  }
  void Take(size_t side, const LinkEvent& event) {
    if (const auto* opened = std::get_if<LinkOpened>(&event)) {
      ++opened_[side];
      link_[side] = opened->link;
    }
    if (const auto* received = std::get_if<LinkReceived>(&event)) {
      if (!std::holds_alternative<Trace>(received->message)) return;
      ++received_[side];
      if (side == 1 && echoes_) links_[1]->Send(received->link, received->message);
    }
    if (const auto* closed = std::get_if<LinkClosed>(&event); closed != nullptr) {
      if (closed->end != LinkEnd::kClosed) throw std::runtime_error(closed->text);
    }
  }
  void OpenLink() {
    const uint64_t one = opened_[0];
    const uint64_t other = opened_[1];
    links_[0]->Connect(*IpAddress::Parse("127.0.0.62"));
    while (opened_[0] == one || opened_[1] == other) Step();
  }

  std::vector<std::unique_ptr<Links>> links_;
  std::vector<pollfd> polled_;
  uint64_t opened_[2] = {};
  uint64_t received_[2] = {};
  LinkId link_[2] = {};
  bool echoes_ = true;
};

Trace Question() {
  Trace trace;
  const IpAddress address = *IpAddress::Parse("192.0.2.1");
  trace.connection = {.local = {address, 22}, .remote = {address, 40000}};
  trace.hops_left = 1;
  trace.milliseconds_left = 1000;
  return trace;
}

double Micros(Clock::duration time) {
  return std::chrono::duration<double, std::micro>(time).count();
}

double Median(std::vector<double> values) {
  std::nth_element(values.begin(), values.begin() + static_cast<long>(values.size() / 2),
                   values.end());
  return values[values.size() / 2];
}

void Measure(Bench& bench, const std::string& name) {
  std::vector<double> opens;
  std::vector<double> asks;
  // Of both ends, whatever else this host does.
  std::clock_t processor = 0;
  constexpr int kOpens = 100;
  for (int i = 0; i < kOpens; ++i) {
    const auto begin = Clock::now();
    const std::clock_t used = std::clock();
    bench.OpenLink();
    processor += std::clock() - used;
    opens.push_back(Micros(Clock::now() - begin));
    for (int ask = 0; ask < 5; ++ask) {
      const uint64_t before = bench.received_[0];
      const auto asked = Clock::now();
      bench.one().Send(bench.link_[0], Question());
      while (bench.received_[0] == before) bench.Step();
      asks.push_back(Micros(Clock::now() - asked));
    }
    bench.one().Close(bench.link_[0]);
    for (int rest = 0; rest < 3; ++rest) bench.Step(1);
  }
  bench.OpenLink();
  bench.echoes_ = false;
  constexpr uint64_t kMessages = 100000;
  const uint64_t before = bench.received_[1];
  const auto begin = Clock::now();
  for (uint64_t sent = 0; sent < kMessages;) {
    for (int i = 0; i < 100; ++i, ++sent) bench.one().Send(bench.link_[0], Question());
    bench.Step();
  }
  while (bench.received_[1] - before < kMessages) bench.Step();
  const double each = Micros(Clock::now() - begin) / double{kMessages};
  const double opening = 1e6 * static_cast<double>(processor) / CLOCKS_PER_SEC / kOpens;
  std::cout << fmt::format(
      "{:<12} open {:.0f} us (processor {:.0f}), there and back {:.0f} us, each of {} {:.1f} us\n",
      name, Median(opens), opening, Median(asks), kMessages, each);
}

int Run(const std::string& authority, const std::string& certificate, const std::string& key) {
  absl::StatusOr<Trust> trust = Trust::Make(ReadFile(authority), "");
  absl::StatusOr<std::vector<std::string>> chain = CertificatesOfPem(ReadFile(certificate));
  absl::StatusOr<PrivateKey> secret = PrivateKey::Read(key);
  for (const absl::Status& status : {trust.status(), chain.status(), secret.status()}) {
    if (!status.ok()) throw std::runtime_error(std::string(status.message()));
  }
  OwnSigner signer(*std::move(secret));
  const Credentials credentials = {.certificate = chain->front(),
                                   .chain = {chain->begin() + 1, chain->end()}};
  LinkOptions options;
  options.max_handshakes_per_source_minute = 100000;
  if (!LinksAreEncrypted()) std::cout << "without encryption\n";
  for (const auto& [hopping, name] :
       {std::pair(PortHopping::kOff, "off"), std::pair(PortHopping::kPerSession, "per_session"),
        std::pair(PortHopping::kTimed, "timed")}) {
    options.hopping = hopping;
    options.hop_period = PacketDelta::FromMilliseconds(50);
    Bench bench(*trust, signer, credentials, options);
    Measure(bench, name);
  }
  return 0;
}

}  // namespace
}  // namespace cairn::tracing

int main(int argc, char** argv) {
  CLI::App app{"What a link between tracing agents costs"};
  std::string authority;
  std::string certificate;
  std::string key;
  app.add_option("--authority", authority)->required();
  app.add_option("--certificate", certificate)->required();
  app.add_option("--key", key)->required();
  CLI11_PARSE(app, argc, argv);
  try {
    return cairn::tracing::Run(authority, certificate, key);
  } catch (const std::exception& error) {
    std::cerr << error.what() << "\n";
    return 1;
  }
}
