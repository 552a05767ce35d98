// SPDX-License-Identifier: BSD-3-Clause
#include "output/packet_filters.h"

#include <string_view>

#include "fmt/format.h"

#include "base/time_text.h"

namespace cairn::output {
namespace {

// After a connection has closed, its last acknowledgement and repeated segments still come.
constexpr PacketDelta kAfterEnd = PacketDelta::FromSeconds(60);

std::string CapturedFrom(const Endpoint& from, const Endpoint& to) {
  return fmt::format("src host {} and src port {} and dst host {} and dst port {}",
                     from.ip.ToString(), from.port, to.ip.ToString(), to.port);
}

std::string ShownFrom(const Endpoint& from, const Endpoint& to) {
  const std::string_view ip = from.ip.IsV4() ? "ip" : "ipv6";
  return fmt::format(
      "({0}.src == {1} && tcp.srcport == {2} && {0}.dst == {3} && tcp.dstport == {4})", ip,
      from.ip.ToString(), from.port, to.ip.ToString(), to.port);
}

}  // namespace

std::string CaptureFilter(std::span<const AlertedConnection> connections, VlanTags tags) {
  std::string any;
  for (const AlertedConnection& connection : connections) {
    any += fmt::format("{}({}) or ({})", any.empty() ? "" : " or ",
                       CapturedFrom(connection.orig, connection.resp),
                       CapturedFrom(connection.resp, connection.orig));
  }
  std::string plain = fmt::format("(tcp and ({}))", any);
  if (tags == VlanTags::kNone) return plain;
  // Each `vlan` moves everything behind it one tag further in.
  return fmt::format("{0} or (vlan and ({0} or (vlan and {0})))", plain);
}

std::string DisplayFilter(std::span<const AlertedConnection> connections,
                          std::optional<PacketTime> end, bool with_times) {
  std::string any;
  for (const AlertedConnection& connection : connections) {
    std::string one = fmt::format("({} || {})", ShownFrom(connection.orig, connection.resp),
                                  ShownFrom(connection.resp, connection.orig));
    if (with_times) {
      one = fmt::format("({} && frame.time >= \"{}\")", one, Rfc3339(connection.start));
    }
    any += (any.empty() ? "" : " || ") + one;
  }
  if (!with_times || !end.has_value()) return any;
  return fmt::format("({}) && frame.time <= \"{}\"", any, Rfc3339(*end + kAfterEnd));
}

}  // namespace cairn::output
