// SPDX-License-Identifier: BSD-3-Clause
#include "tests/traceback/tokens/store_rig.h"

#include <stdlib.h>

#include <fstream>
#include <iterator>
#include <utility>

#include "catch2/catch.hpp"

#include "tests/traceback/tokens/sample_record.h"

namespace cairn::tokens {

namespace fs = std::filesystem;

std::string Bytes(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void Write(const fs::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

std::vector<std::string> Lines(const fs::path& path) {
  std::vector<std::string> lines;
  std::ifstream file(path, std::ios::binary);
  for (std::string line; std::getline(file, line);) lines.push_back(line + "\n");
  return lines;
}

void WriteLines(const fs::path& path, const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line;
  Write(path, text);
}

Rig::Rig() {
  std::string folder = "/tmp/cairn_store_XXXXXX";
  REQUIRE(mkdtemp(folder.data()) != nullptr);
  root = folder;
  options.folder = folder + "/store";
  options.min_free_bytes = 0;
  options.reserve_bytes = 0;
}

Rig::~Rig() {
  store.reset();
  fs::remove_all(root);
}

TokenStore& Rig::Open(PacketTime now) {
  store.reset();
  auto opened = TokenStore::Open(options, now);
  INFO(opened.status());
  REQUIRE(opened.ok());
  store = *std::move(opened);
  return *store;
}

Record Rig::Sample() { return SampleRecord(random, WallTime()); }

Asked Rig::Question() {
  Asked asked = Sample().asked;
  asked.type = stop::RequestType::kIdRec;
  return asked;
}

std::string Rig::Saved() {
  const absl::StatusOr<std::string> token = store->Save(Sample(), "carol");
  INFO(token.status());
  REQUIRE(token.ok());
  return *token;
}

std::string Rig::Ident() {
  std::string token = RandomToken();
  REQUIRE(store->NoteIdent(token, Question(), 1001, "alice").ok());
  return token;
}

std::string Rig::Answered(const std::string& first) {
  const NextHop hop = {.time = WallTime(),
                       .local = Sample().asked.local,
                       .remote = Sample().asked.remote,
                       .result = "answered",
                       .token = RandomToken(),
                       .error = {}};
  REQUIRE(store->Attach(first, hop).ok());
  return hop.token;
}

fs::path Rig::RecordPath(const std::string& token) const {
  return Folder() / "records" / (token + (options.compress ? ".json.gz" : ".json"));
}

}  // namespace cairn::tokens
