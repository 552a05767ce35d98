// SPDX-License-Identifier: BSD-3-Clause
#include "detector/checkpoint/envelope.h"

#include "fmt/format.h"

#include "base/crc32.h"
#include "detector/checkpoint/archive.h"

namespace cairn::checkpoint {
namespace {

constexpr char kBeginAnew[] = "remove it to begin anew, or put a copy in its place";

struct Header {
  uint32_t version = kVersion;
  uint64_t length = 0;
  uint32_t checksum = 0;

  template <typename Archive>
  void Fields(Archive& archive) {
    archive(version, length, checksum);
  }
};
constexpr size_t kHeaderBytes = 4 + 8 + 4;

}  // namespace

std::string Seal(std::string_view body) {
  Writer header;
  header(Header{.length = body.size(), .checksum = Crc32(body)});
  std::string sealed(kMagic);
  sealed += header.bytes();
  sealed += body;
  return sealed;
}

absl::StatusOr<std::string_view> Unseal(std::string_view sealed) {
  if (!sealed.starts_with(kMagic)) {
    const bool is_cut = !sealed.empty() && kMagic.starts_with(sealed);
    return absl::InvalidArgumentError(
        is_cut ? fmt::format("the state is cut off; {}", kBeginAnew)
               : std::string("it holds no state of cairn; name another file"));
  }
  std::string_view rest = sealed.substr(kMagic.size());
  Header header;
  Reader(rest.substr(0, kHeaderBytes))(header);
  if (rest.size() < kHeaderBytes) {
    return absl::InvalidArgumentError(fmt::format("the state is cut off; {}", kBeginAnew));
  }
  if (header.version != kVersion) {
    return absl::InvalidArgumentError(fmt::format(
        "the state was written by {} version of cairn (format {}, this one reads {}); use that "
        "version, or remove the file to begin anew",
        header.version > kVersion ? "a newer" : "an older", header.version, kVersion));
  }
  rest.remove_prefix(kHeaderBytes);
  if (rest.size() < header.length) {
    return absl::InvalidArgumentError(fmt::format("the state is cut off; {}", kBeginAnew));
  }
  if (rest.size() > header.length || Crc32(rest) != header.checksum) {
    return absl::InvalidArgumentError(fmt::format("the state is damaged; {}", kBeginAnew));
  }
  return rest;
}

}  // namespace cairn::checkpoint
