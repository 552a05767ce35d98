// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_HOST_SNAPSHOT_BYTES_H_
#define CAIRN_TRACEBACK_HOST_SNAPSHOT_BYTES_H_

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "traceback/host/snapshot.h"

// A snapshot on its way between two processes of one program.  No format for files: it changes with
// the program.
namespace cairn::host {

// All of it, exactly.
std::string EncodeSnapshot(const Snapshot& snapshot);
// At most `most` bytes: of what has more, the descriptors of the last processes are left out, then
// processes; the snapshot then says so (truncated_by "record_size").
std::string EncodeSnapshot(Snapshot snapshot, size_t most);

// Unset: the bytes are not whole, too many, or hold what no snapshot holds.  Time and memory are
// linear in them, whatever they are.
std::optional<Snapshot> DecodeSnapshot(std::string_view bytes);

}  // namespace cairn::host

#endif  // CAIRN_TRACEBACK_HOST_SNAPSHOT_BYTES_H_
