// SPDX-License-Identifier: BSD-3-Clause
#include <cstddef>

#include "detector/stream/stored_codec.h"
#include "detector/stream/stored_values.h"

// What stands before and behind the events.
namespace cairn::stream {
namespace {

constexpr size_t kMostNameBytes = 64;
constexpr size_t kMostValueBytes = 8192;
constexpr uint64_t kMostNames = 512;

}  // namespace

void EncodeSettings(const std::vector<StoredSetting>& settings, FieldWriter& fields) {
  fields.Number(settings.size());
  for (const StoredSetting& setting : settings) {
    fields.Text(setting.name, kMostNameBytes);
    fields.Text(setting.value, kMostValueBytes);
  }
}

void DecodeSettings(std::vector<StoredSetting>& settings, FieldReader& fields) {
  uint64_t count = 0;
  fields.Number(count, kMostNames);
  settings.clear();
  for (uint64_t i = 0; i < count && fields.ok(); ++i) {
    StoredSetting& setting = settings.emplace_back();
    fields.Text(setting.name, kMostNameBytes);
    fields.Text(setting.value, kMostValueBytes);
  }
}

void EncodeEnd(const StoredEnd& end, FieldWriter& fields) {
  const bool has_time = end.now.IsSet();
  fields.Number(has_time);
  if (has_time) CodeTimeFrom(fields, PacketTime(), end.now);
  fields.Number(end.totals.size());
  for (const StoredTotal& total : end.totals) {
    fields.Text(total.name, kMostNameBytes);
    fields.Number(total.count);
  }
}

void DecodeEnd(StoredEnd& end, FieldReader& fields) {
  bool has_time = false;
  fields.Number(has_time);
  end.now = PacketTime::InfinitePast();
  if (has_time) CodeTimeFrom(fields, PacketTime(), end.now);
  uint64_t count = 0;
  fields.Number(count, kMostNames);
  end.totals.clear();
  for (uint64_t i = 0; i < count && fields.ok(); ++i) {
    StoredTotal& total = end.totals.emplace_back();
    fields.Text(total.name, kMostNameBytes);
    fields.Number(total.count);
  }
}

}  // namespace cairn::stream
