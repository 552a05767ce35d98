// SPDX-License-Identifier: BSD-3-Clause
#include "capture/gzip.h"

namespace cairn::capture {
namespace {

constexpr uint8_t kGzipMagic = 0x1f;
constexpr int kGzipFormat = 15 + 16;  // the largest window; a gzip header, not a zlib one

}  // namespace

std::unique_ptr<GzipDecoder> GzipDecoder::Create() {
  std::unique_ptr<GzipDecoder> decoder(new GzipDecoder());
  if (inflateInit2(&decoder->zlib_, kGzipFormat) != Z_OK) return nullptr;
  decoder->initialised_ = true;
  return decoder;
}

GzipDecoder::~GzipDecoder() {
  if (initialised_) inflateEnd(&zlib_);
}

void GzipDecoder::Feed(size_t bytes) {
  zlib_.next_in = input_.data();
  zlib_.avail_in = static_cast<uInt>(bytes);
}

GzipDecoder::State GzipDecoder::Decode(std::span<uint8_t> out, size_t& got) {
  got = 0;
  while (got == 0) {
    if (finished_) return State::kEnd;
    if (zlib_.avail_in == 0) return State::kNeedInput;
    if (between_members_) {
      if (*zlib_.next_in != kGzipMagic) {
        finished_ = true;
        continue;
      }
      if (inflateReset(&zlib_) != Z_OK) return State::kCorrupt;
      between_members_ = false;
    }
    zlib_.next_out = out.data();
    zlib_.avail_out = static_cast<uInt>(out.size());
    const int result = inflate(&zlib_, Z_NO_FLUSH);
    got = out.size() - zlib_.avail_out;
    if (result == Z_STREAM_END) {
      between_members_ = true;
    } else if (result != Z_OK && result != Z_BUF_ERROR && got == 0) {
      return State::kCorrupt;
    }
  }
  return State::kBytes;
}

}  // namespace cairn::capture
