// SPDX-License-Identifier: BSD-3-Clause
#include "capture/file_errors.h"

#include "fmt/format.h"

#include "capture/link_layers.h"

namespace cairn::capture {

absl::Status InterruptedError(const std::string& name) {
  return absl::CancelledError(fmt::format("{}: interrupted while waiting for packets", name));
}

absl::Status NotACaptureError(const std::string& name, std::string_view reason) {
  return absl::InvalidArgumentError(
      fmt::format("{}: is not a pcap or pcapng capture ({}); look at it with 'file' or 'capinfos'",
                  name, reason));
}

absl::Status UnsupportedLinkError(const std::string& name, uint32_t link) {
  return absl::InvalidArgumentError(
      fmt::format("{}: its link type {} is not supported; capture on an Ethernet, cooked, PPP, "
                  "loopback or raw IP "
                  "interface instead",
                  name, LinkTypeDescription(link)));
}

absl::Status MixedCaptureError(const std::string& name, std::string_view reason) {
  return absl::InvalidArgumentError(
      fmt::format("{}: libpcap cannot read on ({}); use the built-in reader, or split the file by "
                  "interface with tshark",
                  name, reason));
}

absl::Status CutHeaderError(const std::string& name) {
  return absl::DataLossError(fmt::format(
      "{}: ends inside its file header; no packet could be read, fetch it again in full", name));
}

absl::Status DamagedPacketError(const std::string& name, uint64_t packet_number,
                                std::string_view reason) {
  return absl::DataLossError(
      fmt::format("{}: is damaged or cut at packet {} ({}); the {} packets before it were read, "
                  "fetch the file again "
                  "or repair it with 'editcap' for the rest",
                  name, packet_number, reason, packet_number - 1));
}

}  // namespace cairn::capture
