// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/host/open_files.h"

#include <bpf/libbpf.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <pthread.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>
#include <tuple>
#include <utility>

#include "absl/container/flat_hash_set.h"

#include "base/unique_fd.h"
#include "traceback/host/kernel_types.h"

namespace cairn::host {

struct OpenFiles::Table {
  TableEntry entry;
  uint64_t cost = 0;         // in room
  uint32_t shared_with = 0;  // the process that stands for it
};

// One look at all descriptors.
struct OpenFiles::Progress {
  uint64_t room_left = 0;
  bool goes_on = true;
  absl::flat_hash_set<std::pair<uint64_t, uint32_t>> met;  // tables, and whose
};

namespace {

constexpr int kMostRounds = 4;
constexpr uint32_t kMayRead = 1;   // FMODE_READ
constexpr uint32_t kMayWrite = 2;  // FMODE_WRITE
constexpr uint64_t kNanosecondsASecond = 1'000'000'000;
constexpr size_t kMostGapsShown = 64;

uint64_t UserDevice(uint32_t kernel_device) {
  constexpr uint32_t kMinorBits = 20;
  return makedev(kernel_device >> kMinorBits, kernel_device & ((1U << kMinorBits) - 1));
}

template <typename Entry>
Entry EntryIn(std::span<const std::byte> bytes) {
  Entry entry;
  std::memcpy(&entry, bytes.data(), sizeof(entry));
  return entry;
}

// The kernel's numbers of processes must be those of our /proc.
absl::Status InFirstPidNamespace() {
  constexpr ino_t kFirst = 0xEFFF'FFFC;  // PROC_PID_INIT_INO
  struct stat status {};
  if (stat("/proc/self/ns/pid", &status) == 0 && status.st_ino == kFirst) return absl::OkStatus();
  return absl::UnavailableError("this process is not in the host's own pid namespace");
}

// A thread of this process that waits until it may go.
class Waiting {
 public:
  Waiting() {
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0) return;
    reading_ = UniqueFd(ends[0]);
    writing_ = UniqueFd(ends[1]);
    runs_ = pthread_create(&thread_, nullptr, &Waiting::Wait, this) == 0;
    char ready = 0;
    if (runs_ && read(reading_.get(), &ready, 1) < 1) number_ = 0;
  }
  ~Waiting() {
    may_go_ = true;
    may_go_.notify_one();
    if (runs_) pthread_join(thread_, nullptr);
  }
  Waiting(const Waiting&) = delete;
  Waiting& operator=(const Waiting&) = delete;
  uint32_t number() const { return number_; }  // 0: there is none

 private:
  static void* Wait(void* self) {
    auto* waiting = static_cast<Waiting*>(self);
    waiting->number_ = static_cast<uint32_t>(gettid());
    if (write(waiting->writing_.get(), "", 1) == 1) waiting->may_go_.wait(false);
    return nullptr;
  }

  UniqueFd reading_;
  UniqueFd writing_;
  std::atomic<uint32_t> number_ = 0;
  std::atomic<bool> may_go_ = false;
  pthread_t thread_{};
  bool runs_ = false;
};

}  // namespace

OpenFiles::OpenFiles(BpfIterator tables, BpfIterator files)
    : tables_(std::move(tables)),
      files_(std::move(files)),
      nanoseconds_a_tick_(kNanosecondsASecond / static_cast<uint64_t>(sysconf(_SC_CLK_TCK))) {
  if (getrandom(&mask_, sizeof(mask_), GRND_NONBLOCK) != sizeof(mask_)) mask_ = 0;
}

OpenFiles::~OpenFiles() = default;

absl::StatusOr<std::unique_ptr<OpenFiles>> OpenFiles::Open() {
  if (const absl::Status status = InFirstPidNamespace(); !status.ok()) return status;
  libbpf_set_print(nullptr);  // errors are told once, by us
  absl::StatusOr<KernelTypes> types = KernelTypes::Read();
  if (!types.ok()) return types.status();
  const uint32_t each_task = types->FunctionId("bpf_iter_task");
  const uint32_t each_file = types->FunctionId("bpf_iter_task_file");
  const std::vector<bpf_insn> list_tables = TablesProgram(*types);
  const std::vector<bpf_insn> list_files = FilesProgram(*types);
  if (!types->status().ok()) return types->status();
  absl::StatusOr<BpfIterator> tables = BpfIterator::Load("stopd_tables", each_task, list_tables);
  if (!tables.ok()) return tables.status();
  absl::StatusOr<BpfIterator> files = BpfIterator::Load("stopd_files", each_file, list_files);
  if (!files.ok()) return files.status();
  std::unique_ptr<OpenFiles> opened(new OpenFiles(*std::move(tables), *std::move(files)));
  if (const absl::Status status = opened->CheckFindsThreads(); !status.ok()) return status;
  return opened;
}

// Kernels of before the end of 2024 find nothing for a thread that is not the main one.
absl::Status OpenFiles::CheckFindsThreads() {
  const Waiting waiting;
  if (waiting.number() == 0) return absl::UnavailableError("no thread for a trial can be started");
  bool found = false;
  const absl::StatusOr<bool> looked =
      Look(waiting.number(), [&found, &waiting](const OpenFile& file) {
        found = file.thread == waiting.number() && file.pid == static_cast<uint32_t>(getpid());
        return false;
      });
  if (!looked.ok()) return looked.status();
  if (found) return absl::OkStatus();
  return absl::UnavailableError("this kernel's BPF iterator does not find threads");
}

OpenFile OpenFiles::FileOf(const FileEntry& entry) const {
  return {.pid = entry.pid,
          .thread = entry.thread,
          .descriptor = static_cast<uint32_t>(entry.descriptor),
          .mode = entry.inode_mode,
          .readable = (entry.open_mode & kMayRead) != 0,
          .writable = (entry.open_mode & kMayWrite) != 0,
          .is_pipe = entry.magic == PIPEFS_MAGIC && S_ISFIFO(entry.inode_mode),
          .inode = entry.inode,
          .device = UserDevice(entry.device),
          .special = UserDevice(entry.special),
          .identity = entry.inode_address ^ mask_,
          .start_ticks = entry.boot_time / nanoseconds_a_tick_};
}

absl::StatusOr<bool> OpenFiles::Look(uint32_t thread,
                                     absl::FunctionRef<bool(const OpenFile&)> visit) {
  bool goes_on = true;
  const absl::Status status =
      files_.Run(thread, sizeof(FileEntry), [&](std::span<const std::byte> bytes) {
        goes_on = visit(FileOf(EntryIn<FileEntry>(bytes)));
        return goes_on;
      });
  if (!status.ok()) return status;
  return goes_on;
}

// Leaves one of each process, and says what the others of a shared table cost.
void OpenFiles::FindShared(std::vector<Table>& tables) {
  const auto key = [](const Table& table) {
    return std::tuple(table.entry.table, table.entry.pid, table.entry.thread);
  };
  std::sort(tables.begin(), tables.end(),
            [&key](const Table& a, const Table& b) { return key(a) < key(b); });
  // Several threads of one process with the same table.
  const auto is_same = [](const Table& a, const Table& b) {
    return a.entry.table == b.entry.table && a.entry.pid == b.entry.pid;
  };
  tables.erase(std::unique(tables.begin(), tables.end(), is_same), tables.end());
  for (auto first = tables.begin(); first != tables.end();) {
    const auto end = std::find_if(first, tables.end(), [first](const Table& table) {
      return table.entry.table != first->entry.table;
    });
    for (auto table = first; table != end; ++table) {
      const bool is_repeat = table != first;
      table->shared_with = is_repeat ? first->entry.pid : 0;
      table->cost = table->entry.room * (is_repeat ? static_cast<uint64_t>(end - first) : 1);
    }
    first = end;
  }
}

// In the order that they are to be looked at.  As many as the host has threads at most.
absl::StatusOr<std::vector<OpenFiles::Table>> OpenFiles::Tables() {
  std::vector<Table> tables;
  const absl::Status status =
      tables_.Run(0, sizeof(TableEntry), [&](std::span<const std::byte> bytes) {
        tables.push_back({.entry = EntryIn<TableEntry>(bytes)});
        return true;
      });
  if (!status.ok()) return status;
  FindShared(tables);
  const auto order = [](const Table& table) {
    return std::tuple(table.shared_with != 0, table.cost, table.entry.pid, table.entry.thread);
  };
  std::sort(tables.begin(), tables.end(),
            [&order](const Table& a, const Table& b) { return order(a) < order(b); });
  return tables;
}

void OpenFiles::LeaveOut(const Table& table) {
  ++gaps_.tables;
  if (gaps_.first.size() >= kMostGapsShown) return;
  gaps_.first.push_back({table.entry.pid, table.entry.thread, table.shared_with});
}

absl::Status OpenFiles::ForEach(absl::FunctionRef<bool(const OpenFile&)> visit,
                                uint64_t most_room) {
  gaps_ = {};
  Progress progress;
  progress.room_left = most_room;
  for (int round = 0; round < kMostRounds && progress.goes_on; ++round) {
    absl::StatusOr<std::vector<Table>> tables = Tables();
    if (!tables.ok()) return tables.status();
    std::erase_if(*tables, [&progress](const Table& table) {
      return !progress.met.insert({table.entry.table, table.entry.pid}).second;
    });
    if (tables->empty()) break;
    absl::Status status = LookAtAll(*tables, visit, progress);
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status OpenFiles::LookAtAll(const std::vector<Table>& tables,
                                  absl::FunctionRef<bool(const OpenFile&)> visit,
                                  Progress& progress) {
  for (const Table& table : tables) {
    if (progress.goes_on && table.cost <= progress.room_left) {
      progress.room_left -= table.cost;
      const absl::StatusOr<bool> looked = Look(table.entry.thread, visit);
      if (!looked.ok()) return looked.status();
      progress.goes_on = *looked;
      if (progress.goes_on) continue;
    }
    LeaveOut(table);
  }
  return absl::OkStatus();
}

}  // namespace cairn::host
