// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/daemon/reply_rules.h"

#include <string>

#include "traceback/tokens/record.h"

namespace cairn::daemon {

std::string ErrorReplyLine(const stop::PortPair& ports, std::string_view error, Errors errors,
                           bool names_address) {
  if (GivesToken(errors, names_address)) {
    return ReplyLine(ports, Answer::Kind::kToken, tokens::RandomToken());
  }
  return ReplyLine(ports, Answer::Kind::kError, ShownError(errors, error));
}

bool GivesToken(Errors errors, bool names_address) {
  return names_address || errors == Errors::kToken;
}

std::string_view ShownError(Errors errors, std::string_view error) {
  return errors == Errors::kPlain ? error : stop::kUnknownError;
}

std::string ReplyLine(const stop::PortPair& ports, Answer::Kind kind, std::string_view text) {
  stop::Reply reply = {.ports = ports, .error = {}, .system = {}, .charset = {}, .user = {}};
  if (kind == Answer::Kind::kError) {
    reply.error = text;
  } else {
    reply.system = stop::kOtherSystem;
    reply.user = text;
  }
  return stop::FormatReply(reply);
}

}  // namespace cairn::daemon
