// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/tokens/token_store.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <deque>
#include <optional>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "fmt/format.h"

#include "base/unique_fd.h"
#include "traceback/tokens/folder_checks.h"
#include "traceback/tokens/folder_survey.h"
#include "traceback/tokens/journal.h"
#include "traceback/tokens/journal_count.h"
#include "traceback/tokens/journal_notes.h"
#include "traceback/tokens/journal_writer.h"
#include "traceback/tokens/record_file.h"
#include "traceback/tokens/record_size.h"
#include "traceback/tokens/store_files.h"
#include "traceback/tokens/store_room.h"

namespace cairn::tokens {
namespace {

constexpr size_t kMostRecent = 4096;  // tokens without a record that answers can be attached to
constexpr PacketDelta kScanInterval = PacketDelta::FromSeconds(3600);
constexpr PacketDelta kRetryInterval = PacketDelta::FromSeconds(1);

JournalEntry Entry(const std::string& token, const Asked& asked, JournalEntry::Kind kind) {
  JournalEntry entry;
  entry.token = token;
  entry.asked = asked;
  entry.kind = kind;
  return entry;
}

JournalNote LostAnswer(JournalNote answer) {
  answer.kind = JournalNote::Kind::kAnswerLost;
  answer.next.clear();
  return answer;
}

void SetUser(JournalEntry& entry, uint32_t uid, std::string_view user) {
  constexpr size_t kMostName = 256;
  entry.knows_user = true;
  entry.uid = uid;
  entry.user = user.substr(0, kMostName);
}

}  // namespace

class TokenStore::Impl {
 public:
  explicit Impl(const Options& options)
      : options_(options), room_(options_, counters_), journal_(options.journal_bytes) {
    // A link with a '/' behind it would be followed.
    while (options_.folder.size() > 1 && options_.folder.ends_with('/')) options_.folder.pop_back();
  }

  absl::Status Open(PacketTime now) {
    opened_ = now;
    if (absl::Status way = CheckWay(options_.folder); !way.ok()) return way;
    absl::StatusOr<Folder> folder = Folder::Open(options_.folder, Folder::Missing::kMake);
    if (!folder.ok()) return folder.status();
    if (absl::Status sound = CheckFolder(*folder); !sound.ok()) return sound;
    lock_.Close();
    absl::StatusOr<UniqueFd> lock = LockFolder(*folder);
    if (!lock.ok()) return lock.status();
    lock_ = *std::move(lock);
    absl::StatusOr<Folder> records =
        Folder::Open(options_.folder + "/" + kRecordsFolder, Folder::Missing::kMake);
    if (!records.ok()) return records.status();
    if (absl::Status sound = CheckFolder(*records); !sound.ok()) return sound;
    if (fsync(folder->descriptor()) != 0) return folder->Error("sync", ".", errno);
    folder_ = *std::move(folder);
    records_ = *std::move(records);
    room_.ledger().Clear();
    absl::Status read = journal_.Open(*folder_, now, [this](std::string_view line) {
      CountLine(line, *records_, room_.ledger());
    });
    if (!read.ok()) {
      records_.reset();
      return read;
    }
    room_.reserve().Fill(*folder_);
    NoteUnnamedRecords(*records_, now, room_.ledger(), journal_);
    CompleteAnswer();
    Scan(now);
    WriteWaiting(now);
    return absl::OkStatus();
  }

  absl::StatusOr<std::string> Save(const Record& record, std::string_view user) {
    if (absl::Status ready = Ready(record.asked.time); !ready.ok()) return Unsaved(ready);
    const std::optional<Record> cut = FitRecord(record, room_.MostRecord(record.socket_uid));
    const std::string json = RecordToJson(cut.has_value() ? *cut : record);
    if (json.size() > kMostRecordBytes) {
      return Unsaved(absl::ResourceExhaustedError(
          fmt::format("the record has {} bytes; lower walk.max_processes", json.size())));
    }
    const std::string token = TokenOf(json);
    std::string packed = options_.compress ? Compressed(json) : std::string();
    const bool is_packed = !packed.empty();
    const std::string& bytes = is_packed ? packed : json;
    const IpAddress& asker = record.asked.asker.ip;
    if (absl::Status room = room_.Check(*folder_, asker, bytes.size()); !room.ok()) return room;
    const std::string name = RecordName(token, is_packed);
    const absl::Status written =
        room_.Try(*folder_, bytes.size(), [&] { return records_->WriteNew(name, bytes); });
    if (!written.ok()) return Unsaved(written);
    JournalEntry entry = Entry(token, record.asked, JournalEntry::Kind::kRecord);
    SetUser(entry, record.socket_uid, user);
    if (const absl::Status noted = Note(entry); !noted.ok()) {
      records_->Remove(name);
      return Unsaved(noted);
    }
    room_.Use(DiskBytes(bytes.size()));
    room_.ledger().AddFiles(token, asker, DiskBytes(bytes.size()), record.socket_uid);
    ++counters_.records;
    if (cut.has_value()) ++counters_.records_cut;
    counters_.records_bytes += json.size();
    counters_.stored_bytes += bytes.size();
    return token;
  }

  absl::Status NoteToken(const JournalEntry& entry) {
    if (absl::Status ready = Ready(entry.asked.time); !ready.ok()) return ready;
    const IpAddress& asker = entry.asked.asker.ip;
    if (absl::Status room = room_.Check(*folder_, asker, 0); !room.ok()) return room;
    if (absl::Status noted = Note(entry); !noted.ok()) return noted;
    if (entry.kind == JournalEntry::Kind::kIdent) ++counters_.idents;
    if (stop::IsRecursive(entry.asked.type)) Remember(entry.token, asker);
    return absl::OkStatus();
  }

  absl::Status Attach(const std::string& token, const NextHop& hop) {
    if (!IsStopdToken(token)) return absl::InvalidArgumentError("not a token of this host");
    if (absl::Status ready = Ready(hop.time); !ready.ok()) return ready;
    const auto recent = recent_askers_.find(token);
    const std::optional<IpAddress> asker = recent != recent_askers_.end()
                                               ? std::optional(recent->second)
                                               : room_.ledger().AskerOf(token);
    if (!asker.has_value()) {
      return absl::NotFoundError(fmt::format("nothing is kept of token {}", token));
    }
    const std::string line = NextHopLine(hop);
    const uint64_t before = records_->Look(NextName(token)).bytes;
    if (before + line.size() > kMostNextBytes) {
      return absl::ResourceExhaustedError(
          fmt::format("token {} has {} bytes of answers already", token, before));
    }
    if (absl::Status room = room_.Check(*folder_, *asker, line.size()); !room.ok()) return room;
    // Noted first, and whole: an answer without a line would be one that somebody put there.
    const JournalNote note = {.kind = JournalNote::Kind::kAnswer,
                              .time = hop.time,
                              .token = token,
                              .hash = LineHash(line),
                              .next = line};
    if (absl::Status noted = NoteAs(note, *asker); !noted.ok()) return noted;
    if (absl::Status synced = Sync(); !synced.ok()) return synced;
    absl::Status written = WriteAnswer(token, line, *asker);
    if (!written.ok()) journal_.AppendLater(LostAnswer(note));
    return written;
  }

  absl::Status Sync() {
    if (!folder_.has_value()) return absl::OkStatus();  // nothing was written
    absl::Status synced = journal_.Sync();
    if (!synced.ok()) ++counters_.unsynced;
    return synced;
  }

  void Maintain(PacketTime now) {
    if (!Ready(now).ok()) return;
    WriteWaiting(now);
    Sync().IgnoreError();  // counted, and said when a token depends on it
    room_.reserve().Fill(*folder_);
    if (now - scanned_ >= kScanInterval) Scan(now);
  }

  const StoreCounters& counters() const { return counters_; }
  uint64_t used_bytes() const { return room_.used(); }
  const ChainHead& head() const { return journal_.head(); }
  void NoteFault(absl::Status fault) { fault_ = std::move(fault); }

 private:
  // A folder that could not be used may be usable by now, and one that could be may no longer be.
  absl::Status Ready(PacketTime now) {
    if (records_.has_value()) {
      fault_ = StillSound();
      if (fault_.ok()) return fault_;
      records_.reset();
      opened_ = now;
      return fault_;
    }
    if (fault_.ok() || now - opened_ >= kRetryInterval || now < opened_) fault_ = Open(now);
    return fault_;
  }

  absl::Status StillSound() const {
    if (absl::Status way = CheckWay(options_.folder); !way.ok()) return way;
    if (absl::Status sound = CheckFolder(*folder_); !sound.ok()) return sound;
    return CheckFolder(*records_);
  }

  absl::Status Unsaved(const absl::Status& status) {
    ++counters_.unsaved_fault;
    return status;
  }

  absl::Status Note(const JournalEntry& entry) {
    const std::string line = JournalLine(entry);
    return Write(line, entry.asked.time, &entry.asked.asker.ip);
  }
  absl::Status NoteAs(const JournalNote& note, const IpAddress& asker) {
    return Write(NoteLine(note), note.time, &asker);
  }

  // One line; `asker`: who caused it, or null.
  absl::Status Write(const std::string& line, PacketTime now, const IpAddress* asker) {
    WriteWaiting(now);
    const uint64_t before = journal_.total_appended();
    absl::Status written =
        room_.Try(*folder_, line.size(), [&] { return journal_.Append(line, now); });
    const uint64_t bytes = UseSince(before);
    if (asker != nullptr) room_.ledger().AddLine(*asker, bytes);
    return written;
  }
  void WriteWaiting(PacketTime now) {
    const uint64_t before = journal_.total_appended();
    journal_.AppendWaiting(now).IgnoreError();  // they wait on
    UseSince(before);
  }
  uint64_t UseSince(uint64_t before) {
    const uint64_t bytes = journal_.total_appended() - before;
    room_.Use(DiskBytes(journal_.bytes()) - DiskBytes(journal_.bytes() - bytes));
    return bytes;
  }

  absl::Status WriteAnswer(const std::string& token, const std::string& line,
                           const IpAddress& asker) {
    const std::string name = NextName(token);
    const uint64_t before = records_->Look(name).bytes;
    absl::Status written = room_.Try(*folder_, line.size(), [&] {
      return records_->AppendLine(name, line, Folder::Sync::kNow);
    });
    if (!written.ok()) return written;
    const uint64_t growth = DiskBytes(before + line.size()) - DiskBytes(before);
    room_.Use(growth);
    room_.ledger().AddFiles(token, asker, growth);
    ++counters_.next_hops;
    return written;
  }

  // An answer is noted before it is written; after a kill the last one may lack.
  void CompleteAnswer() {
    const std::optional<JournalNote> note = ParseNote(journal_.last_line());
    if (!note.has_value() || note->kind != JournalNote::Kind::kAnswer) return;
    if (!IsStopdToken(note->token) || LineHash(note->next) != note->hash) return;
    const std::string name = NextName(note->token);
    records_->CutHalfLine(name);
    const absl::StatusOr<std::string> text = records_->Read(name, 2 * kMostNextBytes);
    const bool is_there = text.ok() && text->ends_with(note->next);
    if (is_there || !(text.ok() || absl::IsNotFound(text.status()))) return;
    WriteAnswer(note->token, note->next, room_.ledger().AskerOf(note->token).value_or(IpAddress()))
        .IgnoreError();
  }

  void Remember(const std::string& token, const IpAddress& asker) {
    recent_.push_back(token);
    recent_askers_.emplace(token, asker);
    if (recent_.size() <= kMostRecent) return;
    recent_askers_.erase(recent_.front());
    recent_.pop_front();
  }

  // Deletes what is too old.
  void Scan(PacketTime now) {
    scanned_ = now;
    const bool for_ever = options_.retention == PacketDelta::Zero();
    const FolderSurvey found = Survey(
        *folder_, *records_, for_ever ? PacketTime::InfinitePast() : now - options_.retention);
    room_.SetUsed(found.used_bytes);
    if (!found.records.empty() || !found.answers.empty()) Expire(found, now);
    if (!found.journals.empty()) ExpireJournals(found.journals, now);
  }

  // Noted first, and on disk: what is missing without a note looks like tampering.
  void Expire(const FolderSurvey& found, PacketTime now) {
    for (const std::string& token : found.records) {
      if (!Write(ExpiryLine(token, now), now, nullptr).ok()) return;
    }
    for (const std::string& token : found.answers) {
      const JournalNote note = {
          .kind = JournalNote::Kind::kAnswersExpired, .time = now, .token = token};
      if (!Write(NoteLine(note), now, nullptr).ok()) return;
    }
    if (!Sync().ok()) return;
    for (const std::string& token : found.records) RemoveFiles(token);
    for (const std::string& token : found.answers) RemoveFiles(token);
    counters_.expired += found.records.size();
  }

  void RemoveFiles(const std::string& token) {
    for (const std::string& name :
         {RecordName(token, true), RecordName(token, false), NextName(token)}) {
      room_.Release(DiskBytes(records_->Look(name).bytes));
      records_->Remove(name);
    }
    room_.ledger().RemoveFiles(token);
  }

  void ExpireJournals(const std::vector<std::string>& names, PacketTime now) {
    uint64_t bytes = 0;
    for (const std::string& name : names) {
      bytes += DiskBytes(folder_->Look(name).bytes);
      // Each line is read once more in its life, and only then.
      const absl::Status read = ForEachLine(
          *folder_, name, [this](std::string_view line) { UncountLine(line, room_.ledger()); });
      if (!read.ok()) return;
    }
    journal_.Expire(names, now);
    room_.Release(bytes);
  }

  Options options_;
  UniqueFd lock_;
  std::optional<Folder> folder_;
  std::optional<Folder> records_;  // set: all is ready
  absl::Status fault_;
  PacketTime opened_ = PacketTime::InfinitePast();
  PacketTime scanned_ = PacketTime::InfinitePast();
  StoreCounters counters_;
  StoreRoom room_;
  JournalWriter journal_;
  std::deque<std::string> recent_;
  absl::flat_hash_map<std::string, IpAddress> recent_askers_;
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

absl::StatusOr<std::string> TokenStore::Save(const Record& record, std::string_view user) {
  return impl_->Save(record, user);
}

absl::Status TokenStore::NoteIdent(const std::string& token, const Asked& asked, uint32_t uid,
                                   std::string_view user) {
  JournalEntry entry = Entry(token, asked, JournalEntry::Kind::kIdent);
  SetUser(entry, uid, user);
  return impl_->NoteToken(entry);
}

absl::Status TokenStore::NoteUnsaved(const std::string& token, const Asked& asked, uint32_t uid,
                                     std::string_view user, std::string_view reason) {
  JournalEntry entry = Entry(token, asked, JournalEntry::Kind::kEmpty);
  SetUser(entry, uid, user);
  entry.reason = reason;
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

absl::Status TokenStore::Sync() { return impl_->Sync(); }
ChainHead TokenStore::head() const { return impl_->head(); }
void TokenStore::Maintain(PacketTime now) { impl_->Maintain(now); }
const StoreCounters& TokenStore::counters() const { return impl_->counters(); }
uint64_t TokenStore::used_bytes() const { return impl_->used_bytes(); }

}  // namespace cairn::tokens
