// SPDX-License-Identifier: BSD-3-Clause
#include <net/if.h>
#include <pcap/pcap.h>
#include <poll.h>
#include <sys/ioctl.h>

#include <algorithm>
#include <array>
#include <limits>
#include <string_view>
#include <utility>

#include "fmt/format.h"

#include "capture/file_byte_order.h"
#include "capture/frame_decoder.h"
#include "capture/open.h"
#include "capture/packet_time.h"
#include "capture/pcap_handle.h"
#include "capture/reorder.h"
#include "capture/wrapping_counter.h"

namespace cairn::capture {
namespace {

// Our own clock for a silent link: libpcap's read time-out is none on Linux, pcap_dispatch() may
// never return.
constexpr int kPollMilliseconds = 100;
// How long the kernel may collect packets before it hands a block of the ring over.
constexpr int kBlockMilliseconds = 10;
// Reads between two looks at the kernel's drop counters.
constexpr int kReadsPerStatistics = 1024;

class LiveSource : public SegmentSource {
 public:
  LiveSource(std::string interface, PcapHandle pcap, const Options& options, MonotonicClock clock)
      : interface_(std::move(interface)),
        pcap_(std::move(pcap)),
        clock_(std::move(clock)),
        link_(LinkTypeFromNumber(static_cast<uint32_t>(pcap_datalink(pcap_.get())))),
        decoder_(options.tunnels, options.details) {}

  absl::StatusOr<SourceState> Read(SegmentBatch& batch) override {
    if (!failure_.ok()) return failure_;
    if (++reads_since_statistics_ >= kReadsPerStatistics) ObserveDrops();
    const size_t before = batch.size();
    const int taken = Dispatch(batch);
    if (batch.size() > before) NoteSegments();
    if (taken > 0 || batch.full()) return SourceState::kMore;
    if (taken == 0) {
      pollfd waiting{.fd = pcap_get_selectable_fd(pcap_.get()), .events = POLLIN, .revents = 0};
      if (poll(&waiting, 1, kPollMilliseconds) > 0) {
        return NoSegmentsForLong() ? SourceState::kIdle : SourceState::kMore;
      }
      if (clock_ != nullptr) silent_since_ = clock_();
      ObserveDrops();
      // libpcap itself takes no notice when an interface goes down and only waits.
      if (InterfaceIsDown()) return Fail("the interface went down");
      return SourceState::kIdle;
    }
    return Fail(pcap_geterr(pcap_.get()));
  }

  CaptureCounters counters() const override {
    CaptureCounters counters = counters_;
    counters.kernel_dropped = kernel_dropped_.total();
    counters.interface_dropped = interface_dropped_.total();
    return counters;
  }

 private:
  void NoteSegments() {
    if (clock_ != nullptr) silent_since_ = clock_();
  }

  // Packets come, but none of them is a segment: as silent as a silent link.  Asked only when the
  // ring was found empty, so that no older segment waits there.
  bool NoSegmentsForLong() {
    if (clock_ == nullptr) return false;
    const PacketDelta now = clock_();
    if (now - silent_since_ < PacketDelta::FromMilliseconds(kPollMilliseconds)) return false;
    silent_since_ = now;
    return true;
  }

  absl::Status Fail(std::string_view reason) {
    failure_ = absl::UnavailableError(fmt::format(
        "{}: capturing stopped: {}; bring the interface up again and restart the capture",
        interface_, reason));
    ObserveDrops();
    return failure_;
  }

  // False also where nobody knows, as for the pseudo-interface "any".
  bool InterfaceIsDown() const {
    ifreq request{};
    if (interface_.size() >= sizeof(request.ifr_name)) return false;
    interface_.copy(request.ifr_name, sizeof(request.ifr_name) - 1);
    if (ioctl(pcap_get_selectable_fd(pcap_.get()), SIOCGIFFLAGS, &request) != 0) return false;
    return (request.ifr_flags & IFF_UP) == 0;
  }

  // How many packets were decoded; negative: the capture is over.
  int Dispatch(SegmentBatch& batch) {
    const size_t room = SegmentBatch::kCapacity - batch.size();
    if (room == 0) return 0;
    batch_ = &batch;
    return pcap_dispatch(pcap_.get(), static_cast<int>(room), &LiveSource::OnPacket,
                         reinterpret_cast<u_char*>(this));
  }

  static void OnPacket(u_char* self, const pcap_pkthdr* header, const u_char* bytes) {
    auto* source = reinterpret_cast<LiveSource*>(self);
    const Packet packet{.time = TimeFromParts(header->ts.tv_sec, source->NanosecondsOf(*header)),
                        .link = source->link_,
                        .wire_bytes = header->len,
                        .bytes = {bytes, header->caplen}};
    source->decoder_.DecodeInto(packet, *source->batch_, source->counters_);
  }

  int64_t NanosecondsOf(const pcap_pkthdr& header) const {
    return nanoseconds_ ? header.ts.tv_usec : header.ts.tv_usec * 1000;
  }

  void ObserveDrops() {
    reads_since_statistics_ = 0;
    pcap_stat statistics{};
    if (pcap_stats(pcap_.get(), &statistics) != 0) return;
    kernel_dropped_.Observe(statistics.ps_drop);
    interface_dropped_.Observe(statistics.ps_ifdrop);
  }

  std::string interface_;
  PcapHandle pcap_;
  MonotonicClock clock_;
  PacketDelta silent_since_;  // by clock_: since then no segment came
  LinkType link_;
  bool nanoseconds_ = pcap_get_tstamp_precision(pcap_.get()) == PCAP_TSTAMP_PRECISION_NANO;
  FrameDecoder decoder_;
  CaptureCounters counters_;
  SegmentBatch* batch_ = nullptr;  // during Dispatch()
  int reads_since_statistics_ = 0;
  WrappingCounter kernel_dropped_;
  WrappingCounter interface_dropped_;
  absl::Status failure_;
};

void Configure(pcap_t* pcap, const Options& options) {
  constexpr uint64_t kLargest = std::numeric_limits<int>::max();
  const uint64_t wanted = uint64_t{options.snap_length_bytes} + options.details.fingerprint_bytes;
  pcap_set_snaplen(pcap, static_cast<int>(std::min<uint64_t>(wanted, kLongestPacket)));
  pcap_set_promisc(pcap, options.promiscuous ? 1 : 0);
  pcap_set_buffer_size(pcap, static_cast<int>(std::min(options.ring_bytes, kLargest)));
  pcap_set_timeout(pcap, kBlockMilliseconds);
  pcap_set_immediate_mode(pcap, 0);
  pcap_set_tstamp_precision(pcap, PCAP_TSTAMP_PRECISION_NANO);
}

absl::Status ActivationError(const std::string& interface, pcap_t* pcap, int code) {
  const std::string detail = fmt::format("{} {}", pcap_statustostr(code), pcap_geterr(pcap));
  switch (code) {
    case PCAP_ERROR_PERM_DENIED:
    case PCAP_ERROR_PROMISC_PERM_DENIED:
      return absl::PermissionDeniedError(
          fmt::format("{}: capturing needs the capability CAP_NET_RAW; run as root, or: setcap "
                      "cap_net_raw+ep PROGRAM",
                      interface));
    case PCAP_ERROR_NO_SUCH_DEVICE:
      return absl::NotFoundError(
          fmt::format("{}: there is no such interface; 'ip link' lists the interfaces", interface));
    case PCAP_ERROR_IFACE_NOT_UP:
      return absl::UnavailableError(fmt::format(
          "{}: the interface is down; bring it up with 'ip link set {} up'", interface, interface));
    default:
      return absl::UnavailableError(
          fmt::format("{}: cannot be captured from: {}", interface, detail));
  }
}

absl::Status SetFilter(const std::string& interface, pcap_t* pcap, const std::string& filter) {
  if (filter.empty()) return absl::OkStatus();
  bpf_program program{};
  if (pcap_compile(pcap, &program, filter.c_str(), 1, PCAP_NETMASK_UNKNOWN) != 0) {
    return absl::InvalidArgumentError(fmt::format(
        "the capture filter '{}' is not valid: {}; see pcap-filter(7)", filter, pcap_geterr(pcap)));
  }
  const int result = pcap_setfilter(pcap, &program);
  pcap_freecode(&program);
  if (result == 0) return absl::OkStatus();
  return absl::UnavailableError(
      fmt::format("{}: the capture filter cannot be set: {}", interface, pcap_geterr(pcap)));
}

}  // namespace

absl::StatusOr<std::unique_ptr<SegmentSource>> OpenLive(const std::string& interface,
                                                        const Options& options,
                                                        MonotonicClock clock) {
  std::array<char, PCAP_ERRBUF_SIZE> reason{};
  PcapHandle pcap(pcap_create(interface.c_str(), reason.data()));
  if (pcap == nullptr) {
    return absl::UnavailableError(
        fmt::format("{}: cannot be captured from: {}", interface, reason.data()));
  }
  Configure(pcap.get(), options);
  const int activated = pcap_activate(pcap.get());
  if (activated < 0) return ActivationError(interface, pcap.get(), activated);
  const auto link = static_cast<uint32_t>(pcap_datalink(pcap.get()));
  if (LinkTypeFromNumber(link) == LinkType::kUnsupported) {
    return absl::InvalidArgumentError(
        fmt::format("{}: its link type {} is not supported", interface, LinkTypeDescription(link)));
  }
  absl::Status filter_status = SetFilter(interface, pcap.get(), options.filter);
  if (!filter_status.ok()) return filter_status;
  if (pcap_setnonblock(pcap.get(), 1, reason.data()) != 0 ||
      pcap_get_selectable_fd(pcap.get()) < 0) {
    return absl::UnavailableError(
        fmt::format("{}: cannot be waited for: {}", interface, reason.data()));
  }
  return PutInOrder(std::make_unique<LiveSource>(interface, std::move(pcap), options, clock),
                    {.window = options.reorder_window,
                     .interface_window = options.interface_window,
                     .on_idle = OnIdle::kRelease,
                     .name = interface,
                     .clock = clock});
}

}  // namespace cairn::capture
