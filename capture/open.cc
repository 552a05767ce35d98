// SPDX-License-Identifier: BSD-3-Clause
#include "capture/open.h"

#include <utility>
#include <vector>

#include "capture/libpcap_reader.h"
#include "capture/merge.h"
#include "capture/reorder.h"

namespace cairn::capture {
namespace {

using SourcePtr = std::unique_ptr<SegmentSource>;

absl::StatusOr<SourcePtr> OpenFile(const std::string& path, const Options& options) {
  absl::StatusOr<std::unique_ptr<ByteStream>> stream = ByteStream::Open(path);
  if (!stream.ok()) return stream.status();
  absl::StatusOr<SourcePtr> source = OpenWithLibpcap(*std::move(stream), options);
  if (!source.ok()) return source.status();
  return PutInOrder(*std::move(source), options.reorder_window);
}

}  // namespace

absl::StatusOr<SourcePtr> OpenFiles(std::span<const std::string> paths, const Options& options,
                                    [[maybe_unused]] Reader reader, [[maybe_unused]] int threads) {
  if (paths.empty()) return absl::InvalidArgumentError("no capture file was named");
  std::vector<SourcePtr> files;
  for (const std::string& path : paths) {
    absl::StatusOr<SourcePtr> file = OpenFile(path, options);
    if (!file.ok()) return file.status();
    files.push_back(*std::move(file));
  }
  return Merge(std::move(files));
}

}  // namespace cairn::capture
