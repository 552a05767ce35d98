// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/tokens/record_size.h"

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"

#include "traceback/tokens/record_json_size.h"

namespace cairn::tokens {
namespace {

using host::Descriptor;
using host::Process;

constexpr size_t kEnvelope = 1024;  // what a record has beyond its parts
constexpr std::string_view kReason = "record_size";
constexpr size_t kLongName = 128;
constexpr size_t kLongText = 256;
constexpr size_t kShortText = 32;
constexpr size_t kContainerId = 64;
constexpr size_t kFewHosts = 256;

template <typename Part>
size_t MostOf(const std::vector<Part>& parts) {
  size_t size = 0;
  for (const Part& part : parts) size += MostJson(part);
  return size;
}

class Fitter {
 public:
  Fitter(const Record& record, size_t most)
      : record_(record), most_(most), size_(MostRecordJson(record)) {
    // A walk that ended early is the graver reason.
    if (record_.snapshot.truncated_by.empty()) record_.snapshot.truncated_by = kReason;
    record_.snapshot.truncated = true;
    gone_.resize(Processes().size());
    SortByDistance();
    FindEssential();
  }

  Record Fitted() {
    CutNames();
    CutTexts(kLongText, kLongText);
    DropDescriptors([](const Descriptor& d) { return !d.remote.has_value(); });
    DropDescriptors([](const Descriptor&) { return true; });
    DropLast(record_.snapshot.other_connections, 0);
    DropLast(record_.snapshot.not_seen, 0);
    CutTexts(kShortText, kContainerId);
    DropProcesses([this](size_t at) { return !is_owner_or_parent_[at] && !is_on_path_[at]; });
    DropPaths();
    CutTexts(0, 0);
    DropProcesses([this](size_t at) { return !is_owner_or_parent_[at]; });
    DropLast(record_.snapshot.previous_hosts, kFewHosts);
    DropLast(record_.snapshot.logins, kFewHosts);
    DropProcesses([this](size_t at) { return Processes()[at].relation != host::Relation::kOwner; });
    DropProcesses([](size_t) { return true; });
    DropLast(record_.snapshot.logins, 0);
    DropLast(record_.snapshot.previous_hosts, 0);
    RemoveDropped();
    return std::move(record_);
  }

 private:
  std::vector<Process>& Processes() { return record_.snapshot.processes; }
  bool Fits() const { return size_ <= most_; }

  // The farthest from the owners first.
  void SortByDistance() {
    const std::vector<Process>& all = Processes();
    absl::flat_hash_map<uint32_t, uint32_t> steps;
    std::vector<uint32_t> distance(all.size());
    // Each comes after what led to it.
    for (size_t at = 0; at < all.size(); ++at) {
      const auto from = steps.find(all[at].related_to);
      const bool is_owner = all[at].relation == host::Relation::kOwner;
      const uint32_t unknown = static_cast<uint32_t>(all.size());
      distance[at] = is_owner ? 0 : from == steps.end() ? unknown : from->second + 1;
      steps.emplace(all[at].pid, distance[at]);
    }
    farthest_first_.resize(all.size());
    std::iota(farthest_first_.rbegin(), farthest_first_.rend(), size_t{0});
    std::stable_sort(farthest_first_.begin(), farthest_first_.end(),
                     [&distance](size_t a, size_t b) { return distance[a] > distance[b]; });
  }

  void FindEssential() {
    const std::vector<Process>& all = Processes();
    absl::flat_hash_map<uint32_t, size_t> places;
    for (size_t at = 0; at < all.size(); ++at) places.emplace(all[at].pid, at);
    is_owner_or_parent_.resize(all.size());
    for (size_t at = 0; at < all.size(); ++at) {
      if (all[at].relation != host::Relation::kOwner) continue;
      // Up to one that is known already, so this ends, and each is looked at once.
      for (size_t up = at; !is_owner_or_parent_[up];) {
        is_owner_or_parent_[up] = true;
        const auto parent = places.find(all[up].parent);
        if (parent == places.end()) break;
        up = parent->second;
      }
    }
    absl::flat_hash_set<uint32_t> on_path;
    for (const host::PreviousHost& previous : record_.snapshot.previous_hosts) {
      on_path.insert(previous.pid);
      on_path.insert(previous.path.begin(), previous.path.end());
    }
    is_on_path_.resize(all.size());
    for (size_t at = 0; at < all.size(); ++at) is_on_path_[at] = on_path.contains(all[at].pid);
  }

  void Cut(std::string& text, size_t most) {
    if (Fits() || text.size() <= most) return;
    constexpr std::string_view kMark = "...";
    const size_t before = MostJsonText(text);
    text.resize(most < kMark.size() ? 0 : most - kMark.size());
    if (most > 0) text += kMark;
    const size_t after = MostJsonText(text);
    size_ -= before - std::min(before, after);
  }

  void CutNames() {
    for (const size_t at : farthest_first_) {
      for (Descriptor& descriptor : Processes()[at].descriptors) Cut(descriptor.name, kLongName);
    }
  }

  void CutTexts(size_t most, size_t most_container) {
    for (const size_t at : farthest_first_) {
      Process& process = Processes()[at];
      for (std::string* text :
           {&process.command_line, &process.executable, &process.control_group,
            &process.working_directory, &process.ssh_connection, &process.terminal}) {
        Cut(*text, most);
      }
      for (std::string* text : {&process.mapped_user, &process.real_user, &process.effective_user,
                                &process.name, &process.not_followed}) {
        Cut(*text, std::max(most, kShortText));
      }
      Cut(process.container, most_container);
    }
    for (host::NotSeen& not_seen : record_.snapshot.not_seen) Cut(not_seen.detail, most);
    for (host::Login& login : record_.snapshot.logins) {
      for (std::string* text : {&login.from, &login.session, &login.terminal, &login.user}) {
        Cut(*text, std::max(most, kShortText));
      }
    }
    host::HostFacts& host = record_.snapshot.host;
    for (std::string* text : {&host.operating_system, &host.kernel_build, &host.kernel_release,
                              &host.kernel, &host.machine, &host.name}) {
      Cut(*text, kLongText);
    }
  }

  template <typename Goes>
  void DropDescriptors(Goes goes) {
    for (const size_t at : farthest_first_) {
      if (Fits()) return;
      Process& process = Processes()[at];
      const size_t before = MostJson(process);
      size_t saved = 0;
      // The highest numbers first.
      for (size_t i = process.descriptors.size(); i-- > 0 && size_ - saved > most_;) {
        if (!goes(process.descriptors[i])) continue;
        saved += MostJson(process.descriptors[i]);
        process.descriptors[i].number = kDropped;
        ++process.descriptors_left_out;
      }
      std::erase_if(process.descriptors, [](const Descriptor& d) { return d.number == kDropped; });
      const size_t after = MostJson(process);
      size_ = size_ - before + after;
    }
  }

  template <typename Part>
  void DropLast(std::vector<Part>& parts, size_t few) {
    while (!Fits() && parts.size() > few) {
      size_ -= MostJson(parts.back());
      parts.pop_back();
    }
  }

  void DropPaths() {
    for (host::PreviousHost& previous : record_.snapshot.previous_hosts) {
      if (Fits()) return;
      const size_t before = MostJson(previous);
      previous.path.clear();
      size_ -= before - MostJson(previous);
    }
  }

  template <typename Goes>
  void DropProcesses(Goes goes) {
    for (const size_t at : farthest_first_) {
      if (Fits()) return;
      if (gone_[at] || !goes(at)) continue;
      gone_[at] = true;
      size_ -= MostJson(Processes()[at]);
    }
  }

  void RemoveDropped() {
    size_t at = 0;
    std::erase_if(Processes(), [this, &at](const Process&) { return gone_[at++]; });
  }

  static constexpr uint32_t kDropped = UINT32_MAX;  // no descriptor has this number

  Record record_;
  const size_t most_;
  size_t size_;
  std::vector<size_t> farthest_first_;  // places of processes
  std::vector<bool> is_owner_or_parent_;
  std::vector<bool> is_on_path_;
  std::vector<bool> gone_;
};

}  // namespace

size_t MostRecordJson(const Record& record) {
  const host::Snapshot& snapshot = record.snapshot;
  return kEnvelope + MostJsonText(record.nonce) + MostJsonText(snapshot.truncated_by) +
         MostJson(snapshot.host) + MostOf(snapshot.processes) + MostOf(snapshot.previous_hosts) +
         MostOf(snapshot.other_connections) + MostOf(snapshot.not_seen) + MostOf(snapshot.logins);
}

std::optional<Record> FitRecord(const Record& record, size_t most) {
  if (MostRecordJson(record) <= most) return std::nullopt;
  return Fitter(record, most).Fitted();
}

}  // namespace cairn::tokens
