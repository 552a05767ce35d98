// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_CAPTURE_TUNNELS_H_
#define CAIRN_CAPTURE_TUNNELS_H_

#include "capture/cursor.h"
#include "capture/layer.h"
#include "capture/options.h"

namespace cairn::capture {

// The headers of tunnels that are not IP itself.  Whether a tunnel may be entered is the frame
// decoder's business.

// GRE (RFC 2784, 2890; RFC 1701's routing field), with an EtherType inside, Ethernet (transparent
// bridging, ERSPAN) or, in its enhanced form of RFC 2637 (PPTP), PPP.
Step ReadGre(Cursor& at);

// Looks at a UDP header's destination port only: kVxlan, kGeneve, or not TCP.
Step ReadUdp(Cursor& at, const TunnelOptions& options);

Step ReadVxlan(Cursor& at);   // RFC 7348
Step ReadGeneve(Cursor& at);  // RFC 8926

}  // namespace cairn::capture

#endif  // CAIRN_CAPTURE_TUNNELS_H_
