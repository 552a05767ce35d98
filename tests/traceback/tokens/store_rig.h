// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TESTS_TRACEBACK_TOKENS_STORE_RIG_H_
#define CAIRN_TESTS_TRACEBACK_TOKENS_STORE_RIG_H_

#include <filesystem>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "base/wall_clock.h"
#include "traceback/tokens/redemption.h"
#include "traceback/tokens/token_store.h"

namespace cairn::tokens {

std::string Bytes(const std::filesystem::path& path);
void Write(const std::filesystem::path& path, const std::string& bytes);
// With their line feeds.
std::vector<std::string> Lines(const std::filesystem::path& path);
void WriteLines(const std::filesystem::path& path, const std::vector<std::string>& lines);

// A store in a folder of its own.
class Rig {
 public:
  Rig();
  ~Rig();
  Rig(const Rig&) = delete;
  Rig& operator=(const Rig&) = delete;

  TokenStore& Open(PacketTime now = WallTime());
  void Close() { store.reset(); }
  Record Sample();
  // Of type ID_REC.
  Asked Question();
  // Tokens of each kind.
  std::string Saved();
  std::string Ident();
  std::string Answered(const std::string& first);  // that of the previous host
  std::filesystem::path Journal() const { return Folder() / "journal.jsonl"; }
  std::filesystem::path Next(const std::string& token) const {
    return Folder() / "records" / (token + ".next");
  }
  std::filesystem::path RecordPath(const std::string& token) const;
  std::filesystem::path Folder() const { return options.folder; }

  std::filesystem::path root;
  Options options;
  std::unique_ptr<TokenStore> store;
  std::mt19937 random{17};
};

}  // namespace cairn::tokens

#endif  // CAIRN_TESTS_TRACEBACK_TOKENS_STORE_RIG_H_
