// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_TRACING_AUTHORITY_SERVICE_TEXT_H_
#define CAIRN_TRACEBACK_TRACING_AUTHORITY_SERVICE_TEXT_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

// What hosts and the service of an authority say to each other, inside TLS: one question, one
// answer, and the end.  Each is a line of words and what it announces:
//
//   question   cairn-ca 1 issue|renew|lists BYTES
//              the request, PEM; none for lists
//   answer     cairn-ca 1 yes CERTIFICATE AUTHORITIES LISTS
//              so many bytes of each, PEM, one after the other
//          or  cairn-ca 1 no BYTES
//              why, a text
namespace cairn::tracing {

enum class QuestionKind : uint8_t { kIssue, kRenew, kLists };
struct Question {
  QuestionKind kind = QuestionKind::kLists;
  std::string request = {};

  bool operator==(const Question&) const = default;
};
struct Answer {
  bool granted = false;
  std::string why_not = {};  // printing ASCII
  std::string certificate = {};
  std::string authorities = {};
  std::string lists = {};

  bool operator==(const Answer&) const = default;
};
inline constexpr size_t kMostLine = 80;
inline constexpr size_t kMostAnswerBytes = size_t{2} << 20;

std::string QuestionText(const Question& question);
std::string AnswerText(const Answer& answer);
// Of what has come so far.  Unset: more has to come.  InvalidArgument: it is none, or too long; or
// something stands behind it.
absl::StatusOr<std::optional<Question>> ParseQuestion(std::string_view so_far);
absl::StatusOr<std::optional<Answer>> ParseAnswer(std::string_view so_far);

}  // namespace cairn::tracing

#endif  // CAIRN_TRACEBACK_TRACING_AUTHORITY_SERVICE_TEXT_H_
