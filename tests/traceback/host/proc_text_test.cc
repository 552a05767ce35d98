// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/host/proc_text.h"

#include "catch2/catch.hpp"

namespace cairn::host {
namespace {

const std::string kTail =
    " S 41 77 77 34818 77 4194304 1 0 0 0 3 4 0 0 20 -5 1 0 123456 1000 20 18446744073709551615";

TEST_CASE("a process's name may hold blanks, parentheses and line feeds") {
  for (const char* name : {"nc", "a b", ") R 1 (", "((", "x\ny", ""}) {
    const auto stat = ParseProcessStat("77 (" + std::string(name) + ")" + kTail);
    REQUIRE(stat.has_value());
    CHECK(stat->name == name);
    CHECK(stat->parent == 41);
    CHECK(stat->priority == 20);
    CHECK(stat->nice == -5);
    CHECK(stat->start_ticks == 123456);
    CHECK(TerminalName(stat->terminal) == "pts/2");
    CHECK_FALSE(stat->IsKernelThread());
  }
}

TEST_CASE("a text that is no process's state is refused") {
  for (const char* text :
       {"", "77", "77 (nc", "77 (nc)", "77 (nc) S 1 2 3", "77 )nc( S", "77 (nc) S x"}) {
    INFO(text);
    CHECK_FALSE(ParseProcessStat(text).has_value());
  }
}

TEST_CASE("user ids stand in the order real, effective") {
  const auto ids = ParseUserIds("Name:\tUid:\nUid:\t1001\t0\t0\t0\nGid:\t5\t5\t5\t5\n");
  REQUIRE(ids.has_value());
  CHECK(ids->real == 1001);
  CHECK(ids->effective == 0);
  CHECK_FALSE(ParseUserIds("Name:\tnc\n").has_value());
  CHECK_FALSE(ParseUserIds("Uid:\t1001\n").has_value());
}

TEST_CASE("links of descriptors are sockets, pipes, terminals, or something else") {
  using Kind = FdTarget::Kind;
  CHECK(ParseFdTarget("socket:[4711]").kind == Kind::kSocket);
  CHECK(ParseFdTarget("socket:[4711]").number == 4711);
  CHECK(ParseFdTarget("pipe:[12]").kind == Kind::kPipe);
  CHECK(ParseFdTarget("/dev/pts/12").kind == Kind::kTerminal);
  CHECK(ParseFdTarget("/dev/pts/12").number == 12);
  CHECK(ParseFdTarget("/dev/ptmx").kind == Kind::kTerminalMaster);
  CHECK(ParseFdTarget("/dev/pts/ptmx").kind == Kind::kTerminalMaster);
  for (const char* link :
       {"socket:[", "socket:[]", "socket:[x]", "socket:[1", "pipe:[-1]", "/dev/pts/",
        "anon_inode:[eventpoll]", "/tmp/pipe:[1]", "", "pipe:[99999999999999999999]"}) {
    INFO(link);
    CHECK(ParseFdTarget(link).kind == Kind::kOther);
  }
}

TEST_CASE("terminals have the names that people know") {
  CHECK(TerminalName(136 << 8 | 7) == "pts/7");
  CHECK(TerminalName(4 << 8 | 1) == "tty1");
  CHECK(TerminalName(4 << 8 | 64) == "ttyS0");
  CHECK(TerminalName(0).empty());
  // Minor numbers beyond 255 stand in the upper bits.
  CHECK(PseudoTerminal(136U << 8 | 0x2c | 0x1U << 20) == 0x12cU);
}

TEST_CASE("containers are known by the paths that engines give their groups") {
  const std::string id(64, 'a');
  CHECK(ContainerOf("/docker/" + id) == id);
  CHECK(ContainerOf("/system.slice/docker-" + id + ".scope") == id);
  CHECK(ContainerOf("/kubepods/burstable/pod12/cri-containerd-" + id + ".scope") == id);
  CHECK(ContainerOf("/machine.slice/libpod-" + id + ".scope/container") == id);
  CHECK(ContainerOf("/lxc/web/init") == "web");
  CHECK(ContainerOf("/lxc.payload.web") == "web");
  CHECK(ContainerOf("/machine.slice/systemd-nspawn@build.service") == "build");
  CHECK(ContainerOf("/user.slice/user-1000.slice/session-3.scope").empty());
  CHECK(ContainerOf("").empty());
}

TEST_CASE("the unified control group is taken, or else the longest") {
  CHECK(ParseControlGroup("0::/user.slice/session-3.scope\n") == "/user.slice/session-3.scope");
  CHECK(ParseControlGroup("12:cpu:/\n5:memory:/docker/abc\n1:name=systemd:/x\n0::/\n") ==
        "/docker/abc");
  CHECK(ParseControlGroup("").empty());
}

TEST_CASE("numbers behind keys are those of their own line") {
  CHECK(NumberAfter("cpu 1\nbtime 1764180000\n", "btime ") == 1764180000U);
  CHECK(NumberAfter("pos:\t0\ntty-index:\t3\n", "tty-index:") == 3U);
  CHECK_FALSE(NumberAfter("xtty-index:\t3\n", "tty-index:").has_value());
  CHECK(ParseNumber("4294967295\n") == 4294967295U);
  CHECK_FALSE(ParseNumber("").has_value());
}

TEST_CASE("files of a ring are told as links, where the kernel lists them") {
  CHECK(
      ParseRingFiles("pos:\t0\nUserFiles:\t2\n    0: socket:[12]\n    1: <none>\nUserBufs:\t1\n    "
                     "0: 0x1/4096\n") == std::vector<std::string>{"socket:[12]", "<none>"});
  CHECK(ParseRingFiles("UserFiles:\t2\n").empty());
  CHECK(ParseRingFiles("").empty());
}

TEST_CASE("memory is shared that others may write, each piece once") {
  const auto mappings = ParseSharedMappings(
      "00400000-00401000 r-xp 00000000 08:01 7 /usr/bin/x\n"
      "7f00-7f01 rw-s 00000000 00:01 1024                       /memfd:a name (deleted)\n"
      "7f01-7f02 rw-s 00001000 00:01 1024                       /memfd:a name (deleted)\n"
      "7f02-7f03 r--s 00000000 08:01 9 /usr/lib/locale.cache\n"
      "7f03-7f04 r--s 00000000 00:1a 11 /dev/shm/x\n"
      "7f04-7f05 rw-s 00000000 00:0f 12 anon_inode:[io_uring]\n"
      "7f05-7f06 rw-s 00000000 00:01 13\n"
      "broken",
      64);
  REQUIRE(mappings.size() == 3);
  CHECK(mappings[0].name == "/memfd:a name (deleted)");
  CHECK(mappings[0].inode == 1024);
  CHECK(mappings[1].name == "/dev/shm/x");
  CHECK(mappings[2].name.empty());
  CHECK(ParseSharedMappings("7f-80 rw-s 0 0:1 1 a\n7f-80 rw-s 0 0:1 2 b\n", 1).size() == 1);
}

TEST_CASE("a variable of an environment is told by its whole name") {
  using namespace std::string_view_literals;
  constexpr std::string_view kText = "XSSH_CONNECTION=no\0SSH_CONNECTION=192.0.2.1 2 3 22\0A=\0"sv;
  CHECK(EnvironmentValue(kText, "SSH_CONNECTION") == "192.0.2.1 2 3 22");
  CHECK(EnvironmentValue(kText, "A").empty());
  CHECK(EnvironmentValue(kText, "SSH").empty());
  CHECK(EnvironmentValue("SSH_CONNECTION=" + std::string(1000, 'x'), "SSH_CONNECTION").size() ==
        256);
}

}  // namespace
}  // namespace cairn::host
