// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_TOKENS_FOLDER_SURVEY_H_
#define CAIRN_TRACEBACK_TOKENS_FOLDER_SURVEY_H_

#include <cstdint>
#include <string>
#include <vector>

#include "base/time.h"
#include "traceback/tokens/store_files.h"

namespace cairn::tokens {

// What is in the folders of a store: how much it takes, and what is too old.
struct FolderSurvey {
  uint64_t used_bytes = 0;            // DiskBytes() of all but the reserve
  std::vector<std::string> records;   // tokens of records that are too old
  std::vector<std::string> answers;   // tokens without a record whose answers are
  std::vector<std::string> journals;  // names of journals put aside that are
};

// Looks at every file, and deletes those that were never finished.  `oldest`: the time from which
// on files are kept.
FolderSurvey Survey(const Folder& folder, const Folder& records, PacketTime oldest);

}  // namespace cairn::tokens

#endif  // CAIRN_TRACEBACK_TOKENS_FOLDER_SURVEY_H_
