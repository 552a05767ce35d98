// SPDX-License-Identifier: BSD-3-Clause
// Live capture over a pair of virtual Ethernet interfaces in a network namespace of its own.  Needs
// root.
#include <fcntl.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <sstream>
#include <string>

#include "catch2/catch.hpp"

#include "capture/open.h"
#include "capture/wrapping_counter.h"
#include "tests/capture/capture_files.h"

namespace cairn::testing {
namespace {

using absl::StatusCode;
using capture::SegmentSource;
using capture::SourceState;

bool SkippedWithoutRoot() {
  if (geteuid() == 0) return false;
  std::cout << "SKIPPED: live capture tests need root (a network namespace and CAP_NET_RAW)\n";
  return true;
}

void Run(const char* command) {
  INFO(command);
  REQUIRE(std::system(command) == 0);  // NOLINT(concurrency-mt-unsafe): the tests have one thread
}

// Enters a fresh namespace with two connected interfaces, "near" and "far"; leaves it when done.
class VethPair {
 public:
  VethPair() : home_(open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC)) {
    REQUIRE(home_ >= 0);
    REQUIRE(unshare(CLONE_NEWNET) == 0);
    Run("ip link add near type veth peer name far");
    // Without IPv6 the links stay silent but for what the test sends.
    Run("echo 1 > /proc/sys/net/ipv6/conf/near/disable_ipv6");
    Run("echo 1 > /proc/sys/net/ipv6/conf/far/disable_ipv6");
    Run("ip link set near up && ip link set far up");
    sender_ = socket(AF_PACKET, SOCK_RAW, 0);
    REQUIRE(sender_ >= 0);
    sockaddr_ll address{};
    address.sll_family = AF_PACKET;
    address.sll_ifindex = static_cast<int>(if_nametoindex("near"));
    REQUIRE(bind(sender_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0);
  }
  ~VethPair() {
    close(sender_);
    setns(home_, CLONE_NEWNET);
    close(home_);
  }
  VethPair(const VethPair&) = delete;
  VethPair& operator=(const VethPair&) = delete;

  void Send(const Bytes& frame) const {
    REQUIRE(send(sender_, frame.data(), frame.size(), 0) == static_cast<ssize_t>(frame.size()));
  }
  // Packets that "far" has received.  On a busy machine the kernel drops some before.
  static uint64_t Received() {
    std::ifstream counters("/proc/thread-self/net/dev");
    std::string name;
    uint64_t bytes = 0;
    uint64_t packets = 0;
    for (std::string line; std::getline(counters, line);) {
      std::istringstream words(line);
      if (words >> name >> bytes >> packets && name == "far:") return packets;
    }
    FAIL("no counters of far");
    return 0;
  }

 private:
  int home_;
  int sender_ = -1;
};

Bytes LiveFrame(uint32_t seq, uint16_t port = 22) {
  return PlainTcpFrame("10.0.0.1", 1000, "10.0.0.2", port, seq, 40);
}

std::unique_ptr<SegmentSource> Open(const capture::Options& options) {
  auto source = capture::OpenLive("far", options);
  INFO(source.status().ToString());
  REQUIRE(source.ok());
  return *std::move(source);
}

// Reads until `packets` were seen or lost, or the link has been silent for five seconds.
std::vector<Segment> ReadPackets(SegmentSource& source, uint64_t packets) {
  std::vector<Segment> segments;
  SegmentBatch batch;
  for (int idle = 0; idle < 50;) {
    batch.Clear();
    const auto state = source.Read(batch);
    REQUIRE(state.ok());
    segments.insert(segments.end(), batch.segments().begin(), batch.segments().end());
    if (*state == SourceState::kIdle) {
      const CaptureCounters counters = source.counters();
      if (counters.packets + counters.kernel_dropped >= packets) break;
      ++idle;
    }
  }
  return segments;
}

}  // namespace

TEST_CASE("packets on a live link arrive as segments, in order, with their wire lengths") {
  if (SkippedWithoutRoot()) return;
  const VethPair link;
  const auto source = Open({});
  for (uint32_t i = 0; i < 1000; ++i) link.Send(LiveFrame(i));
  const std::vector<Segment> segments = ReadPackets(*source, 1000);
  REQUIRE(segments.size() == 1000);
  for (uint32_t i = 0; i < 1000; ++i) {
    CHECK(segments[i].seq == i);
    CHECK(segments[i].payload_bytes == 40);
    if (i != 0) CHECK(segments[i - 1].time <= segments[i].time);
  }
  CHECK(source->counters().segments == 1000);
  CHECK(source->counters().kernel_dropped == 0);
}

TEST_CASE("a silent live link says idle again and again") {
  if (SkippedWithoutRoot()) return;
  const VethPair link;
  const auto source = Open({});
  SegmentBatch batch;
  int idle = 0;
  for (int i = 0; i < 3; ++i) {
    const auto state = source->Read(batch);
    REQUIRE(state.ok());
    if (*state == SourceState::kIdle) ++idle;
  }
  CHECK(idle > 0);
  CHECK(batch.empty());
}

TEST_CASE("a live snapshot length of 20 bytes shows as counted truncation") {
  if (SkippedWithoutRoot()) return;
  const VethPair link;
  const auto source = Open({.snap_length_bytes = 20});
  for (uint32_t i = 0; i < 10; ++i) link.Send(LiveFrame(i));
  CHECK(ReadPackets(*source, 10).empty());
  CHECK(source->counters().Dropped(DropReason::kTruncatedNetwork) == 10);
}

TEST_CASE("the live filter keeps other packets out, an invalid one is refused") {
  if (SkippedWithoutRoot()) return;
  const VethPair link;
  const auto source = Open({.filter = "tcp port 2222"});
  for (uint32_t i = 0; i < 10; ++i) link.Send(LiveFrame(i, i % 2 == 0 ? 22 : 2222));
  CHECK(ReadPackets(*source, 5).size() == 5);
  CHECK(source->counters().packets == 5);
  const auto refused = capture::OpenLive("far", {.filter = "tcp prot 22"});
  CHECK(refused.status().code() == StatusCode::kInvalidArgument);
  CHECK(refused.status().ToString().find("tcp prot 22") != std::string::npos);
}

TEST_CASE("packets that a full ring loses are counted as kernel drops") {
  if (SkippedWithoutRoot()) return;
  const VethPair link;
  const auto source = Open({.snap_length_bytes = 262144, .ring_bytes = 1 << 20});
  constexpr uint64_t kSent = 60000;
  for (uint32_t i = 0; i < kSent; ++i) link.Send(LiveFrame(i));
  const std::vector<Segment> segments = ReadPackets(*source, VethPair::Received());
  const CaptureCounters counters = source->counters();
  CHECK(VethPair::Received() > kSent / 2);
  CHECK(counters.kernel_dropped > 0);
  CHECK(counters.packets + counters.kernel_dropped == VethPair::Received());
  CHECK(segments.size() == counters.packets);
}

TEST_CASE("an interface that goes down makes the live source unavailable") {
  if (SkippedWithoutRoot()) return;
  const VethPair link;
  const auto source = Open({});
  link.Send(LiveFrame(1));
  CHECK(ReadPackets(*source, 1).size() == 1);
  Run("ip link set far down");
  SECTION("for good") {}
  SECTION("also when it comes up again later") {
    SegmentBatch batch;
    for (int i = 0; i < 50 && source->Read(batch).ok(); ++i) {
    }
    Run("ip link set far up");
  }
  SegmentBatch batch;
  absl::Status status;
  for (int i = 0; i < 50 && status.ok(); ++i) status = source->Read(batch).status();
  CHECK(status.code() == StatusCode::kUnavailable);
  CHECK(status.ToString().find("far") != std::string::npos);
  CHECK(source->Read(batch).status() == status);
}

TEST_CASE("a deleted interface makes the live source unavailable") {
  if (SkippedWithoutRoot()) return;
  const VethPair link;
  const auto source = Open({});
  Run("ip link del far");
  SegmentBatch batch;
  absl::Status status;
  for (int i = 0; i < 50 && status.ok(); ++i) status = source->Read(batch).status();
  CHECK(status.code() == StatusCode::kUnavailable);
}

TEST_CASE("an interface that is down from the start is unavailable") {
  if (SkippedWithoutRoot()) return;
  const VethPair link;
  Run("ip link set far down");
  auto source = capture::OpenLive("far", {});
  absl::Status status = source.status();
  SegmentBatch batch;
  for (int i = 0; i < 50 && status.ok(); ++i) status = (*source)->Read(batch).status();
  CHECK(status.code() == StatusCode::kUnavailable);
}

TEST_CASE("a missing interface and missing rights are told apart") {
  if (SkippedWithoutRoot()) return;
  CHECK(capture::OpenLive("no-such-link", {}).status().code() == StatusCode::kNotFound);
  REQUIRE(seteuid(65534) == 0);
  const absl::Status status = capture::OpenLive("lo", {}).status();
  REQUIRE(seteuid(0) == 0);
  CHECK(status.code() == StatusCode::kPermissionDenied);
  CHECK(status.ToString().find("CAP_NET_RAW") != std::string::npos);
}

TEST_CASE("a 32-bit drop counter is carried on when it wraps, and a reset counter adds nothing") {
  capture::WrappingCounter counter;
  counter.Observe(5);
  CHECK(counter.total() == 5);
  counter.Observe(0x7fffffff);
  counter.Observe(0xfffffff0U);
  CHECK(counter.total() == 0xfffffff0ULL);
  counter.Observe(0x10);
  CHECK(counter.total() == 0x100000010ULL);
  counter.Observe(0x8);
  CHECK(counter.total() == 0x100000010ULL);
  counter.Observe(0xa);
  CHECK(counter.total() == 0x100000012ULL);
}

}  // namespace cairn::testing
