// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_OUTPUT_SESSIONS_OWN_SESSIONS_H_
#define CAIRN_OUTPUT_SESSIONS_OWN_SESSIONS_H_

#include <string>

#include "absl/status/status.h"

#include "files/output_guard.h"
#include "output/sessions/format.h"

namespace cairn::output {

// The file of session records as an output of --sessions.  What is added to must be of this
// version; what is replaced may be of another.
files::Output SessionOutput(const std::string& path, SessionFormat format,
                            files::ExistingFile existing);

// OK, or why the database at that path, which may be there or not, can neither be replaced nor
// added to: it has other tables, or is in the hands of another process.  Nothing is changed.
absl::Status CheckSessionDatabase(const std::string& path, files::ExistingFile existing);

}  // namespace cairn::output

#endif  // CAIRN_OUTPUT_SESSIONS_OWN_SESSIONS_H_
