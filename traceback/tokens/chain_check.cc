// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/tokens/chain_check.h"

#include <algorithm>
#include <utility>

#include "fmt/format.h"

#include "base/time_text.h"
#include "traceback/tokens/journal.h"

namespace cairn::tokens {
namespace {

std::string When(PacketTime time) {
  return time.IsSet() ? Rfc3339(time) : std::string("at an unknown time");
}

// Whether a list holds a hash; then it is taken out.
bool TakeOut(std::vector<std::string>& hashes, const std::string& hash) {
  const auto found = std::find(hashes.begin(), hashes.end(), hash);
  if (found == hashes.end()) return false;
  hashes.erase(found);
  return true;
}

}  // namespace

void ChainCheck::Line(const std::string& file, std::string_view line) {
  const std::optional<ChainLink> link = ParseLink(line);
  if (!link.has_value() && report_.first == 0) {
    before_.Add(line);
  } else if (!link.has_value()) {
    Fault(
        fmt::format("{}: a line without a number stands after line {}", file, report_.head.count));
    report_.head = {.count = report_.head.count + 1, .hash = LineHash(line)};
  } else {
    Link(file, *link);
    report_.head = {.count = link->number, .hash = LineHash(line)};
    CompareWithKnown();
  }
  if (const std::optional<JournalEntry> entry = ParseJournalLine(line)) {
    if (entry->expired) {
      answers_.erase(entry->token);
    } else if (link.has_value() && stop::IsRecursive(entry->asked.type)) {
      in_chain_.insert(entry->token);
    }
  } else if (const std::optional<JournalNote> note = ParseNote(line)) {
    Note(*note);
  }
}

void ChainCheck::Link(const std::string& file, const ChainLink& link) {
  const ChainHead& last = report_.head;
  if (report_.first == 0) {
    report_.first = link.number;
    first_previous_ = link.previous;
    return;
  }
  if (link.number > last.count + 1) {
    Fault(fmt::format("{}: lines {} to {} are missing", file, last.count + 1, link.number - 1));
  } else if (link.number <= last.count) {
    Fault(fmt::format("{}: line {} stands after line {}: it was put in, or moved", file,
                      link.number, last.count));
  } else if (link.previous != last.hash) {
    Fault(fmt::format("{}: line {} is not the one that was before line {}: it was altered", file,
                      last.count, link.number));
  }
}

void ChainCheck::CompareWithKnown() {
  for (const ChainHead& known : known_) {
    if (known.count == report_.head.count && known.hash != report_.head.hash) {
      Fault(
          fmt::format("line {} is not the one whose hash was noted elsewhere: it, or lines before "
                      "it, were altered",
                      known.count));
    }
  }
}

void ChainCheck::Note(const JournalNote& note) {
  using Kind = JournalNote::Kind;
  const uint64_t number = report_.head.count;
  switch (note.kind) {
    case Kind::kStart:
      if (number == 1) start_ = note;
      break;
    case Kind::kCut:
      Remark(
          fmt::format("line {}: {} bytes of a line without an end were removed ({}); a kill or a "
                      "power cut leaves such a line",
                      number, note.bytes, When(note.time)));
      break;
    case Kind::kFound:
      Remark(
          fmt::format("line {}: record {} had no line ({}); a kill leaves such a record, and its "
                      "token was not given out",
                      number, note.token, When(note.time)));
      break;
    case Kind::kChangedByOthers:
      Fault(fmt::format("line {}: something else than stopd changed the journal before {}", number,
                        When(note.time)));
      break;
    case Kind::kAnswer:
      answers_[note.token].push_back({.number = number, .hash = note.hash});
      break;
    case Kind::kAnswerLost:
      std::erase_if(answers_[note.token],
                    [&note](const Noted& each) { return each.hash == note.hash; });
      Remark(
          fmt::format("line {}: an answer to {} could not be written; the line about it holds it",
                      number, note.token));
      break;
    case Kind::kAnswersExpired:
      answers_.erase(note.token);
      break;
    case Kind::kJournalExpired:
      if (note.last == 0) {
        expired_before_[note.name] = note.lines;
      } else {
        expired_heads_.insert(ChainHeadText({.count = note.last, .hash = note.hash}));
      }
      break;
  }
}

void ChainCheck::CheckBeginning() {
  const uint64_t first = report_.first;
  if (first > 1) {
    const std::string missing = ChainHeadText({.count = first - 1, .hash = first_previous_});
    if (!expired_heads_.contains(missing)) {
      Fault(
          fmt::format("lines 1 to {} are missing, and no note says that they expired", first - 1));
    } else if (before_.count() > 0) {
      Fault(fmt::format("{} lines without a number stand before line {}", before_.count(), first));
    }
    return;
  }
  if (!start_.has_value()) return Fault("line 1 does not begin a chain");
  if (before_.count() == start_->lines && before_.hash() == start_->hash) return;
  uint64_t expired = 0;
  for (const auto& [name, lines] : expired_before_) expired += lines;
  if (expired > 0 && before_.count() + expired == start_->lines) return;
  Fault(fmt::format("the {} lines from before the chain are not those {} that it began with",
                    before_.count(), start_->lines));
}

void ChainCheck::CheckAnswers(AnswerHashes& answers) {
  for (const auto& [token, noted] : answers_) {
    std::vector<std::string>& there = answers[token];
    for (const Noted& each : noted) {
      if (TakeOut(there, each.hash)) {
        ++report_.answers;
      } else if (each.number == report_.head.count) {
        Remark(
            fmt::format("the answer of line {} is not in {}.next yet; stopd writes it when it is "
                        "started",
                        each.number, token));
      } else {
        Fault(fmt::format("line {}: the answer to {} was altered or removed", each.number, token));
      }
    }
  }
  for (const auto& [token, rest] : answers) {
    // Older answers may be of a time before the chain, or from a journal that has expired.
    if (!rest.empty() && in_chain_.contains(token)) {
      Fault(fmt::format("{} answers to {} were put in or altered: no line is about them",
                        rest.size(), token));
    }
  }
}

ChainReport ChainCheck::Report(AnswerHashes answers) {
  report_.before = before_.count();
  if (report_.first > 0) {
    CheckBeginning();
    CheckAnswers(answers);
  }
  for (const ChainHead& known : known_) {
    if (known.count > report_.head.count) {
      Fault(fmt::format("the journal ends with line {}: lines up to {} at least were cut off",
                        report_.head.count, known.count));
    } else if (known.count > 0 && known.count < report_.first) {
      Remark(fmt::format("line {} is no longer kept: its head says nothing now", known.count));
    }
  }
  std::sort(report_.faults.begin(), report_.faults.end());
  return std::move(report_);
}

}  // namespace cairn::tokens
