// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/tokens/folder_checks.h"

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include "catch2/catch.hpp"

#include "tests/traceback/tokens/store_rig.h"

namespace cairn::tokens {
namespace {

namespace fs = std::filesystem;

void SetMode(const fs::path& path, mode_t mode) { REQUIRE(chmod(path.c_str(), mode) == 0); }

// Why a store is not opened there; empty: it is.
std::string Refusal(const Rig& rig) {
  const auto opened = TokenStore::Open(rig.options, WallTime());
  if (opened.ok()) return {};
  CHECK(absl::IsFailedPrecondition(opened.status()));
  return std::string(opened.status().message());
}

TEST_CASE("a folder that others can write is refused, and so is one below such a folder") {
  Rig rig;
  fs::create_directories(rig.root / "a" / "b");
  rig.options.folder = (rig.root / "a" / "b" / "store").string();
  REQUIRE(Refusal(rig).empty());
  for (const fs::path& part :
       {rig.Folder() / "records", rig.Folder(), rig.root / "a" / "b", rig.root / "a", rig.root}) {
    for (const mode_t mode : {0770U, 0702U, 0722U}) {
      SetMode(part, mode);
      const std::string refusal = Refusal(rig);
      CHECK(refusal.find(part.string() + " can be written by others") != std::string::npos);
      CHECK(refusal.find("chmod go-w") != std::string::npos);
    }
    SetMode(part, 0755);
    CHECK(Refusal(rig).empty());
  }
  // Below a folder as /tmp nobody can rename what is root's; in the store itself that is no help.
  SetMode(rig.root, 01777);
  CHECK(Refusal(rig).empty());
  SetMode(rig.Folder(), 01777);
  CHECK_FALSE(Refusal(rig).empty());
}

TEST_CASE("a folder of another user is refused, wherever it is on the way") {
  if (geteuid() != 0) return;  // only root can give folders away
  Rig rig;
  fs::create_directories(rig.root / "a");
  rig.options.folder = (rig.root / "a" / "store").string();
  REQUIRE(Refusal(rig).empty());
  for (const fs::path& part : {rig.root / "a", rig.Folder(), rig.Folder() / "records"}) {
    REQUIRE(chown(part.c_str(), 65534, 0) == 0);
    CHECK(Refusal(rig).find(part.string() + " belongs to user id 65534") != std::string::npos);
    REQUIRE(chown(part.c_str(), 0, 0) == 0);
  }
  CHECK(Refusal(rig).empty());
}

TEST_CASE("links lead to the store only if nobody else can turn them") {
  Rig rig;
  fs::create_directories(rig.root / "real" / "open");
  fs::create_directory_symlink("real", rig.root / "link");
  rig.options.folder = (rig.root / "link" / "store").string();
  CHECK(Refusal(rig).empty());
  SetMode(rig.root / "real", 0777);
  CHECK(Refusal(rig).find("real can be written") != std::string::npos);
  SetMode(rig.root / "real", 0755);
  // Over a folder that others can write, to one that they cannot.
  SetMode(rig.root / "real" / "open", 0777);
  fs::create_directory_symlink(rig.root / "link", rig.root / "real" / "open" / "hop");
  fs::create_directory_symlink(rig.root / "real" / "open" / "hop", rig.root / "second");
  rig.options.folder = (rig.root / "second" / "store").string();
  CHECK(Refusal(rig).find("open can be written") != std::string::npos);
  SetMode(rig.root / "real" / "open", 0755);
  CHECK(Refusal(rig).empty());
  // The folder itself is no link.
  fs::create_directory_symlink(rig.root / "real", rig.root / "store_link");
  rig.options.folder = (rig.root / "store_link/").string();
  rig.Open();
  CHECK_FALSE(rig.store->Save(rig.Sample()).ok());
}

TEST_CASE("nothing is saved while others could change it, and the store is used once they cannot") {
  Rig rig;
  rig.Open();
  rig.Saved();
  PacketTime now = WallTime();
  const auto save = [&] {
    Record record = rig.Sample();
    now = now + PacketDelta::FromSeconds(5);
    record.asked.time = now;
    return rig.store->Save(record).status();
  };
  for (const fs::path& part : {rig.root, rig.Folder(), rig.Folder() / "records"}) {
    SetMode(part, 0777);
    const absl::Status refused = save();
    CHECK(absl::IsFailedPrecondition(refused));
    CHECK(std::string(refused.message()).find(part.string()) != std::string::npos);
    CHECK(absl::IsFailedPrecondition(save()));
    CHECK_FALSE(rig.store->NoteIdent(RandomToken(), rig.Question(), 1, "x").ok());
    SetMode(part, 0700);
    CHECK(save().ok());
  }
  CHECK(rig.store->counters().unsaved_fault == 6);
  // Moved away, with a folder of somebody in its place.
  fs::rename(rig.Folder(), rig.root / "moved");
  fs::create_directory(rig.Folder());
  CHECK(absl::IsUnavailable(save()));
  CHECK(save().ok());
  CHECK(fs::exists(rig.Journal()));
}

TEST_CASE("a child that a killed daemon left behind delays the next one, and does not stop it") {
  Rig rig;
  rig.Open();
  const pid_t child = fork();
  if (child == 0) {
    usleep(300'000);
    _exit(0);
  }
  rig.Close();
  CHECK(Refusal(rig).empty());
  CHECK(waitpid(child, nullptr, 0) == child);
}

}  // namespace
}  // namespace cairn::tokens
