// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/tokens/ledger.h"

#include <algorithm>
#include <string>

#include "absl/strings/escaping.h"

namespace cairn::tokens {

Ledger::Key Ledger::KeyOf(std::string_view token) {
  Key key{};
  const std::string bytes = absl::HexStringToBytes(absl::string_view(token.data(), token.size()));
  std::copy_n(bytes.begin(), std::min(bytes.size(), key.size()), key.begin());
  return key;
}

void Ledger::AddFiles(std::string_view token, const IpAddress& asker, uint64_t bytes,
                      std::optional<uint32_t> uid) {
  Files& files = files_[KeyOf(token)];
  files.asker = asker;
  if (!files.uid.has_value()) files.uid = uid;
  files.bytes += bytes;
  shares_.Add(asker, bytes);
  if (uid.has_value()) users_[*uid] += bytes;
}

void Ledger::RemoveFiles(std::string_view token) {
  const auto found = files_.find(KeyOf(token));
  if (found == files_.end()) return;
  const Files& files = found->second;
  shares_.Subtract(files.asker, files.bytes);
  if (files.uid.has_value()) {
    const auto user = users_.find(*files.uid);
    if (user != users_.end()) user->second -= std::min(user->second, files.bytes);
    if (user != users_.end() && user->second == 0) users_.erase(user);
  }
  files_.erase(found);
}

uint64_t Ledger::OfUser(uint32_t uid) const {
  const auto found = users_.find(uid);
  return found == users_.end() ? 0 : found->second;
}

bool Ledger::HasFiles(std::string_view token) const { return files_.contains(KeyOf(token)); }

std::optional<IpAddress> Ledger::AskerOf(std::string_view token) const {
  const auto found = files_.find(KeyOf(token));
  if (found == files_.end()) return std::nullopt;
  return found->second.asker;
}

void Ledger::Clear() {
  shares_.Clear();
  files_.clear();
  users_.clear();
}

}  // namespace cairn::tokens
