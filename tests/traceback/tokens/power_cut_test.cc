// SPDX-License-Identifier: BSD-3-Clause
// What is left of a store after a power cut at any moment.
#include <algorithm>
#include <filesystem>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "catch2/catch.hpp"

#include "tests/traceback/tokens/forgetful_disk.h"
#include "tests/traceback/tokens/store_rig.h"
#include "traceback/tokens/verification.h"

namespace cairn::tokens {
namespace {

namespace fs = std::filesystem;

struct Given {
  std::string token;
  bool has_record = false;
  std::vector<std::string> answers;  // tokens of previous hosts
};

// A folder as a power cut left it, and what had been given out until then.
struct Image {
  fs::path folder;
  std::vector<Given> given;
  ChainHead head;
};

// A daemon that works, and cuts of its power.
class Workload {
 public:
  // `syncs`: before tokens are given out, as the daemon does.
  explicit Workload(uint32_t seed, bool syncs = true) : random_(seed), syncs_(syncs) {
    rig_.options.journal_bytes = 6000;
    rig_.options.reserve_bytes = 8192;
    disk_ = std::make_unique<ForgetfulDisk>(rig_.root, [this] { MaybeCut(); });
    rig_.Open();
  }
  ~Workload() {
    rig_.Close();
    disk_.reset();
    for (const Image& image : images_) fs::remove_all(image.folder.parent_path().parent_path());
  }
  Workload(const Workload&) = delete;
  Workload& operator=(const Workload&) = delete;

  void Run(int batches) {
    for (int i = 0; i < batches; ++i) {
      std::vector<Given> batch;
      for (auto n = 1 + random_() % 5; n > 0; --n) Ask(batch);
      if (syncs_) REQUIRE(rig_.store->Sync().ok());
      // Now the answers leave.
      head_ = rig_.store->head();
      given_.insert(given_.end(), batch.begin(), batch.end());
      if (!given_.empty() && random_() % 3 == 0) Attach(given_[random_() % given_.size()]);
      if (random_() % 16 == 0) rig_.Open();
      MaybeCut();
    }
  }

  const std::vector<Image>& images() const { return images_; }
  const Options& options() const { return rig_.options; }

 private:
  void Ask(std::vector<Given>& batch) {
    if (random_() % 2 == 0) {
      batch.push_back({.token = rig_.Saved(), .has_record = true, .answers = {}});
    } else {
      batch.push_back({.token = rig_.Ident(), .has_record = false, .answers = {}});
    }
  }

  void Attach(Given& given) {
    const NextHop hop = {.time = WallTime(),
                         .local = {},
                         .remote = {},
                         .result = "answered",
                         .token = RandomToken(),
                         .error = {}};
    // After a start answers to tokens without a record are no longer taken.
    if (rig_.store->Attach(given.token, hop).ok()) given.answers.push_back(hop.token);
  }

  void MaybeCut() {
    if (is_cutting_ || random_() % 6 != 0) return;
    is_cutting_ = true;
    std::string root = "/tmp/cairn_power_XXXXXX";
    REQUIRE(mkdtemp(root.data()) != nullptr);
    const ForgetfulDisk::Cut cut = {.percent_of_tails = static_cast<int>(random_() % 101),
                                    .names_are_new = random_() % 4 == 0};
    disk_->Rebuild(root + "/disk", cut);
    images_.push_back({.folder = root + "/disk/store", .given = given_, .head = head_});
    is_cutting_ = false;
  }

  std::mt19937 random_;
  const bool syncs_;
  Rig rig_;
  std::unique_ptr<ForgetfulDisk> disk_;
  bool is_cutting_ = false;
  std::vector<Given> given_;
  ChainHead head_;
  std::vector<Image> images_;
};

void Check(const Image& image, Options options) {
  options.folder = image.folder.string();
  auto store = TokenStore::Open(options, WallTime());
  REQUIRE(store.ok());
  // The daemon goes on.
  Asked asked;
  asked.time = WallTime();
  REQUIRE((*store)->NoteEmpty(RandomToken(), asked, "no such connection").ok());
  const absl::StatusOr<Verification> verified = Verify(options, {image.head});
  REQUIRE(verified.ok());
  INFO(VerificationText(*verified));
  REQUIRE(verified->Sound());
  for (const Given& given : image.given) {
    const absl::StatusOr<Redeemed> redeemed = Redeem(options, given.token, WallTime());
    INFO(given.token);
    REQUIRE(redeemed.ok());
    REQUIRE(redeemed->entry.has_value());
    REQUIRE(redeemed->state == (given.has_record ? RecordState::kIntact : RecordState::kNone));
    for (const std::string& answer : given.answers) {
      REQUIRE(std::any_of(redeemed->next_hops.begin(), redeemed->next_hops.end(),
                          [&answer](const NextHop& hop) { return hop.token == answer; }));
    }
  }
}

TEST_CASE("nothing that was given out is lost to a power cut, and nothing looks like tampering") {
  const uint32_t seed = GENERATE(1U, 2U, 3U);
  Workload work(seed);
  work.Run(60);
  REQUIRE(work.images().size() > 20);
  for (const Image& image : work.images()) Check(image, work.options());
}

TEST_CASE("tokens that are given out before a sync are lost to a power cut") {
  Workload work(4, /*syncs=*/false);
  work.Run(40);
  const auto lost =
      std::count_if(work.images().begin(), work.images().end(), [&work](const Image& image) {
        Options options = work.options();
        options.folder = image.folder.string();
        return std::any_of(image.given.begin(), image.given.end(), [&options](const Given& given) {
          return !Redeem(options, given.token, WallTime()).ok();
        });
      });
  CHECK(lost > 0);
}

}  // namespace
}  // namespace cairn::tokens
