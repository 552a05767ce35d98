// SPDX-License-Identifier: BSD-3-Clause
// Any bytes as the file of an agent's chains: what can be read of it is read the same again, shared
// with others and drawn.
//
// The first byte says what the others are: the file itself, or records, whose checksums a fuzzer
// could not find.  A record: its kind, two bytes of length, so many bytes; chains are not deflated.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "traceback/tracing/knowledge/drawing.h"
#include "traceback/tracing/knowledge/journal_file.h"
#include "traceback/tracing/knowledge/knowledge.h"
#include "traceback/tracing/knowledge/packing.h"
#include "traceback/tracing/knowledge/record_bytes.h"

namespace {

using namespace cairn;
using tracing::Knowledge;

constexpr size_t kHeadOfChain = 25;  // before its keys
constexpr size_t kMostChains = 64;

PacketTime Now() { return PacketTime::FromNanoseconds(1800000000000000000); }

std::string FileOf(std::string_view bytes) {
  if (bytes.empty() || bytes[0] == 'f') return std::string(bytes.substr(bytes.empty() ? 0 : 1));
  std::string file(tracing::kJournalHead);
  bytes.remove_prefix(1);
  while (bytes.size() >= 3) {
    const auto kind = static_cast<uint8_t>(bytes[0]);
    const size_t length =
        static_cast<size_t>(static_cast<uint8_t>(bytes[1])) << 8 | static_cast<uint8_t>(bytes[2]);
    std::string content(bytes.substr(3, length));
    bytes.remove_prefix(std::min(bytes.size(), 3 + length));
    const bool is_chain = kind == tracing::kChainRecord || kind == tracing::kHereChainRecord;
    if (is_chain && content.size() >= kHeadOfChain) {
      const size_t head = kHeadOfChain + 8 * static_cast<uint8_t>(content[kHeadOfChain - 1]);
      if (content.size() > head) {
        content = content.substr(0, head) + tracing::Deflated(content.substr(head));
      }
    }
    tracing::AppendRecord(file, kind, content);
  }
  return file;
}

// For the files, while the program runs.
class Scratch {
 public:
  Scratch() {
    path_ = access("/dev/shm", W_OK) == 0 ? "/dev/shm/fuzz_XXXXXX" : "/tmp/fuzz_XXXXXX";
    if (mkdtemp(path_.data()) == nullptr) std::abort();
  }
  ~Scratch() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

const std::string& Folder() {
  static const Scratch scratch;
  return scratch.path();
}

void WriteFile(const std::string& bytes) {
  const std::string path = Folder() + "/" + tracing::kJournalName;
  const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (file < 0 || write(file, bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size())) {
    std::abort();
  }
  close(file);
}

void Use(const Knowledge& knowledge) {
  std::vector<tracing::ShownChain> shown;
  for (tracing::Chain& chain : knowledge.Find({}, kMostChains)) {
    (void)knowledge.Meets(chain, 4);
    if (!chain.hops.empty()) (void)knowledge.Seen(chain.hops.front());
    shown.push_back({.chain = std::move(chain)});
    for (const std::string& text :
         {tracing::ChainText(shown.back()), tracing::ChainJson(shown.back())}) {
      for (const char c : text) {
        if (c != '\n' && (c < ' ' || c > '~')) std::abort();
      }
    }
  }
  (void)tracing::TreeText(shown);
  (void)tracing::TreeDot(shown);
  (void)tracing::TreeSvg(shown);
  tracing::AnswerCursor cursor = knowledge.Begin({});
  for (int i = 0; i < 1000 && !cursor.done(); ++i) (void)knowledge.Continue(cursor, 1 << 16, 10);
  if (knowledge.vector().size() > tracing::kMostVector) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  WriteFile(FileOf({reinterpret_cast<const char*>(data), size}));
  if (const auto reader = Knowledge::OpenToRead(Folder()); reader.ok()) Use(**reader);
  const tracing::KnowledgeOptions options{.max_chains = kMostChains, .max_bytes = 1 << 20};
  auto knowledge = Knowledge::Open(Folder(), {}, options, Now());
  if (!knowledge.ok()) return 0;
  Use(**knowledge);
  (*knowledge)->Tick(Now());
  (*knowledge)->Sync();
  const uint64_t chains = (*knowledge)->counters().chains;
  if (chains > kMostChains) std::abort();
  knowledge->reset();
  knowledge = Knowledge::Open(Folder(), {}, options, Now());
  if (!knowledge.ok() || (*knowledge)->counters().chains != chains ||
      (*knowledge)->counters().cut_bytes != 0) {
    std::abort();
  }
  return 0;
}
