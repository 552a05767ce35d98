// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_TRACING_ASKER_CREDENTIAL_FILES_H_
#define CAIRN_TRACEBACK_TRACING_ASKER_CREDENTIAL_FILES_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "base/time.h"
#include "traceback/tracing/asker/options.h"
#include "traceback/tracing/link/links.h"
#include "traceback/tracing/link/signer.h"
#include "traceback/tracing/trust/trust.h"

namespace cairn::tracing {

// Who an asker is, and whom it believes, as its files say.
//
// This process itself has the key.  That is good enough for an asker: its certificate may ask and
// nothing else, so whoever copies the key out of the process can ask until it is revoked, and can
// speak for no host.  An agent's key is never held like this, and an agent's certificate is refused
// here.
struct AskerCredentials {
  Credentials credentials;
  std::unique_ptr<Signer> signer = {};
  Trust trust;
  Identity identity;  // of the certificate
};

// Reads the files.  The message of an error names the file, and says what to do.
// NotFound, PermissionDenied: a file cannot be read, or others than its owner and group can read
// the key.  InvalidArgument: it holds something else, or they do not belong together.
// FailedPrecondition: the certificate is not believed at `now`, or is that of an agent.
absl::StatusOr<AskerCredentials> ReadCredentials(const AskerOptions& options, PacketTime now);

// Differs whenever one of the files has been written anew.
std::string CredentialStamp(const AskerOptions& options);

}  // namespace cairn::tracing

#endif  // CAIRN_TRACEBACK_TRACING_ASKER_CREDENTIAL_FILES_H_
