// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/tracing/authority/authority_view.h"

#include <array>
#include <optional>
#include <utility>
#include <vector>

#include "traceback/tracing/authority/authority_files.h"
#include "traceback/tracing/authority/rights.h"

namespace cairn::tracing {

absl::Status AuthorityView::Refresh() {
  constexpr std::array<const char*, kFiles> kNames = {kBundle, kLists, kRegister, kInvitationKey};
  // By its name each time: a copy may have taken its place.
  const absl::StatusOr<StateFolder> folder = StateFolder::Open(path_);
  if (!folder.ok()) return folder.status();
  std::vector<std::pair<size_t, File>> changed;
  std::optional<Register> all;
  for (size_t i = 0; i < kFiles; ++i) {
    // Before it is read: what changes in between is read once more.
    const StateFolder::Mark mark = folder->MarkOf(kNames[i]);
    if (mark == files_[i].mark && mark != StateFolder::Mark{}) continue;
    absl::StatusOr<std::string> bytes = folder->Read(kNames[i]);
    if (!bytes.ok()) return bytes.status();
    if (i == kIssued) {
      absl::StatusOr<Register> read = ParseRegister(*bytes);
      if (!read.ok()) return DamagedRegister(path_, read.status());
      all = *std::move(read);
      bytes->clear();
    }
    changed.emplace_back(i, File{.mark = mark, .bytes = *std::move(bytes)});
  }
  for (auto& [i, file] : changed) files_[i] = std::move(file);
  if (all.has_value()) register_ = *std::move(all);
  return absl::OkStatus();
}

absl::Status AuthorityView::CheckRight(const Question& question, PacketTime now) const {
  if (question.kind == QuestionKind::kLists) return absl::OkStatus();
  const absl::StatusOr<CertificateRequest> request = ReadRequest(question.request);
  if (!request.ok()) return request.status();
  return question.kind == QuestionKind::kIssue
             ? RightByInvitation(*request, files_[kInvitations].bytes, register_, now).status()
             : RightByCertificate(*request, register_, now).status();
}

}  // namespace cairn::tracing
