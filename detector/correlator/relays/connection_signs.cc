// SPDX-License-Identifier: BSD-3-Clause
#include "detector/correlator/relays/connection_signs.h"

#include <algorithm>

#include "detector/correlator/relays/signs.h"

namespace cairn::relays {
namespace {

// Of SignWord(): words from here on are for other uses than a connection's sign.
constexpr uint32_t kOutgoingWords = 1U << 16U;
constexpr uint32_t kSideWords = 1U << 17U;

void Fill(uint64_t id, uint32_t first_word, std::vector<uint64_t>& words) {
  for (uint32_t w = 0; w < words.size(); ++w) words[w] = SignWord(id, first_word + w);
}

bool Bit(std::span<const uint64_t> words, size_t k) {
  return (words[k / 64] >> (k % 64) & 1U) != 0;
}

}  // namespace

const IpAddress& PeerOf(const ConnectionSummary& connection, Role role) {
  return role == Role::kAccepted ? connection.orig.ip : connection.resp.ip;
}

ConnectionSigns::ConnectionSigns(const Options& options)
    : method_(options.method),
      pairing_(options.pairing),
      first_(options.sums / 64),
      second_(options.sums / 64) {}

void ConnectionSigns::Set(uint64_t uid, Role role, uint64_t peer) {
  Fill(uid, 0, first_);
  if (method_ == Method::kPublished) {
    Fill(uid, kOutgoingWords, second_);
  } else if (pairing_ == Pairing::kAny) {
    Fill(peer, kSideWords, second_);
  } else {
    std::fill(second_.begin(), second_.end(), role == Role::kAccepted ? 0 : ~uint64_t{0});
  }
}

void ConnectionSigns::Product(const Options& options, const ConnectionSigns& a,
                              const ConnectionSigns& b, std::span<int8_t> product) {
  const bool published = options.method == Method::kPublished;
  const std::span<const uint64_t> other = published ? b.outgoing() : b.sign();
  for (size_t k = 0; k < product.size(); ++k) {
    const bool meet = published || Bit(a.side(), k) != Bit(b.side(), k);
    const int sign = Bit(a.first_, k) == Bit(other, k) ? 1 : -1;
    product[k] = static_cast<int8_t>(meet ? sign : 0);
  }
}

}  // namespace cairn::relays
