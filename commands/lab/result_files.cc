// SPDX-License-Identifier: BSD-3-Clause
#include "commands/lab/result_files.h"

#include <algorithm>
#include <filesystem>
#include <memory>
#include <system_error>

#include "fmt/format.h"

#include "output/line_writer.h"
#include "output/own_lines.h"

namespace cairn::lab {

files::Output ResultFolder::OutputOf(const std::string& name) const {
  files::Output output{
      .option = {},
      .what = name.ends_with(".csv") ? "this command's tables" : "figures of cairn",
      .path = (std::filesystem::path(request_.folder) / name).string(),
      .existing = files::ExistingFile::kReplace,
      .is_ours = output::BeginsLikeFigure};
  if (name.ends_with(".csv")) {
    output.is_ours = [begin = request_.csv_begin](std::string_view head) {
      return !begin.empty() && head.starts_with(begin);
    };
  }
  return output;
}

files::OutputGuard ResultFolder::guard() const {
  using Foreign = files::OutputGuard::Foreign;
  return files::OutputGuard(request_.force ? Foreign::kReplace : Foreign::kRefuse);
}

absl::StatusOr<ResultFolder> ResultFolder::Make(Request request) {
  namespace fs = std::filesystem;
  ResultFolder results(std::move(request));
  const std::string& folder = results.request_.folder;
  std::error_code error;
  fs::create_directories(folder, error);
  std::vector<files::Output> there;
  for (fs::directory_iterator entry(folder, error); !error && entry != fs::directory_iterator();
       entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    const bool result = name.ends_with(".csv") || name.ends_with(".svg");
    const auto& begins = results.request_.name_begins;
    const bool ours = std::any_of(begins.begin(), begins.end(),
                                  [&](std::string_view begin) { return name.starts_with(begin); });
    if (result && ours) there.push_back(results.OutputOf(name));
  }
  if (error) {
    return absl::UnavailableError(fmt::format("{} {}: cannot make the folder: {}",
                                              results.request_.option, folder, error.message()));
  }
  if (absl::Status free = results.guard().Check(there); !free.ok()) return free;
  return results;
}

absl::Status ResultFolder::Write(const std::string& name, const std::string& text) const {
  const absl::StatusOr<std::unique_ptr<output::LineWriter>> file =
      output::LineWriter::Open(OutputOf(name), guard());
  return file.ok() ? (*file)->Write(text) : file.status();
}

}  // namespace cairn::lab
