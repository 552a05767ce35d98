// SPDX-License-Identifier: BSD-3-Clause
#include "commands/program/program.h"

#include <algorithm>
#include <cstdio>
#include <exception>
#include <new>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "fmt/format.h"

#include "CLI/CLI.hpp"
#include "commands/program/suggest.h"

namespace cairn::commands {
namespace {

std::vector<const CLI::App*> CommandsOf(const CLI::App& app) {
  return app.get_subcommands([](const CLI::App*) { return true; });
}

// Null when there is none of that name.
const CLI::App* FindCommand(const CLI::App& app, std::string_view name) {
  for (const CLI::App* command : CommandsOf(app)) {
    if (command->get_name() == name) return command;
  }
  return nullptr;
}

// Those that the help lists.
std::vector<std::string> CommandNames(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* command : CommandsOf(app)) {
    if (!command->get_group().empty()) names.push_back(command->get_name());
  }
  return names;
}

std::vector<std::string> OptionNames(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  }
  return names;
}

std::string DidYouMean(std::string_view word, const std::vector<std::string>& known) {
  const std::string near = NearestWord(word, known);
  return near.empty() ? std::string() : fmt::format(" Did you mean '{}'?", near);
}

// The command that the user chose, or the program itself.
const CLI::App& Chosen(const CLI::App& app) {
  const auto chosen = app.get_subcommands();
  return chosen.empty() ? app : Chosen(*chosen.front());
}

std::string FullName(const CLI::App& app) {
  return app.get_parent() == nullptr ? app.get_name()
                                     : FullName(*app.get_parent()) + ' ' + app.get_name();
}

// CLI11 keeps the unexpected words; the first that looks like a flag, else the first, is what the
// user must look at.
std::string UnexpectedWord(const CLI::App& app) {
  const std::vector<std::string> words = app.remaining(true);
  for (const std::string& word : words) {
    if (word.starts_with("-")) return word.substr(0, word.find('='));
  }
  return words.empty() ? std::string() : words.front();
}

int UnknownCommand(const CLI::App& app, std::string_view word) {
  const std::vector<std::string> names = CommandNames(app);
  std::string list;
  for (const std::string& name : names) list += (list.empty() ? "" : ", ") + name;
  const std::string name = FullName(app);
  fmt::print(stderr, "{}: '{}' is not a command.{}\nCommands: {}. See '{} --help'.\n", name, word,
             DidYouMean(word, names), list, name);
  return kUsage;
}

// The command that is meant, or that help is asked for, if it is one that moved; else null.
const MovedCommand* FindMoved(const Program& program, std::span<const char* const> words) {
  if (words.size() > 1 && std::string_view(words[0]) == "help") words = words.subspan(1);
  for (const MovedCommand& command : program.moved) {
    if (!words.empty() && std::string_view(words[0]) == command.name) return &command;
  }
  return nullptr;
}

int ExplainUsage(const CLI::App& app, const CLI::ParseError& error) {
  const CLI::App& chosen = Chosen(app);
  std::string message = error.what();
  const std::string word = UnexpectedWord(app);
  const bool needs_command = chosen.get_require_subcommand_min() > 0;
  if (needs_command && !word.empty() && !word.starts_with("-")) return UnknownCommand(chosen, word);
  if (needs_command && word.empty()) {
    message = fmt::format("a command is missing; the commands are {}",
                          fmt::join(CommandNames(chosen), ", "));
  } else if (dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr) {
    message = word.starts_with("-") ? fmt::format("unknown option '{}'.{}", word,
                                                  DidYouMean(word, OptionNames(chosen)))
                                    : fmt::format("unexpected argument '{}'.", word);
  }
  const std::string name = FullName(chosen);
  fmt::print(stderr, "{}: {}\nSee '{} --help'.\n", name, message, name);
  return kUsage;
}

// "cairn help" and "cairn help replay", say.
int Help(const CLI::App& app, const std::vector<std::string>& words) {
  const CLI::App* subject = &app;
  for (const std::string& word : words) {
    const CLI::App* command = FindCommand(*subject, word);
    if (command == nullptr) return UnknownCommand(*subject, word);
    subject = command;
  }
  const CLI::App* parent = subject->get_parent();
  fmt::print("{}", subject->help(parent == nullptr ? std::string() : FullName(*parent)));
  return kDone;
}

int Dispatch(const Program& program, int argc, const char* const* argv) {
  const std::span<const char* const> words(argv, argv + argc);
  if (const MovedCommand* moved =
          FindMoved(program, words.subspan(std::min(size_t{1}, words.size())))) {
    fmt::print(stderr, "{}: '{}' is now '{}', with the same options.\n", program.name, moved->name,
               moved->now);
    return kUsage;
  }
  int exit_code = kDone;
  CLI::App app(program.description, program.name);
  app.set_version_flag("--version", fmt::format("{} {}", program.name, program.version));
  program.add_commands(app, exit_code);
  // After the commands, which would inherit it.
  app.footer(program.footer);
  // Listed by CLI11, answered here: it would take the words behind "help" for commands to run.
  app.add_subcommand("help", "Show the help of the program or of one command");
  if (argc > 1 && std::string_view(argv[1]) == "help") return Help(app, {argv + 2, argv + argc});

  if (argc > 1 && argv[1][0] != '-' && FindCommand(app, argv[1]) == nullptr) {
    return UnknownCommand(app, argv[1]);
  }
  if (argc <= 1) {
    fmt::print(stderr, "{}", app.help());
    return kUsage;
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& wanted) {  // --help, --version
    app.exit(wanted);
  } catch (const CLI::ParseError& error) {
    return ExplainUsage(app, error);
  }
  return exit_code;
}

}  // namespace

int RunProgram(const Program& program, int argc, const char* const* argv) noexcept {
  try {
    const int exit_code = Dispatch(program, argc, argv);
    // Help and version text may not have reached a full disk or a closed pipe.
    const bool written = std::fflush(stdout) == 0 && std::ferror(stdout) == 0;
    return written || exit_code != kDone ? exit_code : static_cast<int>(kFailed);
  } catch (const std::bad_alloc&) {
    std::fprintf(stderr, "%s: out of memory\n", program.name);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s: unexpected fault: %s\n", program.name, error.what());
  } catch (...) {
    std::fprintf(stderr, "%s: unexpected fault\n", program.name);
  }
  return kFailed;
}

}  // namespace cairn::commands
