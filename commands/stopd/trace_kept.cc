// SPDX-License-Identifier: BSD-3-Clause
// stopd trace list and show: what the agent of this host knows of traces that have ended.
#include <algorithm>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "fmt/format.h"

#include "CLI/CLI.hpp"
#include "commands/program/program.h"
#include "commands/stopd/kept_traces.h"
#include "commands/stopd/stopd_commands.h"
#include "commands/stopd/stopd_options.h"

namespace cairn::commands {
namespace {

constexpr char kListTraces[] = "trace list";
constexpr char kShow[] = "trace show";
constexpr size_t kListed = 1000;  // each is verified, which takes about two milliseconds
constexpr size_t kMostListed = 100'000;
constexpr size_t kMostShown = 100;  // of one id
constexpr size_t kMostMeetings = 4;

struct ListArguments {
  KeptTracesOptions kept;
  size_t limit = kListed;
  bool json = false;
};

struct ShowArguments {
  KeptTracesOptions kept;
  std::string id = {};
  bool all = false;
  std::string format = "text";
};

int Fail(const char* command, const absl::Status& status) {
  PrintStopdError(command, status);
  return absl::IsInvalidArgument(status) ? kUsage : kFailed;
}

std::string JsonLines(const std::vector<tracing::ShownChain>& chains) {
  std::string text;
  for (const tracing::ShownChain& chain : chains) text += tracing::ChainJson(chain);
  return text;
}

int ListTraces(const ListArguments& arguments) {
  const absl::StatusOr<KeptTraces> traces = KeptTraces::Open(arguments.kept);
  if (!traces.ok()) return Fail(kListTraces, traces.status());
  const std::vector<tracing::ShownChain> found = traces->Find(traces->query(), arguments.limit);
  if (arguments.json) return PrintText(JsonLines(found));
  const std::string nothing = traces->NothingKnown();
  return PrintText(nothing.empty() ? tracing::ChainListText(found) : nothing);
}

// In lower case; empty: it is no beginning of an id.
std::string Digits(const std::string& id) {
  constexpr size_t kAll = 32;
  if (id.empty() || id.size() > kAll) return {};
  std::string digits = id;
  for (char& c : digits) {
    if (c >= 'A' && c <= 'F') c = static_cast<char>(c - 'A' + 'a');
    if ((c < '0' || c > '9') && (c < 'a' || c > 'f')) return {};
  }
  return digits;
}

std::string OneText(const KeptTraces& traces, const tracing::ShownChain& shown) {
  std::string text = tracing::ChainText(shown);
  for (const tracing::Meeting& meeting : traces.knowledge().Meets(shown.chain, kMostMeetings)) {
    text += fmt::format("  {}\n", tracing::MeetingText(meeting));
  }
  return text;
}

int Print(const ShowArguments& arguments, const KeptTraces& traces,
          const std::vector<tracing::ShownChain>& found) {
  if (arguments.format == "json") return PrintText(JsonLines(found));
  if (arguments.format == "dot") return PrintText(tracing::TreeDot(found));
  if (arguments.format == "svg") return PrintText(tracing::TreeSvg(found));
  if (arguments.all) return PrintText(traces.NothingKnown() + tracing::TreeText(found));
  std::string text;
  for (const tracing::ShownChain& shown : found) text += OneText(traces, shown);
  return PrintText(text);
}

int ShowTraces(const ShowArguments& arguments) {
  const std::string digits = Digits(arguments.id);
  if (arguments.all != arguments.id.empty()) {
    return Fail(kShow, absl::InvalidArgumentError("name one trace by its ID, or all with --all"));
  }
  if (!arguments.all && digits.empty()) {
    return Fail(kShow, absl::InvalidArgumentError(fmt::format(
                           "'{}' is no ID of a trace: that is up to 32 hexadecimal digits, as "
                           "'stopd trace list' prints them",
                           arguments.id)));
  }
  const absl::StatusOr<KeptTraces> traces = KeptTraces::Open(arguments.kept);
  if (!traces.ok()) return Fail(kShow, traces.status());
  tracing::ChainQuery query = traces->query();
  query.trace_prefix = digits;
  const std::vector<tracing::ShownChain> found =
      traces->Find(query, arguments.all ? tracing::kMostDrawn : kMostShown);
  if (arguments.all) return Print(arguments, *traces, found);
  if (found.empty()) {
    return Fail(kShow, absl::NotFoundError(fmt::format("no trace {} is known here", digits)));
  }
  // One trace may be known from two origins, should one of them lie; then both are shown.
  const bool is_one = std::ranges::all_of(found, [&](const tracing::ShownChain& each) {
    return each.chain.trace == found.front().chain.trace;
  });
  if (!is_one) {
    return Fail(kShow, absl::FailedPreconditionError(fmt::format(
                           "the IDs of several traces begin with {}; write more of it", digits)));
  }
  return Print(arguments, *traces, found);
}

}  // namespace

void AddTraceList(CLI::App& trace, int& exit_code) {
  CLI::App* command = trace.add_subcommand("list", "List the traces that this host knows of");
  const auto arguments = std::make_shared<ListArguments>();
  AddTraceChoice(*command, arguments->kept);
  command
      ->add_option("--limit", arguments->limit,
                   fmt::format("At most so many, the newest; default: {}", kListed))
      ->type_name("N")
      ->check(CLI::Range(size_t{1}, kMostListed).description(""));
  command->add_flag("--json", arguments->json, "As JSON, a line for each chain");
  AddTraceFolder(*command, arguments->kept);
  command->footer(
      "\nNewest first. PROVEN: yes (all signatures are right), or claim. FIRST: how the chain "
      "ends\n"
      "at its first host. WAY: from there to the target.\n"
      "Exit status: 0 listed (or none are known yet), 1 the folder cannot be read, 2 wrong usage "
      "or configuration.");
  command->callback([arguments, &exit_code] { exit_code = ListTraces(*arguments); });
}

void AddTraceShow(CLI::App& trace, int& exit_code) {
  CLI::App* command =
      trace.add_subcommand("show", "Show the way of one trace, or all of them as a tree");
  const auto arguments = std::make_shared<ShowArguments>();
  command->add_option("ID", arguments->id, "Of the trace; its first digits are enough")
      ->type_name("");
  command->add_flag("--all", arguments->all, "All traces, or those chosen by the next three");
  AddTraceChoice(*command, arguments->kept);
  command->add_option("-f,--format", arguments->format, "Default: text")
      ->type_name("text|dot|svg|json")
      ->check(CLI::IsMember({"text", "dot", "svg", "json"}).description(""));
  AddTraceFolder(*command, arguments->kept);
  command->footer(
      "\nExit status: 0 shown, 1 no such trace, or the folder cannot be read, 2 wrong usage or\n"
      "configuration.");
  command->callback([arguments, &exit_code] { exit_code = ShowTraces(*arguments); });
}

}  // namespace cairn::commands
