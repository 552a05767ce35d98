// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_COMMANDS_PROGRAM_DURATION_OPTION_H_
#define CAIRN_COMMANDS_PROGRAM_DURATION_OPTION_H_

#include <functional>
#include <string>
#include <vector>

#include "base/time.h"

namespace CLI {  // NOLINT(readability-identifier-naming): the name of the library
class App;
class Option;
}  // namespace CLI

namespace cairn::commands {

// What somebody may let a command wait for a host's answer.
inline constexpr PacketDelta kShortestTimeout = PacketDelta::FromMilliseconds(100);
inline constexpr PacketDelta kLongestTimeout = PacketDelta::FromSeconds(3600);

// An option whose value is a length of time with its unit ("90s", "1m", "0.5h"); a number alone
// means seconds.  `take` gets each value that lies within the bounds; others are wrong usage.
CLI::Option* AddDuration(CLI::App& app, const std::string& names, const std::string& help,
                         PacketDelta least, PacketDelta most,
                         const std::function<void(PacketDelta)>& take);

// The same for an option that may be repeated; `take` gets all values.
CLI::Option* AddDurations(CLI::App& app, const std::string& names, const std::string& help,
                          PacketDelta least, PacketDelta most,
                          const std::function<void(std::vector<PacketDelta>)>& take);

}  // namespace cairn::commands

#endif  // CAIRN_COMMANDS_PROGRAM_DURATION_OPTION_H_
