// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/tokens/token_store.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <deque>
#include <optional>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "fmt/format.h"

#include "traceback/tokens/asker_shares.h"
#include "traceback/tokens/journal.h"
#include "traceback/tokens/record_file.h"
#include "traceback/tokens/store_files.h"

namespace cairn::tokens {
namespace {

constexpr char kLock[] = "lock";
constexpr size_t kMostRecent = 4096;  // tokens without a record that answers can be attached to
constexpr PacketDelta kScanInterval = PacketDelta::FromSeconds(3600);
constexpr PacketDelta kRetryInterval = PacketDelta::FromSeconds(1);

// Takes the lock of a folder for good; unset: somebody else has it.
absl::StatusOr<int> Lock(const Folder& folder) {
  const int file =
      openat(folder.descriptor(), kLock, O_RDONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (file < 0) return folder.Error("make", kLock, errno);
  if (flock(file, LOCK_EX | LOCK_NB) != 0) {
    close(file);
    return absl::FailedPreconditionError(fmt::format(
        "{} is in use: another stopd is running; stop it, or give this one a folder of its own",
        folder.path()));
  }
  return file;
}

JournalEntry Entry(const std::string& token, const Asked& asked, JournalEntry::Kind kind) {
  JournalEntry entry;
  entry.token = token;
  entry.asked = asked;
  entry.kind = kind;
  return entry;
}

}  // namespace

class TokenStore::Impl {
 public:
  explicit Impl(const Options& options) : options_(options) {}
  ~Impl() {
    if (lock_ >= 0) close(lock_);
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  absl::Status Open(PacketTime now) {
    opened_ = now;
    absl::StatusOr<Folder> folder = Folder::Open(options_.folder, Folder::Missing::kMake);
    if (!folder.ok()) return folder.status();
    if (lock_ < 0) {
      const absl::StatusOr<int> lock = Lock(*folder);
      if (!lock.ok()) return lock.status();
      lock_ = *lock;
    }
    absl::StatusOr<Folder> records =
        Folder::Open(options_.folder + "/" + kRecordsFolder, Folder::Missing::kMake);
    if (!records.ok()) return records.status();
    folder->CutHalfLine(kJournal);
    folder_ = *std::move(folder);
    records_ = *std::move(records);
    Scan(now);
    CountShares(now);
    return absl::OkStatus();
  }

  absl::StatusOr<std::string> Save(const Record& record) {
    if (absl::Status ready = Ready(record.asked.time); !ready.ok()) return Unsaved(ready);
    const std::string json = RecordToJson(record);
    if (json.size() > kMostRecordBytes) {
      return Unsaved(absl::ResourceExhaustedError(
          fmt::format("the record has {} bytes; lower walk.max_processes", json.size())));
    }
    const std::string token = TokenOf(json);
    std::string packed = options_.compress ? Compressed(json) : std::string();
    const bool is_packed = !packed.empty();
    const std::string& bytes = is_packed ? packed : json;
    const uint64_t disk_bytes = DiskBytes(bytes.size());
    if (absl::Status room = Room(bytes.size()); !room.ok()) return room;
    if (absl::Status share = Share(record.asked, disk_bytes); !share.ok()) return share;
    const std::string name = RecordName(token, is_packed);
    if (absl::Status written = records_->WriteNew(name, bytes); !written.ok()) {
      return Unsaved(written);
    }
    used_bytes_ += disk_bytes;
    const absl::Status noted = Note(Entry(token, record.asked, JournalEntry::Kind::kRecord));
    if (!noted.ok()) {
      records_->Remove(name);
      used_bytes_ -= disk_bytes;
      return Unsaved(noted);
    }
    shares_.Add(record.asked.asker.ip, disk_bytes);
    ++counters_.records;
    counters_.records_bytes += json.size();
    counters_.stored_bytes += bytes.size();
    return token;
  }

  absl::Status NoteToken(const JournalEntry& entry) {
    if (absl::Status ready = Ready(entry.asked.time); !ready.ok()) return ready;
    if (absl::Status room = Room(0); !room.ok()) return room;
    if (absl::Status share = Share(entry.asked, 0); !share.ok()) return share;
    if (absl::Status noted = Note(entry); !noted.ok()) return noted;
    if (entry.kind == JournalEntry::Kind::kIdent) ++counters_.idents;
    if (stop::IsRecursive(entry.asked.type)) Remember(entry.token);
    return absl::OkStatus();
  }

  absl::Status Attach(const std::string& token, const NextHop& hop) {
    if (!IsStopdToken(token)) return absl::InvalidArgumentError("not a token of this host");
    if (absl::Status ready = Ready(hop.time); !ready.ok()) return ready;
    const bool known = recent_set_.contains(token) ||
                       records_->Look(RecordName(token, true)).is_regular ||
                       records_->Look(RecordName(token, false)).is_regular;
    if (!known) return absl::NotFoundError(fmt::format("nothing is kept of token {}", token));
    const std::string name = NextName(token);
    const std::string line = NextHopLine(hop);
    const uint64_t before = records_->Look(name).bytes;
    if (before + line.size() > kMostNextBytes) {
      return absl::ResourceExhaustedError(
          fmt::format("token {} has {} bytes of answers already", token, before));
    }
    if (absl::Status room = Room(line.size()); !room.ok()) return room;
    absl::Status written = records_->AppendLine(name, line, Folder::Sync::kNow);
    if (!written.ok()) return written;
    if (before == 0) fsync(records_->descriptor());
    used_bytes_ += DiskBytes(before + line.size()) - DiskBytes(before);
    ++counters_.next_hops;
    return absl::OkStatus();
  }

  void Maintain(PacketTime now) {
    if (!Ready(now).ok()) return;
    if (std::exchange(is_journal_dirty_, false)) Sync();
    if (now - scanned_ >= kScanInterval) Scan(now);
  }

  const StoreCounters& counters() const { return counters_; }
  uint64_t used_bytes() const { return used_bytes_; }

 private:
  // A folder that could not be used may be usable by now.
  absl::Status Ready(PacketTime now) {
    if (records_.has_value()) return absl::OkStatus();
    if (fault_.ok() || now - opened_ >= kRetryInterval || now < opened_) fault_ = Open(now);
    return fault_;
  }

  absl::Status Unsaved(const absl::Status& status) {
    ++counters_.unsaved_fault;
    return status;
  }

  // Whether so many more bytes may be kept.
  absl::Status Room(size_t bytes) {
    constexpr uint64_t kJournalGrowth = 4096;
    if (used_bytes_ + DiskBytes(bytes) + kJournalGrowth > options_.max_bytes) {
      ++counters_.unsaved_quota;
      return absl::ResourceExhaustedError(
          fmt::format("the store holds {} bytes and may hold {} (store.max_size)", used_bytes_,
                      options_.max_bytes));
    }
    struct statvfs space {};
    if (fstatvfs(folder_->descriptor(), &space) == 0) {
      const uint64_t free_bytes = uint64_t{space.f_bavail} * space.f_frsize;
      if (free_bytes < options_.min_free_bytes) {
        ++counters_.unsaved_free;
        return absl::ResourceExhaustedError(
            fmt::format("{} bytes are free on the file system of {} and {} must stay so "
                        "(store.min_free)",
                        free_bytes, options_.folder, options_.min_free_bytes));
      }
    }
    return absl::OkStatus();
  }

  // Whether who asked may have so many more bytes kept.
  absl::Status Share(const Asked& asked, uint64_t bytes) {
    const IpAddress& asker = asked.asker.ip;
    const uint64_t most = options_.max_bytes / 100 * options_.max_asker_percent;
    if (shares_.Of(asker) + bytes <= most) return absl::OkStatus();
    // Some of it may have expired since.
    if (asked.time - counted_ >= kScanInterval) CountShares(asked.time);
    if (shares_.Of(asker) + bytes <= most) return absl::OkStatus();
    ++counters_.unsaved_share;
    return absl::ResourceExhaustedError(
        fmt::format("the store holds {} bytes for requests of {} and may hold {} for one requester "
                    "(store.max_asker_percent)",
                    shares_.Of(asker), asker.ToString(), most));
  }

  // By the journal, which knows who asked for what: constant time a line.
  void CountShares(PacketTime now) {
    counted_ = now;
    shares_.Clear();
    const absl::Status read = ForEachJournalLine(*folder_, [this](std::string_view line) {
      const std::optional<JournalEntry> entry = ParseJournalLine(line);
      if (!entry.has_value() || entry->expired) return;
      uint64_t bytes = line.size() + 1;
      if (entry->kind == JournalEntry::Kind::kRecord) {
        for (const bool is_packed : {false, true}) {
          bytes += DiskBytes(records_->Look(RecordName(entry->token, is_packed)).bytes);
        }
      }
      if (stop::IsRecursive(entry->asked.type)) {
        bytes += DiskBytes(records_->Look(NextName(entry->token)).bytes);
      }
      shares_.Add(entry->asked.asker.ip, bytes);
    });
    // A journal that cannot be read cannot be written to, and that is said then.
    read.IgnoreError();
  }

  absl::Status Note(const JournalEntry& entry) {
    if (journal_bytes_ >= options_.journal_bytes) PutJournalAside(entry.asked.time);
    const std::string line = JournalLine(entry);
    if (absl::Status written = WriteJournal(line); !written.ok()) return written;
    shares_.Add(entry.asked.asker.ip, line.size());
    return absl::OkStatus();
  }

  absl::Status WriteJournal(const std::string& line) {
    absl::Status written = folder_->AppendLine(kJournal, line, Folder::Sync::kLater);
    if (!written.ok()) return written;
    used_bytes_ += DiskBytes(journal_bytes_ + line.size()) - DiskBytes(journal_bytes_);
    journal_bytes_ += line.size();
    is_journal_dirty_ = true;
    return absl::OkStatus();
  }

  void PutJournalAside(PacketTime now) {
    Sync();
    const int folder = folder_->descriptor();
    if (renameat(folder, kJournal, folder, JournalName(now).c_str()) == 0) journal_bytes_ = 0;
  }

  void Sync() {
    const int file = openat(folder_->descriptor(), kJournal, O_WRONLY | O_NOFOLLOW | O_CLOEXEC);
    if (file < 0) return;
    fdatasync(file);
    close(file);
  }

  void Remember(const std::string& token) {
    recent_.push_back(token);
    recent_set_.insert(token);
    if (recent_.size() <= kMostRecent) return;
    recent_set_.erase(recent_.front());
    recent_.pop_front();
  }

  bool IsOld(const FileFacts& file, PacketTime now) const {
    return options_.retention > PacketDelta::Zero() && file.modified < now - options_.retention;
  }

  // Looks at every file: adds up their sizes, deletes what is too old and what was never finished.
  void Scan(PacketTime now) {
    scanned_ = now;
    used_bytes_ = 0;
    journal_bytes_ = folder_->Look(kJournal).bytes;
    std::vector<std::string> expired;
    records_->ForEachFile([&](const FileFacts& file) {
      if (file.name.starts_with(kUnfinished)) return records_->Remove(file.name);
      if (!IsOld(file, now)) {
        used_bytes_ += DiskBytes(file.bytes);
        return;
      }
      // An answer that came late keeps its record's own time from counting, not the other way
      // round.
      if (const std::optional<std::string> token = TokenOfFile(file.name)) {
        expired.push_back(*token);
      } else {
        records_->Remove(file.name);
      }
    });
    folder_->ForEachFile([&](const FileFacts& file) {
      if (IsJournal(file.name) && file.name != kJournal && IsOld(file, now)) {
        return folder_->Remove(file.name);
      }
      used_bytes_ += DiskBytes(file.bytes);
    });
    for (const std::string& token : expired) Expire(token, now);
  }

  void Expire(const std::string& token, PacketTime now) {
    // Noted first: what is missing without a note looks like tampering.
    if (!WriteJournal(ExpiryLine(token, now)).ok()) return;
    for (const std::string& name :
         {RecordName(token, true), RecordName(token, false), NextName(token)}) {
      records_->Remove(name);
    }
    ++counters_.expired;
  }

  const Options options_;
  int lock_ = -1;
  std::optional<Folder> folder_;
  std::optional<Folder> records_;  // set: all is ready
  absl::Status fault_;
  PacketTime opened_ = PacketTime::InfinitePast();
  PacketTime scanned_ = PacketTime::InfinitePast();
  PacketTime counted_ = PacketTime::InfinitePast();
  AskerShares shares_;
  StoreCounters counters_;
  uint64_t used_bytes_ = 0;
  uint64_t journal_bytes_ = 0;
  bool is_journal_dirty_ = false;
  std::deque<std::string> recent_;
  absl::flat_hash_set<std::string> recent_set_;

 public:
  void NoteFault(absl::Status fault) { fault_ = std::move(fault); }
};

TokenStore::TokenStore(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
TokenStore::~TokenStore() = default;

absl::StatusOr<std::unique_ptr<TokenStore>> TokenStore::Open(const Options& options,
                                                             PacketTime now) {
  auto impl = std::make_unique<Impl>(options);
  absl::Status opened = impl->Open(now);
  if (absl::IsFailedPrecondition(opened)) return opened;
  impl->NoteFault(std::move(opened));
  return std::unique_ptr<TokenStore>(new TokenStore(std::move(impl)));
}

absl::StatusOr<std::string> TokenStore::Save(const Record& record) { return impl_->Save(record); }

absl::Status TokenStore::NoteIdent(const std::string& token, const Asked& asked, uint32_t uid,
                                   std::string_view user) {
  JournalEntry entry = Entry(token, asked, JournalEntry::Kind::kIdent);
  entry.uid = uid;
  entry.user = user;
  return impl_->NoteToken(entry);
}

absl::Status TokenStore::NoteEmpty(const std::string& token, const Asked& asked,
                                   std::string_view reason) {
  JournalEntry entry = Entry(token, asked, JournalEntry::Kind::kEmpty);
  entry.reason = reason;
  return impl_->NoteToken(entry);
}

absl::Status TokenStore::Attach(const std::string& token, const NextHop& hop) {
  return impl_->Attach(token, hop);
}

void TokenStore::Maintain(PacketTime now) { impl_->Maintain(now); }
const StoreCounters& TokenStore::counters() const { return impl_->counters(); }
uint64_t TokenStore::used_bytes() const { return impl_->used_bytes(); }

}  // namespace cairn::tokens
