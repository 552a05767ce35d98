// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/tracing/wire/fields.h"

#include "fmt/format.h"

namespace cairn::tracing {
namespace {

constexpr size_t kV4Bytes = 4;
constexpr size_t kV6Bytes = 16;
constexpr size_t kPortBytes = 2;

bool IsOfWord(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; }

std::vector<uint8_t> EndpointBytes(const Endpoint& end) {
  const IpAddress ip = end.ip.Unmapped();
  const auto whole = ip.ToBytes();
  std::vector<uint8_t> bytes(ip.IsV4() ? whole.end() - kV4Bytes : whole.begin(), whole.end());
  bytes.push_back(static_cast<uint8_t>(end.port >> 8));
  bytes.push_back(static_cast<uint8_t>(end.port & 0xff));
  return bytes;
}

uint64_t NetworkOrder(const uint8_t* bytes, size_t count) {
  uint64_t number = 0;
  for (size_t i = 0; i < count; ++i) number = number << 8 | bytes[i];
  return number;
}

// Sockets of IPv6 show IPv4 as mapped addresses.  One host may so see as IPv4 what the other sees
// as mapped: it is made the same here, where all of a trace comes in, and not wherever it is
// compared.
bool GetEndpoint(const Cbor& value, Endpoint& end) {
  if (!value.is_binary()) return false;
  const std::vector<uint8_t>& bytes = value.get_binary();
  if (bytes.size() == kV4Bytes + kPortBytes) {
    end.ip = IpAddress::FromV4(static_cast<uint32_t>(NetworkOrder(bytes.data(), kV4Bytes)));
  } else if (bytes.size() == kV6Bytes + kPortBytes) {
    end.ip = IpAddress::FromIpv6Header(NetworkOrder(bytes.data(), kV6Bytes / 2),
                                       NetworkOrder(bytes.data() + kV6Bytes / 2, kV6Bytes / 2))
                 .Unmapped();
  } else {
    return false;
  }
  end.port =
      static_cast<uint16_t>(NetworkOrder(bytes.data() + bytes.size() - kPortBytes, kPortBytes));
  return true;
}

}  // namespace

Cbor BytesOf(std::string_view text, size_t most) {
  text = text.substr(0, most);
  return Cbor::binary({text.begin(), text.end()});
}

Cbor WordOf(std::string_view word) {
  std::string kept(word.substr(0, kMostWord));
  for (char& c : kept) {
    if (!IsOfWord(c)) c = '_';
  }
  return kept.empty() ? std::string("_") : kept;
}

Cbor ConnectionOf(const Connection& connection) {
  Cbor ends = Cbor::array();
  ends.push_back(Cbor::binary(EndpointBytes(connection.local)));
  ends.push_back(Cbor::binary(EndpointBytes(connection.remote)));
  return ends;
}

bool GetUnsigned(const Cbor& value, uint64_t most, uint64_t& number) {
  if (!value.is_number_unsigned()) return false;
  number = value.get<uint64_t>();
  return number <= most;
}

template <>
bool Get(const Cbor& value, bool& flag) {
  if (!value.is_boolean()) return false;
  flag = value.get<bool>();
  return true;
}

bool GetBytes(const Cbor& value, size_t most, std::string& text) {
  if (!value.is_binary() || value.get_binary().size() > most) return false;
  text.assign(value.get_binary().begin(), value.get_binary().end());
  return true;
}

bool GetWord(const Cbor& value, std::string& word) {
  if (!value.is_string()) return false;
  word = value.get_ref<const std::string&>();
  return !word.empty() && word.size() <= kMostWord && std::ranges::all_of(word, IsOfWord);
}

bool Get(const Cbor& value, Connection& connection) {
  return value.is_array() && value.size() == 2 && GetEndpoint(value[0], connection.local) &&
         GetEndpoint(value[1], connection.remote);
}

bool Get(const Cbor& value, PacketTime& time) {
  if (value.is_number_unsigned()) {
    uint64_t number = 0;
    if (!GetUnsigned(value, std::numeric_limits<int64_t>::max(), number)) return false;
    time = PacketTime::FromNanoseconds(static_cast<int64_t>(number));
  } else if (value.is_number_integer()) {
    time = PacketTime::FromNanoseconds(value.get<int64_t>());
  } else {
    return false;
  }
  return PacketTime::InfinitePast() < time && time < PacketTime::InfiniteFuture();
}

void PutBytes(Cbor& map, std::string_view key, std::string_view text, size_t most) {
  if (!text.empty()) map[std::string(key)] = BytesOf(text, most);
}

void PutTime(Cbor& map, std::string_view key, PacketTime time) {
  if (time.IsSet()) map[std::string(key)] = time.ToNanoseconds();
}

Fields::Fields(const Cbor& map, std::string_view what) : map_(map), what_(what) {
  if (!map.is_object()) fault_ = fmt::format("{} is not a map", what);
}

const Cbor* Fields::Find(std::string_view key) {
  if (!map_.is_object()) return nullptr;
  const auto& values = map_.get_ref<const Cbor::object_t&>();
  const auto found = values.find(key);
  return found == values.end() ? nullptr : &found->second;
}

void Fields::Fail(std::string_view key) {
  if (fault_.empty()) fault_ = fmt::format("'{}' of {} is missing or out of bounds", key, what_);
}

absl::Status Fields::status() const {
  return fault_.empty() ? absl::OkStatus() : absl::InvalidArgumentError(fault_);
}

void Fields::RequiredUpTo(std::string_view key, uint64_t most, uint32_t& number) {
  Required(key, number);
  if (number > most) Fail(key);
}

void Fields::OptionalBytes(std::string_view key, size_t most, std::string& text) {
  const Cbor* value = Find(key);
  if (value != nullptr && !GetBytes(*value, most, text)) Fail(key);
}

}  // namespace cairn::tracing
