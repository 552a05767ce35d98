// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/tokens/folder_survey.h"

#include <algorithm>
#include <optional>

#include "traceback/tokens/journal.h"
#include "traceback/tokens/record_file.h"
#include "traceback/tokens/reserve.h"

namespace cairn::tokens {

FolderSurvey Survey(const Folder& folder, const Folder& records, PacketTime oldest) {
  FolderSurvey found;
  records.ForEachFile([&](const FileFacts& file) {
    if (file.name.starts_with(kUnfinished)) return records.Remove(file.name);
    found.used_bytes += DiskBytes(file.bytes);
    if (file.modified >= oldest) return;
    if (const std::optional<std::string> token = TokenOfFile(file.name)) {
      found.records.push_back(*token);
    } else if (const std::optional<std::string> first = TokenOfAnswers(file.name)) {
      found.answers.push_back(*first);
    }
  });
  // Answers go with their record.
  std::erase_if(found.answers, [&records](const std::string& token) {
    return records.Look(RecordName(token, true)).is_regular ||
           records.Look(RecordName(token, false)).is_regular;
  });
  folder.ForEachFile([&](const FileFacts& file) {
    if (file.name == kReserve) return;
    found.used_bytes += DiskBytes(file.bytes);
    if (IsJournal(file.name) && file.name != kJournal && file.modified < oldest) {
      found.journals.push_back(file.name);
    }
  });
  std::sort(found.journals.begin(), found.journals.end());
  return found;
}

}  // namespace cairn::tokens
