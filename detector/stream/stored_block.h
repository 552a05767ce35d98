// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_DETECTOR_STREAM_STORED_BLOCK_H_
#define CAIRN_DETECTOR_STREAM_STORED_BLOCK_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "detector/stream/stored_stream.h"

// The blocks of a stored stream: length, CRC-32, bytes.  A block is whole or it is not there, so
// that a file whose writer was killed holds a stream up to some moment.
namespace cairn::stream {

// Puts the block's head before `bytes`, which must begin with kBlockHeadBytes of anything.
void SealBlock(std::string& bytes);

// Fills `out` as far as the input goes, and says how far that was: less only at its end.  Errors
// are the input's.
using ReadBytes = std::function<absl::StatusOr<size_t>(std::span<uint8_t> out)>;

// Takes blocks off an input.  Thread-compatible.  Memory: one block.
class BlockReader {
 public:
  // `name` is for messages.
  BlockReader(std::string name, ReadBytes read) : name_(std::move(name)), read_(std::move(read)) {}

  // The bytes of the next block, valid until the next call; empty: the input ends here.
  // DataLoss: it ends within a block, or the block is damaged.  The message says what was used and
  // what to do.
  absl::StatusOr<std::string_view> Next();
  // The next bytes, outside of any block: kStoredMagic.
  absl::StatusOr<std::string> Raw(size_t count);

  const std::string& name() const { return name_; }
  // Whole ones so far.
  uint64_t blocks() const { return blocks_; }

 private:
  absl::Status Cut() const;

  std::string name_;
  ReadBytes read_;
  std::string bytes_;
  uint64_t blocks_ = 0;
};

}  // namespace cairn::stream

#endif  // CAIRN_DETECTOR_STREAM_STORED_BLOCK_H_
