// SPDX-License-Identifier: BSD-3-Clause
// Any bytes as what hosts send to an authority and it to them, as tokens, and as its register: each
// is refused, or is written and read back the same.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "traceback/tracing/authority/invitation.h"
#include "traceback/tracing/authority/register.h"
#include "traceback/tracing/authority/request.h"
#include "traceback/tracing/authority/service_text.h"

namespace {

using namespace cairn::tracing;

void AsQuestion(const std::string& bytes) {
  const auto question = ParseQuestion(bytes);
  if (!question.ok() || !question->has_value()) return;
  const auto again = ParseQuestion(QuestionText(**question));
  if (!again.ok() || *again != *question) std::abort();
}

void AsAnswer(const std::string& bytes) {
  const auto answer = ParseAnswer(bytes);
  if (!answer.ok() || !answer->has_value()) return;
  const auto again = ParseAnswer(AnswerText(**answer));
  if (!again.ok() || *again != *answer) std::abort();
}

void AsRequest(const std::string& bytes) {
  const auto request = ReadRequest(bytes);
  if (!request.ok()) return;
  if (const auto* proof = std::get_if<ByInvitation>(&request->proof)) {
    // Nobody can have made this.
    if (CheckInvitation(proof->statement, proof->proof, request->public_key, "key").ok()) {
      std::abort();
    }
  }
}

void AsToken(const std::string& bytes) {
  const auto token = ParseToken(bytes);
  if (token.ok() && ParseStatement(Statement(token->invitation)).value() != token->invitation) {
    std::abort();
  }
}

void AsRegister(const std::string& bytes) {
  const auto all = ParseRegister(bytes);
  if (!all.ok()) return;
  const auto again = ParseRegister(RegisterText(*all));
  if (!again.ok() || *again != *all) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string bytes(reinterpret_cast<const char*>(data + 1), size - 1);
  switch (data[0] % 5) {
    case 0:
      AsQuestion(bytes);
      break;
    case 1:
      AsAnswer(bytes);
      break;
    case 2:
      AsRequest(bytes);
      break;
    case 3:
      AsToken(bytes);
      break;
    default:
      AsRegister(bytes);
  }
  return 0;
}
