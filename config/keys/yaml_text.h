// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_CONFIG_KEYS_YAML_TEXT_H_
#define CAIRN_CONFIG_KEYS_YAML_TEXT_H_

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// Text for YAML.
namespace cairn::config {

// The offset of the first byte that a configuration's text may not hold: invalid UTF-8, or a
// control character other than a line end or a tab.
std::optional<size_t> FindUnprintable(std::string_view text);

// `text` as a YAML scalar that reads back as the same text: plain where that is safe, else in
// double quotes.
std::string YamlScalar(std::string_view text);
// "[a, b]" of texts that are YAML already.
std::string YamlList(const std::vector<std::string>& items);

// `text` broken into lines of at most `width` bytes at blanks (a longer word keeps a line of its
// own).
std::vector<std::string> WrapLines(std::string_view text, size_t width);

}  // namespace cairn::config

#endif  // CAIRN_CONFIG_KEYS_YAML_TEXT_H_
