// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_CONFIG_KEYS_CONTRADICTION_H_
#define CAIRN_CONFIG_KEYS_CONTRADICTION_H_

#include <string>
#include <vector>

namespace cairn::config {

// Settings that are well-formed alone and make no sense together.
struct Contradiction {
  std::vector<std::string> keys;  // the dotted paths involved
  std::string text;               // what is wrong and what to do; names the keys
};

}  // namespace cairn::config

#endif  // CAIRN_CONFIG_KEYS_CONTRADICTION_H_
