// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/tracing/authority/service_text.h"

#include <array>
#include <charconv>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "fmt/format.h"

#include "base/printable.h"
#include "traceback/tracing/authority/request.h"

namespace cairn::tracing {
namespace {

constexpr std::string_view kProtocol = "cairn-ca 1 ";
constexpr size_t kMostReason = 1000;
constexpr std::array<std::pair<QuestionKind, std::string_view>, 3> kKinds = {
    {{QuestionKind::kIssue, "issue"},
     {QuestionKind::kRenew, "renew"},
     {QuestionKind::kLists, "lists"}}};

absl::Status Invalid() {
  return absl::InvalidArgumentError("the other end does not speak as an authority does");
}

// The first line, once it is there: the word behind the protocol, and up to three numbers.
struct Line {
  std::string_view word;
  std::vector<size_t> numbers;
  std::string_view rest;
};

absl::StatusOr<std::optional<Line>> ParseLine(std::string_view so_far, size_t most) {
  const size_t end = so_far.substr(0, kMostLine).find('\n');
  if (end == std::string_view::npos) {
    const bool may_come = so_far.size() < kMostLine &&
                          so_far.substr(0, kProtocol.size()) == kProtocol.substr(0, so_far.size());
    if (may_come) return std::nullopt;
    return Invalid();
  }
  std::string_view words = so_far.substr(0, end);
  if (!words.starts_with(kProtocol)) return Invalid();
  words.remove_prefix(kProtocol.size());
  Line line{
      .word = words.substr(0, words.find(' ')), .numbers = {}, .rest = so_far.substr(end + 1)};
  words.remove_prefix(line.word.size());
  size_t sum = 0;
  while (!words.empty() && line.numbers.size() < 3) {
    words.remove_prefix(1);
    size_t number = 0;
    const auto [after, error] = std::from_chars(words.data(), words.data() + words.size(), number);
    if (error != std::errc() || number > most) return Invalid();
    words.remove_prefix(static_cast<size_t>(after - words.data()));
    if (!words.empty() && words.front() != ' ') return Invalid();
    line.numbers.push_back(number);
    sum += number;
  }
  if (!words.empty() || sum > most || line.rest.size() > sum) return Invalid();
  if (line.rest.size() < sum) return std::nullopt;
  return line;
}

}  // namespace

std::string QuestionText(const Question& question) {
  std::string_view word;
  for (const auto& [kind, name] : kKinds) {
    if (kind == question.kind) word = name;
  }
  return fmt::format("{}{} {}\n{}", kProtocol, word, question.request.size(), question.request);
}

std::string AnswerText(const Answer& answer) {
  if (!answer.granted) {
    const std::string why = Printable(answer.why_not.substr(0, kMostReason));
    return fmt::format("{}no {}\n{}", kProtocol, why.size(), why);
  }
  return fmt::format("{}yes {} {} {}\n{}{}{}", kProtocol, answer.certificate.size(),
                     answer.authorities.size(), answer.lists.size(), answer.certificate,
                     answer.authorities, answer.lists);
}

absl::StatusOr<std::optional<Question>> ParseQuestion(std::string_view so_far) {
  const absl::StatusOr<std::optional<Line>> line = ParseLine(so_far, kMostRequestBytes);
  if (!line.ok()) return line.status();
  if (!line->has_value()) return std::nullopt;
  for (const auto& [kind, name] : kKinds) {
    if ((*line)->word == name && (*line)->numbers.size() == 1) {
      return Question{.kind = kind, .request = std::string((*line)->rest)};
    }
  }
  return Invalid();
}

absl::StatusOr<std::optional<Answer>> ParseAnswer(std::string_view so_far) {
  const absl::StatusOr<std::optional<Line>> line = ParseLine(so_far, kMostAnswerBytes);
  if (!line.ok()) return line.status();
  if (!line->has_value()) return std::nullopt;
  const std::string_view rest = (*line)->rest;
  const std::vector<size_t>& numbers = (*line)->numbers;
  if ((*line)->word == "yes" && numbers.size() == 3) {
    return Answer{.granted = true,
                  .certificate = std::string(rest.substr(0, numbers[0])),
                  .authorities = std::string(rest.substr(numbers[0], numbers[1])),
                  .lists = std::string(rest.substr(numbers[0] + numbers[1]))};
  }
  if ((*line)->word != "no" || numbers.size() != 1) return Invalid();
  return Answer{.why_not = Printable(std::string(rest.substr(0, kMostReason)))};
}

}  // namespace cairn::tracing
