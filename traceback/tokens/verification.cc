// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/tokens/verification.h"

#include <unistd.h>

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "fmt/format.h"

#include "traceback/tokens/journal.h"
#include "traceback/tokens/journal_notes.h"
#include "traceback/tokens/record_file.h"
#include "traceback/tokens/store_files.h"

namespace cairn::tokens {
namespace {

constexpr int kMostTries = 3;
constexpr useconds_t kPause = 200'000;

// What the journal says, with its chain.
struct JournalView {
  uint64_t expired = 0;
  uint64_t unreadable = 0;
  absl::flat_hash_map<std::string, PacketTime> records;  // tokens that should have one, since when
  absl::flat_hash_set<std::string> named;                // tokens of records, expired ones, too
  ChainReport chain;

  PacketDelta retention;
  uint64_t early = 0;  // records that expired before their time

  void Expire(const JournalEntry& expiry) {
    const auto saved = records.find(expiry.token);
    if (saved == records.end()) return;
    // Clocks are set; a day more or less says nothing.
    constexpr PacketDelta kSlack = PacketDelta::FromSeconds(24 * 3600);
    if (expiry.asked.time - saved->second + kSlack < retention) ++early;
    records.erase(saved);
  }

  void Add(std::string_view line) {
    if (const std::optional<JournalEntry> entry = ParseJournalLine(line)) {
      if (entry->expired) {
        ++expired;
        Expire(*entry);
      } else if (entry->kind == JournalEntry::Kind::kRecord) {
        records.emplace(entry->token, entry->asked.time);
        named.insert(entry->token);
      }
    } else if (const std::optional<JournalNote> note = ParseNote(line)) {
      if (note->kind == JournalNote::Kind::kFound) named.insert(note->token);
    } else {
      ++unreadable;
    }
  }
};

AnswerHashes ReadAnswers(const Folder& records) {
  AnswerHashes answers;
  records.ForEachFile([&](const FileFacts& file) {
    const std::optional<std::string> token = TokenOfAnswers(file.name);
    if (!token.has_value()) return;
    std::vector<std::string>& hashes = answers[*token];
    const absl::Status read = ForEachLine(
        records, file.name, [&](std::string_view line) { hashes.push_back(LineHash(line)); });
    read.IgnoreError();  // what cannot be read lacks
  });
  return answers;
}

absl::StatusOr<JournalView> ViewJournal(const Folder& top, const Folder& records,
                                        const std::vector<ChainHead>& known,
                                        PacketDelta retention) {
  JournalView view;
  view.retention = retention;
  ChainCheck check(known);
  const absl::Status read =
      ForEachJournalLine(top, [&](const std::string& name, std::string_view line) {
        check.Line(name, line);
        view.Add(line);
      });
  if (!read.ok()) return read;
  // After the journal: an answer is noted before it is written.
  view.chain = check.Report(ReadAnswers(records));
  if (view.early > 0) {
    view.chain.remarks.push_back(fmt::format(
        "{} records were deleted before store.retention was over: either it was shorter "
        "then, or somebody had them deleted",
        view.early));
  }
  return view;
}

// A daemon that works meanwhile may have put the journal aside, or be at an answer.
absl::StatusOr<JournalView> SteadyView(const Folder& top, const Folder& records,
                                       const std::vector<ChainHead>& known, PacketDelta retention,
                                       const absl::flat_hash_set<std::string>& present) {
  for (int tries = 1;; ++tries) {
    absl::StatusOr<JournalView> view = ViewJournal(top, records, known, retention);
    if (!view.ok() || tries == kMostTries) return view;
    const bool all_named =
        std::all_of(present.begin(), present.end(),
                    [&view](const std::string& token) { return view->named.contains(token); });
    if (all_named && view->chain.faults.empty() && view->unreadable == 0) return view;
    usleep(kPause);
  }
}

// The tokens of all records, compared.
absl::flat_hash_set<std::string> CompareRecords(const Folder& records, Verification& result) {
  absl::flat_hash_set<std::string> present;
  records.ForEachFile([&](const FileFacts& file) {
    const std::optional<std::string> token = TokenOfFile(file.name);
    if (!token.has_value()) {
      const bool is_ours = file.is_regular && (TokenOfAnswers(file.name).has_value() ||
                                               file.name.starts_with(kUnfinished));
      if (!is_ours) result.altered.push_back(file.name);
      return;
    }
    const absl::StatusOr<std::string> json = ReadRecordText(records, *token);
    if (absl::IsNotFound(json.status())) return;  // it has expired just now
    present.insert(*token);
    if (json.ok() && TokenOf(*json) == *token) {
      ++result.intact;
    } else {
      result.altered.push_back(*token);
    }
  });
  return present;
}

std::string Listed(std::string_view word, const std::vector<std::string>& items) {
  std::string text;
  for (const std::string& item : items) text += fmt::format("{:<8} {}\n", word, item);
  return text;
}

std::string ChainText(const ChainReport& chain) {
  if (chain.first == 0) {
    return fmt::format(
        "journal: {} lines, from before there was a chain; nothing is known of them\n",
        chain.before);
  }
  return fmt::format(
      "journal: lines {} to {} in a chain{}{}, {} answers of previous hosts intact\n"
      "head {}\n",
      chain.first, chain.head.count, chain.faults.empty() ? "" : " that is broken",
      chain.before > 0 ? fmt::format(", {} lines from before it", chain.before) : "", chain.answers,
      ChainHeadText(chain.head));
}

}  // namespace

absl::StatusOr<Verification> Verify(const Options& options, const std::vector<ChainHead>& known) {
  const absl::StatusOr<Folder> top = Folder::Open(options.folder, Folder::Missing::kFail);
  if (!top.ok()) return top.status();
  const absl::StatusOr<Folder> records =
      Folder::Open(options.folder + "/" + kRecordsFolder, Folder::Missing::kFail);
  if (!records.ok()) return records.status();
  Verification result;
  const absl::flat_hash_set<std::string> present = CompareRecords(*records, result);
  absl::StatusOr<JournalView> view = SteadyView(*top, *records, known, options.retention, present);
  if (!view.ok()) return view.status();
  result.expired = view->expired;
  result.journal_lines_unreadable = view->unreadable;
  result.chain = std::move(view->chain);
  for (const auto& [token, since] : view->records) {
    if (present.contains(token)) continue;
    // A record that the daemon saved after the folder was looked at is there now.
    if (ReadRecordText(*records, token).ok()) {
      ++result.intact;
    } else {
      result.missing.push_back(token);
    }
  }
  for (const std::string& token : present) {
    // Journals from before the chain may lack lines for other reasons.
    if (result.chain.first > 0 && !view->named.contains(token)) result.unnamed.push_back(token);
  }
  std::sort(result.altered.begin(), result.altered.end());
  std::sort(result.missing.begin(), result.missing.end());
  std::sort(result.unnamed.begin(), result.unnamed.end());
  return result;
}

absl::StatusOr<ChainHead> JournalHead(const Options& options) {
  const absl::StatusOr<Folder> top = Folder::Open(options.folder, Folder::Missing::kFail);
  if (!top.ok()) return top.status();
  ChainHead head;
  std::vector<std::string> names = JournalNames(*top);
  // From the newest on: the one that is written to may be empty, or put aside just now.
  for (; head.count == 0 && !names.empty(); names.pop_back()) {
    std::string last;
    absl::Status read =
        ForEachLine(*top, names.back(), [&last](std::string_view line) { last = line; });
    if (!read.ok() && !absl::IsNotFound(read)) return read;
    if (const std::optional<ChainLink> link = ParseLink(last)) {
      head = {.count = link->number, .hash = LineHash(last)};
    }
  }
  return head;
}

std::string VerificationText(const Verification& verification) {
  const ChainReport& chain = verification.chain;
  return Listed("altered", verification.altered) + Listed("missing", verification.missing) +
         Listed("unnamed", verification.unnamed) + Listed("broken", chain.faults) +
         Listed("note", chain.remarks) +
         fmt::format(
             "{} records intact, {} altered, {} missing, {} unnamed, {} expired; {} lines of "
             "the journal unreadable\n",
             verification.intact, verification.altered.size(), verification.missing.size(),
             verification.unnamed.size(), verification.expired,
             verification.journal_lines_unreadable) +
         ChainText(chain);
}

}  // namespace cairn::tokens
