// SPDX-License-Identifier: BSD-3-Clause
// How the knowledge gets into its file, and out of it.
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "fmt/format.h"

#include "base/unique_fd.h"
#include "traceback/tracing/knowledge/record_bytes.h"
#include "traceback/tracing/knowledge/store.h"

namespace cairn::tracing {
namespace {

constexpr size_t kBatchBytes = 1 << 20;
constexpr PacketDelta kRetry = PacketDelta::FromSeconds(10);
constexpr uint64_t kMarkRecordBytes = kRecordHeadBytes + 1 + 40;
// While a file is read; beyond that it is evicted from, and then nothing more is taken.
constexpr uint64_t kMostLoadedBytes = 512 << 20;
constexpr uint64_t kMostLoadedChains = 500'000;
constexpr uint64_t kSlackBytes = 64 << 10;

uint64_t CertificateRecordBytes(const CertificateShelf::Kept& kept) {
  return kRecordHeadBytes + 1 + sizeof(uint32_t) + kept.der.size();
}

absl::StatusOr<UniqueFd> OpenFolder(const std::string& path) {
  UniqueFd folder(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (folder.is_open()) return folder;
  const int error = errno;
  const std::string message =
      fmt::format("cannot open folder {}: {}", path, std::generic_category().message(error));
  if (error == EACCES || error == EPERM) return absl::PermissionDeniedError(message);
  return absl::NotFoundError(message);
}

}  // namespace

absl::StatusOr<std::unique_ptr<Knowledge>> Knowledge::Open(const std::string& folder,
                                                           const AgentId& self,
                                                           const KnowledgeOptions& options,
                                                           PacketTime now) {
  absl::StatusOr<UniqueFd> opened = OpenFolder(folder);
  if (!opened.ok()) return opened.status();
  return OpenAt(opened->Release(), self, options, now);
}

absl::StatusOr<std::unique_ptr<Knowledge>> Knowledge::OpenAt(int folder, const AgentId& self,
                                                             const KnowledgeOptions& options,
                                                             PacketTime now) {
  auto store = std::make_unique<Store>(UniqueFd(folder), self, options);
  if (absl::Status loaded = store->Load(now); !loaded.ok()) return loaded;
  return store;
}

absl::StatusOr<std::unique_ptr<Knowledge>> Knowledge::OpenToRead(const std::string& folder) {
  absl::StatusOr<UniqueFd> opened = OpenFolder(folder);
  if (!opened.ok()) return opened.status();
  // What the agent keeps is its own choice.
  const KnowledgeOptions all{.max_chains = kMostLoadedChains, .max_bytes = kMostLoadedBytes};
  auto store = std::make_unique<Store>(*std::move(opened), AgentId{}, all);
  if (absl::Status loaded = store->LoadToRead(); !loaded.ok()) return loaded;
  return store;
}

absl::Status Store::Load(PacketTime now) {
  // Of the folder itself: a file for the lock could not be made when the disk is full.
  if (flock(folder_.get(), LOCK_EX | LOCK_NB) != 0) {
    // It may be one that is about to end.
    return absl::UnavailableError(
        errno == EWOULDBLOCK
            ? "another agent keeps its chains in this folder; give each a folder of its own"
            : fmt::format("cannot lock the folder of chains: {}",
                          std::generic_category().message(errno)));
  }
  const absl::StatusOr<JournalReading> reading = journal_.Open(
      [&](uint8_t kind, std::string_view content) { LoadRecord(kind, content, now); });
  // What cannot be read now must not be overwritten with less.
  if (!reading.ok()) return reading.status();
  may_write_ = true;
  counters_.damaged += reading->damaged;
  counters_.cut_bytes += reading->cut_bytes;
  shelf_.DropUnused();
  EvictOld(now);
  EvictForRoom(now);
  return absl::OkStatus();
}

absl::Status Store::LoadToRead() {
  const UniqueFd file(
      openat(folder_.get(), kJournalName, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK));
  if (!file.is_open()) {
    const int error = errno;
    if (error == ENOENT) return absl::OkStatus();  // its agent has learnt nothing yet
    const std::string reason = std::generic_category().message(error);
    if (error == EACCES) return absl::PermissionDeniedError(reason);
    return absl::NotFoundError(fmt::format("no chains are kept there: {}", reason));
  }
  const absl::StatusOr<JournalReading> reading =
      ReadJournal(file.get(), [&](uint8_t kind, std::string_view content) {
        LoadRecord(kind, content, PacketTime::InfinitePast());
      });
  if (!reading.ok()) return reading.status();
  counters_.damaged += reading->damaged;
  counters_.cut_bytes += reading->cut_bytes;
  shelf_.DropUnused();
  return absl::OkStatus();
}

// A file may be larger than what is kept of it, and one that somebody else wrote as large as the
// disk.
bool Store::HasRoomToLoad(PacketTime now) {
  if (MemoryBytes() < kMostLoadedBytes && count_ < kMostLoadedChains) return true;
  EvictForRoom(now);
  return MemoryBytes() < kMostLoadedBytes && count_ < kMostLoadedChains;
}

void Store::LoadRecord(uint8_t kind, std::string_view content, PacketTime now) {
  bool is_sound = HasRoomToLoad(now);
  if (!is_sound) {
    ++counters_.damaged;
    return;
  }
  if (kind == kChainRecord) is_sound = LoadChain(content, false, now);
  if (kind == kHereChainRecord) is_sound = LoadChain(content, true, now);
  if (kind == kMarkRecord) is_sound = LoadMark(content, now);
  if (kind == kCertificateRecord) {
    const std::optional<NumberedCertificate> parsed = ParseCertificateContent(content);
    is_sound = parsed.has_value() && shelf_.Load(parsed->number, std::string(parsed->der));
  }
  // Other kinds are of a version that is newer, but still writes these.
  if (!is_sound) ++counters_.damaged;
}

bool Store::LoadChain(std::string_view content, bool is_here, PacketTime now) {
  std::optional<KeptChain> kept = ParseChainContent(content);
  if (!kept.has_value()) return false;
  const absl::StatusOr<Chain> chain = UnpackChain(kept->packed, shelf_, &kept->certificates);
  if (!chain.ok() || chain->sequence == 0) return false;
  const AgentId& origin = is_here ? kHere : chain->origin;
  if (Find(*chain, origin) != Known::kNever) return false;
  if (!origins_.contains(origin) && origins_.size() >= kMostVector) return false;
  if (chain->sequence <= OriginOf(origin).evicted()) return true;
  kept->trace = chain->trace;
  kept->previous = chain->previous;
  kept->time = chain->time;
  kept->is_saved = true;
  for (const uint32_t number : kept->certificates) shelf_.UseAgain(number);
  Insert(origin, chain->sequence, *std::move(kept), now);
  return true;
}

bool Store::LoadMark(std::string_view content, PacketTime now) {
  const std::optional<Mark> mark = ParseMarkContent(content);
  if (!mark.has_value()) return false;
  if (!origins_.contains(mark->origin) && origins_.size() >= kMostVector) return false;
  OriginChains& chains = OriginOf(mark->origin);
  while (!chains.chains().empty() && chains.chains().begin()->first <= mark->evicted) {
    Evict(mark->origin, chains, now);
  }
  chains.Restore(mark->through, mark->evicted);
  chains.set_heard(std::max(chains.heard(), mark->heard));
  unsaved_marks_.erase(mark->origin);
  return true;
}

uint8_t Store::KindOf(const AgentId& origin) {
  return origin == kHere ? kHereChainRecord : kChainRecord;
}

void Store::AppendMark(std::string& records, const AgentId& origin) const {
  const auto known = origins_.find(origin);
  if (known == origins_.end()) return;
  const OriginChains& chains = known->second;
  AppendRecord(records, kMarkRecord,
               MarkContent({.origin = origin,
                            .through = chains.through(),
                            .evicted = chains.evicted(),
                            .heard = chains.heard()}));
}

uint64_t Store::LiveBytes() const {
  uint64_t bytes = kJournalHead.size() + record_bytes_ + origins_.size() * kMarkRecordBytes;
  for (const auto& [number, kept] : shelf_.all()) bytes += CertificateRecordBytes(kept);
  return bytes;
}

PacketTime Store::NextLook(PacketTime now) const { return now < looked_ ? now : looked_ + kRetry; }

void Store::Save(PacketTime now) {
  if (!may_write_) return;
  // Those that were evicted before they could be written.
  if (unsaved_.size() > 2 * count_ + kMostVector) {
    std::erase_if(unsaved_, [&](const Place& place) { return FindKept(place) == nullptr; });
  }
  // If the clock has been set back, it is not waited for.
  if (!health_.ok() && now < retry_ && retry_ - now <= kRetry) return;
  const bool looks = NextLook(now) <= now;
  if (looks) looked_ = now;
  const bool must_rewrite = must_rewrite_ || journal_.NeedsReplacing(looks);
  const bool has_more = !unsaved_.empty() || !unsaved_marks_.empty();
  absl::Status saved;
  if (must_rewrite ? has_more || count_ > 0 : IsSparse()) {
    saved = Rewrite();
  } else {
    while (saved.ok() && (!unsaved_.empty() || !unsaved_marks_.empty())) saved = SaveSome();
  }
  if (!saved.ok()) {
    ++counters_.write_failures;
    retry_ = now + kRetry;
  }
  health_ = std::move(saved);
}

// Whether so much of the file is of what has been evicted that a new one is worth it.
bool Store::IsSparse() const {
  if (journal_.bytes() <= record_bytes_ + record_bytes_ / 2 + kSlackBytes) return false;
  const uint64_t live = LiveBytes();
  return journal_.bytes() > live + live / 2 + kSlackBytes;
}

// Chains are written before the marks that say that they are there.
absl::Status Store::SaveSome() {
  std::string records;
  std::vector<CertificateShelf::Kept*> certificates;
  std::vector<KeptChain*> chains;
  size_t taken = 0;
  for (; taken < unsaved_.size() && records.size() < kBatchBytes; ++taken) {
    KeptChain* chain = FindKept(unsaved_[taken]);
    if (chain == nullptr || chain->is_saved) continue;
    for (const uint32_t number : chain->certificates) {
      const auto kept = shelf_.all().find(number);
      if (kept == shelf_.all().end() || kept->second.is_saved) continue;
      if (std::ranges::find(certificates, &kept->second) != certificates.end()) continue;
      AppendRecord(records, kCertificateRecord, CertificateContent(number, kept->second.der));
      certificates.push_back(&kept->second);
    }
    AppendRecord(records, KindOf(unsaved_[taken].first), ChainContent(*chain));
    chains.push_back(chain);
  }
  const bool is_last = taken == unsaved_.size();
  if (is_last) {
    for (const AgentId& origin : unsaved_marks_) AppendMark(records, origin);
  }
  if (absl::Status written = journal_.Append(records); !written.ok()) return written;
  for (CertificateShelf::Kept* kept : certificates) kept->is_saved = true;
  for (KeptChain* chain : chains) chain->is_saved = true;
  unsaved_.erase(unsaved_.begin(), unsaved_.begin() + static_cast<std::ptrdiff_t>(taken));
  if (is_last) unsaved_marks_.clear();
  return absl::OkStatus();
}

absl::Status Store::Rewrite() {
  absl::Status replaced = journal_.Replace([&](const JournalFile::Write& write) {
    std::string records;
    const auto flush = [&](size_t at_least) {
      if (records.size() < at_least) return absl::OkStatus();
      absl::Status written = write(records);
      records.clear();
      return written;
    };
    absl::Status written;
    for (const auto& [number, kept] : shelf_.all()) {
      AppendRecord(records, kCertificateRecord, CertificateContent(number, kept.der));
      if (written = flush(kBatchBytes); !written.ok()) return written;
    }
    for (const auto& [origin, origins_chains] : origins_) {
      for (const auto& [sequence, chain] : origins_chains.chains()) {
        AppendRecord(records, KindOf(origin), ChainContent(chain));
        if (written = flush(kBatchBytes); !written.ok()) return written;
      }
      AppendMark(records, origin);
    }
    return flush(0);
  });
  if (!replaced.ok()) return replaced;
  ++counters_.compactions;
  for (auto& [number, kept] : shelf_.all()) kept.is_saved = true;
  for (auto& [origin, chains] : origins_) {
    for (auto& [sequence, chain] : chains.chains()) chain.is_saved = true;
  }
  unsaved_.clear();
  unsaved_marks_.clear();
  must_rewrite_ = false;
  return absl::OkStatus();
}

void Store::Sync() {
  absl::Status synced = journal_.Sync();
  if (synced.ok()) return;
  // What the disk has of it is not known, and the kernel does not try again: all of it anew.
  must_rewrite_ = true;
  ++counters_.write_failures;
  health_ = std::move(synced);
}

}  // namespace cairn::tracing
