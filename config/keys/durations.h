// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_CONFIG_KEYS_DURATIONS_H_
#define CAIRN_CONFIG_KEYS_DURATIONS_H_

#include "base/time.h"

// What the bounds of settings are said in.
namespace cairn::config {

inline constexpr PacketDelta kMillisecond = PacketDelta::FromMilliseconds(1);
inline constexpr PacketDelta kSecond = PacketDelta::FromSeconds(1);
inline constexpr PacketDelta kHour = kSecond * 3600;
inline constexpr PacketDelta kDay = kHour * 24;
inline constexpr PacketDelta kYear = kDay * 365;

}  // namespace cairn::config

#endif  // CAIRN_CONFIG_KEYS_DURATIONS_H_
