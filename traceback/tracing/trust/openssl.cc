// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/tracing/trust/openssl.h"

#include <openssl/err.h>

#include <array>
#include <climits>
#include <ctime>

#include "fmt/format.h"

namespace cairn::tracing {

BioPtr ReadingBio(std::string_view bytes) {
  if (bytes.size() > INT_MAX) return nullptr;
  return BioPtr(BIO_new_mem_buf(bytes.data(), static_cast<int>(bytes.size())));
}

std::string BioText(BIO* bio) {
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio, &text);
  return size > 0 ? std::string(text, static_cast<size_t>(size)) : std::string();
}

int NoPassphrase(char* /*buffer*/, int /*size*/, int /*writing*/, void* /*user*/) { return -1; }

std::string TakeOpenSslError() {
  std::array<char, 256> text{};
  // The first one is the cause; the others tell through which calls it came.
  const unsigned long first = ERR_get_error();
  if (first != 0) ERR_error_string_n(first, text.data(), text.size());
  ERR_clear_error();
  return text.data();
}

absl::Status OpenSslFailure(std::string_view doing) {
  return absl::InternalError(fmt::format("cannot {}: {}", doing, TakeOpenSslError()));
}

PacketTime TimeOf(const ASN1_TIME* time, PacketTime otherwise) {
  constexpr int64_t kNanosecondsPerSecond = 1000000000;
  std::tm parts{};
  if (time == nullptr || ASN1_TIME_to_tm(time, &parts) != 1) return otherwise;
  const int64_t seconds = timegm(&parts);
  if (seconds >= UnixSeconds(PacketTime::InfiniteFuture())) return PacketTime::InfiniteFuture();
  if (seconds <= UnixSeconds(PacketTime::InfinitePast())) return PacketTime::InfinitePast();
  return PacketTime::FromNanoseconds(seconds * kNanosecondsPerSecond);
}

int64_t UnixSeconds(PacketTime time) { return StretchNumber(time, PacketDelta::FromSeconds(1)); }

}  // namespace cairn::tracing
