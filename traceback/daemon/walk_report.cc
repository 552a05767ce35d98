// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/daemon/walk_report.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "traceback/host/snapshot_bytes.h"

namespace cairn::daemon {
namespace {

using Known = host::ExecutableHashes::Known;
using Outcome = WalkReport::Outcome;

constexpr char kLooked = 'L';
constexpr char kBegun = 'B';
constexpr char kWalked = 'W';
constexpr char kLate = 'T';
constexpr char kShort = 'S';
constexpr char kGone = 'G';
constexpr char kLearned = 'H';
constexpr char kEnd = 'E';

// Before each step: its kind, a number, and the bytes that follow.
constexpr size_t kHeadBytes = 1 + 2 * sizeof(uint32_t);
constexpr size_t kSha256Digits = 64;
constexpr size_t kKeyNumbers = 5;
constexpr size_t kKnownBytes = kKeyNumbers * sizeof(uint64_t) + kSha256Digits;

Outcome OutcomeOf(char kind) {
  switch (kind) {
    case kWalked:
      return Outcome::kWalked;
    case kLate:
      return Outcome::kLate;
    case kShort:
      return Outcome::kShort;
    case kGone:
      return Outcome::kGone;
    default:
      return Outcome::kNone;
  }
}

uint32_t NumberAt(std::string_view bytes, size_t at) {
  uint32_t number = 0;
  std::memcpy(&number, bytes.data() + at, sizeof(number));
  return number;
}

void Append(std::string& text, const void* bytes, size_t count) {
  text.append(static_cast<const char*>(bytes), count);
}

std::string Encoded(const Known& known) {
  const auto& [device, inode, size, modified, changed] = known.key;
  const std::array<uint64_t, kKeyNumbers> numbers = {device, inode, static_cast<uint64_t>(size),
                                                     static_cast<uint64_t>(modified),
                                                     static_cast<uint64_t>(changed)};
  std::string text;
  Append(text, numbers.data(), sizeof(numbers));
  return text + known.sha256;
}

std::optional<Known> DecodedHash(std::string_view bytes) {
  std::array<uint64_t, kKeyNumbers> numbers{};
  if (bytes.size() != kKnownBytes) return std::nullopt;
  std::memcpy(numbers.data(), bytes.data(), sizeof(numbers));
  const std::string_view digits = bytes.substr(sizeof(numbers));
  if (digits.find_first_not_of("0123456789abcdef") != std::string_view::npos) return std::nullopt;
  return Known{.key = {numbers[0], numbers[1], static_cast<int64_t>(numbers[2]),
                       static_cast<int64_t>(numbers[3]), static_cast<int64_t>(numbers[4])},
               .sha256 = std::string(digits)};
}

}  // namespace

void WalkReportWriter::Looked(const host::Snapshot& seen) {
  Write(kLooked, 0, host::EncodeSnapshot(seen, kMostWalkBytes));
}

void WalkReportWriter::Begun(size_t walk, host::Snapshot owners) {
  Write(kBegun, walk, host::EncodeSnapshot(std::move(owners), kMostWalkBytes));
}

void WalkReportWriter::Walked(size_t walk, host::Snapshot snapshot, bool is_late) {
  const char kind = snapshot.truncated_by != "time" ? kWalked : is_late ? kLate : kShort;
  Write(kind, walk, host::EncodeSnapshot(std::move(snapshot), kMostWalkBytes));
}

void WalkReportWriter::Gone(size_t walk) { Write(kGone, walk, {}); }

void WalkReportWriter::Learned(const std::vector<Known>& known) {
  std::string text;
  for (const Known& each : known) {
    if (each.sha256.size() == kSha256Digits) text += Encoded(each);
  }
  if (!text.empty()) Write(kLearned, 0, text);
}

void WalkReportWriter::End() { Write(kEnd, 0, {}); }

void WalkReportWriter::Write(char kind, size_t number, std::string_view text) {
  std::string bytes(1, kind);
  for (const uint32_t each : {static_cast<uint32_t>(number), static_cast<uint32_t>(text.size())}) {
    Append(bytes, &each, sizeof(each));
  }
  bytes += text;
  std::string_view left = bytes;
  while (!left.empty()) {
    const ssize_t written = write(pipe_, left.data(), left.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return;  // nobody reads any more
    left.remove_prefix(static_cast<size_t>(written));
  }
}

bool WalkReportReader::Take(std::string_view bytes) {
  taken_ += bytes.size();
  if (taken_ > kMostReportBytes) return false;
  rest_ += bytes;
  size_t begin = 0;
  while (rest_.size() - begin >= kHeadBytes) {
    const std::string_view head = std::string_view(rest_).substr(begin, kHeadBytes);
    const size_t size = NumberAt(head, 1 + sizeof(uint32_t));
    if (size > kMostWalkBytes) return false;
    if (rest_.size() - begin - kHeadBytes < size) break;
    if (!TakeStep(head[0], NumberAt(head, 1), rest_.substr(begin + kHeadBytes, size))) return false;
    begin += kHeadBytes + size;
  }
  rest_.erase(0, begin);
  return true;
}

// Each step once, and none after the end.
bool WalkReportReader::TakeStep(char kind, size_t number, std::string text) {
  if (report_.is_whole) return false;
  switch (kind) {
    case kLooked:
      if (std::exchange(report_.looked, true)) return false;
      report_.seen = std::make_shared<const std::string>(std::move(text));
      return true;
    case kBegun:
    case kWalked:
    case kLate:
    case kShort:
    case kGone: {
      if (!report_.looked || number >= report_.walks.size()) return false;
      WalkReport::Walk& walk = report_.walks[number];
      if (walk.outcome != Outcome::kNone) return false;
      if (kind == kBegun && walk.snapshot != nullptr) return false;
      walk.outcome = OutcomeOf(kind);
      walk.snapshot.reset();
      if (kind != kGone) walk.snapshot = std::make_shared<const std::string>(std::move(text));
      return true;
    }
    case kLearned:
      if (!report_.learned.empty() || text.size() % kKnownBytes != 0 ||
          text.size() / kKnownBytes > host::ExecutableHashes::kMost) {
        return false;
      }
      for (size_t at = 0; at < text.size(); at += kKnownBytes) {
        std::optional<Known> known = DecodedHash(std::string_view(text).substr(at, kKnownBytes));
        if (!known.has_value()) return false;
        report_.learned.push_back(*std::move(known));
      }
      return true;
    case kEnd:
      report_.is_whole = true;
      return true;
    default:
      return false;
  }
}

}  // namespace cairn::daemon
