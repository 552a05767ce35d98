// SPDX-License-Identifier: BSD-3-Clause
// Any bytes as a database of session records: it is read, or refused.
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "output/sessions/session_reader.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string path =
      (std::filesystem::temp_directory_path() / ("cairn_fuzz_" + std::to_string(getpid())))
          .string();
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char*>(data), static_cast<std::streamsize>(size));
  cairn::output::SessionsRead result;
  uint64_t sessions = 0;
  cairn::output::ReadSessions(
      path,
      [&](const cairn::SessionRecord&) {
        ++sessions;
        return true;
      },
      result)
      .IgnoreError();
  if (sessions != result.records) std::abort();
  for (const char* suffix : {"", "-wal", "-shm", "-journal"}) {
    std::error_code fault;
    std::filesystem::remove(path + suffix, fault);
  }
  return 0;
}
