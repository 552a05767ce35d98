// SPDX-License-Identifier: BSD-3-Clause
#include "capture/open.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "capture/buffered_reader.h"
#include "capture/libpcap_reader.h"
#include "capture/merge.h"
#include "capture/read_ahead.h"
#include "capture/reorder.h"

namespace cairn::capture {
namespace {

using SourcePtr = std::unique_ptr<SegmentSource>;

struct OpenedFile {
  SourcePtr source;
  // Its Read() may wait without bound: libpcap at a silent pipe.  No thread could be joined that
  // sits there.
  bool may_block = false;
};

absl::StatusOr<OpenedFile> OpenStream(std::unique_ptr<ByteStream> stream, const Options& options,
                                      Reader reader) {
  const absl::StatusOr<std::span<const uint8_t>> head = stream->Peek(kFormatBytes);
  if (!head.ok()) return head.status();
  const std::string name = stream->name();
  const bool buffered = reader == Reader::kFastest && BufferedReaderCanRead(*head);
  const bool may_block = !buffered && !stream->is_regular_file();
  absl::StatusOr<SourcePtr> source = buffered ? OpenBuffered(std::move(stream), options)
                                              : OpenWithLibpcap(std::move(stream), options);
  if (!source.ok()) return source.status();
  return OpenedFile{
      .source = PutInOrder(*std::move(source), {.window = options.reorder_window,
                                                .interface_window = options.interface_window,
                                                .name = name}),
      .may_block = may_block};
}

// Merges a run of files, on a thread of its own if that is possible.
SourcePtr MergeAhead(std::span<OpenedFile> files) {
  bool may_block = false;
  std::vector<SourcePtr> sources;
  for (OpenedFile& file : files) {
    may_block = may_block || file.may_block;
    sources.push_back(std::move(file.source));
  }
  SourcePtr merged = Merge(std::move(sources));
  return may_block ? std::move(merged) : ReadAhead(std::move(merged));
}

// Cuts the files into one run a worker.  Runs are contiguous, so that equal times still come in the
// order of files.
SourcePtr MergeOnThreads(std::span<OpenedFile> files, size_t workers) {
  std::vector<SourcePtr> runs;
  const size_t count = std::min(workers, files.size());
  for (size_t i = 0; i < count; ++i) {
    const size_t first = files.size() * i / count;
    const size_t end = files.size() * (i + 1) / count;
    runs.push_back(MergeAhead(files.subspan(first, end - first)));
  }
  return Merge(std::move(runs));
}

absl::StatusOr<SourcePtr> MergeFiles(std::vector<OpenedFile> files, int threads) {
  if (threads > 1) return MergeOnThreads(files, static_cast<size_t>(threads) - 1);
  std::vector<SourcePtr> sources;
  for (OpenedFile& file : files) sources.push_back(std::move(file.source));
  return Merge(std::move(sources));
}

}  // namespace

absl::StatusOr<SourcePtr> OpenFiles(std::span<const std::string> paths, const Options& options,
                                    Reader reader, int threads, std::unique_ptr<ByteStream> first) {
  if (paths.empty()) return absl::InvalidArgumentError("no capture file was named");
  std::vector<OpenedFile> files;
  // Each is opened and understood before the next, so that the first file's fault is told.
  for (const std::string& path : paths) {
    absl::StatusOr<std::unique_ptr<ByteStream>> stream =
        first != nullptr ? std::move(first) : ByteStream::Open(path);
    if (!stream.ok()) return stream.status();
    absl::StatusOr<OpenedFile> file = OpenStream(*std::move(stream), options, reader);
    if (!file.ok()) return file.status();
    files.push_back(*std::move(file));
  }
  return MergeFiles(std::move(files), threads);
}

absl::StatusOr<SourcePtr> OpenStreams(std::vector<std::unique_ptr<ByteStream>> streams,
                                      const Options& options, Reader reader, int threads) {
  if (streams.empty()) return absl::InvalidArgumentError("no capture file was named");
  std::vector<OpenedFile> files;
  for (std::unique_ptr<ByteStream>& stream : streams) {
    absl::StatusOr<OpenedFile> file = OpenStream(std::move(stream), options, reader);
    if (!file.ok()) return file.status();
    files.push_back(*std::move(file));
  }
  return MergeFiles(std::move(files), threads);
}

}  // namespace cairn::capture
