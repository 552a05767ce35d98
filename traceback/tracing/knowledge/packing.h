// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_TRACING_KNOWLEDGE_PACKING_H_
#define CAIRN_TRACEBACK_TRACING_KNOWLEDGE_PACKING_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

#include "traceback/tracing/wire/chain.h"

// Chains in little room: deflated, with numbers in place of certificates, which all chains of a
// site have in common.
namespace cairn::tracing {

// Certificates by number, each once.  Thread-compatible.
class CertificateShelf {
 public:
  struct Kept {
    std::string der;
    uint64_t uses = 0;
    bool is_saved = false;
  };

  // One more use.
  uint32_t Use(const std::string& der);
  void UseAgain(uint32_t number);
  void Release(uint32_t number);
  // From a file.  False: that number is another one's.
  bool Load(uint32_t number, std::string der);
  // What nobody uses.
  void DropUnused();
  const std::string* Find(uint32_t number) const;
  std::map<uint32_t, Kept>& all() { return kept_; }
  const std::map<uint32_t, Kept>& all() const { return kept_; }
  uint64_t bytes() const { return bytes_; }  // of memory

 private:
  void Remove(std::map<uint32_t, Kept>::iterator kept);

  std::map<uint32_t, Kept> kept_;
  std::map<std::array<uint8_t, 32>, uint32_t> numbers_;  // by SHA-256
  uint32_t next_ = 1;
  uint64_t bytes_ = 0;
};

struct PackedChain {
  std::string bytes = {};
  std::vector<uint32_t> certificates = {};  // each once
};

// Uses the certificates of the chain.
PackedChain PackChain(const Chain& chain, CertificateShelf& shelf);
// InvalidArgument: not such bytes, or a certificate is missing.  `certificates`, if given, is set
// to the numbers of those it needs, each once.
absl::StatusOr<Chain> UnpackChain(std::string_view bytes, const CertificateShelf& shelf,
                                  std::vector<uint32_t>* certificates = nullptr);

std::string Deflated(std::string_view bytes);
// Unset: it is not deflated, or longer than `most`.
std::optional<std::string> Inflated(std::string_view bytes, size_t most);

}  // namespace cairn::tracing

#endif  // CAIRN_TRACEBACK_TRACING_KNOWLEDGE_PACKING_H_
