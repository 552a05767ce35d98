// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/host/open_files_program.h"

#include <linux/magic.h>
#include <sys/stat.h>

#include <cstddef>
#include <initializer_list>

namespace cairn::host {
namespace {

using Member = KernelTypes::Member;

enum Register : uint8_t { kR0, kR1, kR2, kR3, kR4, kR5, kR6, kR7, kR8, kR9, kFrame };

// What the kernel's own headers say, the same in all versions since 5.8.
constexpr int32_t kKernelThread = 0x0020'0000;  // PF_KTHREAD
constexpr int32_t kOnlyPath = 0x4000;           // FMODE_PATH
constexpr int32_t kWithoutFile = 1 << 19;       // S_ANON_INODE (6.17)
constexpr int32_t kSocketFiles = 0x534F'434B;   // SOCKFS_MAGIC
constexpr int32_t kProcessFiles = 0x5049'4446;  // PID_FS_MAGIC (6.9)

// Arguments of an iterator's program lie one after the other, eight bytes each.
constexpr Member Argument(int16_t place, uint8_t size = 8) {
  return {static_cast<int16_t>(8 * place), size};
}

// Writes instructions.  A jump to the end leaves the object out.
class Assembler {
 public:
  void Load(Register to, Register from, Member member) {
    Add(static_cast<uint8_t>(BPF_LDX | BPF_MEM | SizeCode(member.size)), to, from, member.offset,
        0);
  }
  // Into the entry, which lies at the end of the stack.
  void Store(size_t entry_size, size_t offset, Register from, uint8_t size) {
    const auto place =
        static_cast<int16_t>(static_cast<int64_t>(offset) - static_cast<int64_t>(entry_size));
    Add(static_cast<uint8_t>(BPF_STX | BPF_MEM | SizeCode(size)), kFrame, from, place, 0);
  }
  void Copy(Register to, Register from) { Add(BPF_ALU64 | BPF_MOV | BPF_X, to, from, 0, 0); }
  void Set(Register to, int32_t number) { Add(BPF_ALU64 | BPF_MOV | BPF_K, to, kR0, 0, number); }
  void And(Register to, int32_t number) { Add(BPF_ALU64 | BPF_AND | BPF_K, to, kR0, 0, number); }
  void Plus(Register to, int32_t number) { Add(BPF_ALU64 | BPF_ADD | BPF_K, to, kR0, 0, number); }

  void EndIfEqual(Register one, int32_t number) { ToEnd(BPF_JEQ | BPF_K, one, kR0, number); }
  void EndIfOther(Register one, int32_t number) { ToEnd(BPF_JNE | BPF_K, one, kR0, number); }
  void EndIfEqual(Register one, Register other) { ToEnd(BPF_JEQ | BPF_X, one, other, 0); }
  void EndIfAny(Register one, int32_t bits) { ToEnd(BPF_JSET | BPF_K, one, kR0, bits); }
  // Leaves the next instruction out.
  void NextIfEqual(Register one, int32_t number) {
    Add(BPF_JMP | BPF_JNE | BPF_K, one, kR0, 1, number);
  }
  void NextIfOther(Register one, Register other) {
    Add(BPF_JMP | BPF_JEQ | BPF_X, one, other, 1, 0);
  }
  void Call(int32_t helper) { Add(BPF_JMP | BPF_CALL, kR0, kR0, 0, helper); }

  std::vector<bpf_insn> Finish() {
    for (const size_t jump : to_end_) {
      instructions_[jump].off = static_cast<int16_t>(instructions_.size() - jump - 1);
    }
    Set(kR0, 0);
    Add(BPF_JMP | BPF_EXIT, kR0, kR0, 0, 0);
    return std::move(instructions_);
  }

 private:
  static uint8_t SizeCode(uint8_t size) {
    return size == 8 ? BPF_DW : size == 4 ? BPF_W : size == 2 ? BPF_H : BPF_B;
  }
  void Add(uint8_t code, Register to, Register from, int16_t offset, int32_t number) {
    bpf_insn instruction{};
    instruction.code = code;
    instruction.dst_reg = to & 0xfU;
    instruction.src_reg = from & 0xfU;
    instruction.off = offset;
    instruction.imm = number;
    instructions_.push_back(instruction);
  }
  void ToEnd(uint8_t condition, Register one, Register other, int32_t number) {
    to_end_.push_back(instructions_.size());
    Add(BPF_JMP | condition, one, other, 0, number);
  }

  std::vector<bpf_insn> instructions_;
  std::vector<size_t> to_end_;
};

// Hands the entry over to whoever reads.  kR1: the iterator's own data.  If the reader has no room
// left, the kernel comes back with the same object.
void Write(Assembler& code, KernelTypes& types, size_t entry_size) {
  code.Load(kR1, kR1, types.Find("bpf_iter_meta", "seq"));
  code.Copy(kR2, kFrame);
  code.Plus(kR2, -static_cast<int32_t>(entry_size));
  code.Set(kR3, static_cast<int32_t>(entry_size));
  code.Call(BPF_FUNC_seq_write);
}

// Copies a member into the entry.
struct Copied {
  size_t place;
  uint8_t size;
  Register from;
  Member member;
};
void CopyAll(Assembler& code, size_t entry_size, std::initializer_list<Copied> all) {
  for (const Copied& copied : all) {
    code.Load(kR2, copied.from, copied.member);
    code.Store(entry_size, copied.place, kR2, copied.size);
  }
}

}  // namespace

std::vector<bpf_insn> TablesProgram(KernelTypes& types) {
  constexpr size_t kSize = sizeof(TableEntry);
  const Member table = types.Find("task_struct", "files");
  Assembler code;
  code.Load(kR6, kR1, Argument(1));  // the thread
  code.EndIfEqual(kR6, 0);
  code.Load(kR2, kR6, types.Find("task_struct", "flags"));
  code.EndIfAny(kR2, kKernelThread);
  code.Load(kR7, kR6, table);
  code.EndIfEqual(kR7, 0);
  code.Load(kR2, kR6, types.Find("task_struct", "tgid"));
  code.Load(kR3, kR6, types.Find("task_struct", "pid"));
  code.Store(kSize, offsetof(TableEntry, pid), kR2, 4);
  code.Store(kSize, offsetof(TableEntry, thread), kR3, 4);
  code.Load(kR4, kR6, types.Find("task_struct", "group_leader"));
  code.Load(kR4, kR4, table);
  code.NextIfOther(kR2, kR3);
  code.EndIfEqual(kR7, kR4);
  code.Store(kSize, offsetof(TableEntry, table), kR7, 8);
  code.Load(kR7, kR7, types.Find("files_struct", "fdt"));
  CopyAll(code, kSize, {{offsetof(TableEntry, room), 8, kR7, types.Find("fdtable", "max_fds")}});
  code.Load(kR1, kR1, Argument(0));
  Write(code, types, kSize);
  return code.Finish();
}

std::vector<bpf_insn> FilesProgram(KernelTypes& types) {
  constexpr size_t kSize = sizeof(FileEntry);
  Assembler code;
  code.Load(kR6, kR1, Argument(1));  // the thread
  code.EndIfEqual(kR6, 0);
  code.Load(kR7, kR1, Argument(3));  // the open file
  code.EndIfEqual(kR7, 0);
  // A mere name can be of anything: whoever has a file system of their own chooses its numbers.
  code.Load(kR9, kR7, types.Find("file", "f_mode"));
  code.EndIfAny(kR9, kOnlyPath);
  code.Load(kR8, kR7, types.Find("file", "f_inode"));
  code.Load(kR5, kR8, types.Find("inode", "i_mode"));
  code.Copy(kR3, kR5);
  code.And(kR3, S_IFMT);
  for (const int32_t type : {0, S_IFDIR, S_IFBLK, S_IFLNK}) code.EndIfEqual(kR3, type);
  code.Load(kR2, kR8, types.Find("inode", "i_flags"));
  code.EndIfAny(kR2, kWithoutFile);
  code.Load(kR4, kR8, types.Find("inode", "i_sb"));
  code.Load(kR4, kR4, types.Find("super_block", "s_magic"));
  code.EndIfEqual(kR4, kProcessFiles);
  // A socket is one of the kernel's own; for safety, though others cannot be opened.
  code.NextIfEqual(kR3, S_IFSOCK);
  code.EndIfOther(kR4, kSocketFiles);
  code.Store(kSize, offsetof(FileEntry, inode_mode), kR5, 4);
  code.Store(kSize, offsetof(FileEntry, open_mode), kR9, 4);
  code.Store(kSize, offsetof(FileEntry, magic), kR4, 8);
  code.Store(kSize, offsetof(FileEntry, inode_address), kR8, 8);
  code.Load(kR4, kR8, types.Find("inode", "i_sb"));
  code.Load(kR5, kR6, types.Find("task_struct", "group_leader"));
  CopyAll(code, kSize,
          {{offsetof(FileEntry, pid), 4, kR6, types.Find("task_struct", "tgid")},
           {offsetof(FileEntry, thread), 4, kR6, types.Find("task_struct", "pid")},
           {offsetof(FileEntry, descriptor), 8, kR1, Argument(2, 4)},
           {offsetof(FileEntry, inode), 8, kR8, types.Find("inode", "i_ino")},
           {offsetof(FileEntry, special), 4, kR8, types.Find("inode", "i_rdev")},
           {offsetof(FileEntry, device), 4, kR4, types.Find("super_block", "s_dev")},
           {offsetof(FileEntry, boot_time), 8, kR5, types.Find("task_struct", "start_boottime")}});
  code.Load(kR1, kR1, Argument(0));
  Write(code, types, kSize);
  return code.Finish();
}

}  // namespace cairn::host
