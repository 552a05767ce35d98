// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TESTS_TRACEBACK_TRACING_WIRE_SAMPLES_H_
#define CAIRN_TESTS_TRACEBACK_TRACING_WIRE_SAMPLES_H_

#include <string>
#include <string_view>
#include <vector>

#include "traceback/tracing/wire/message.h"

// Facts, chains and messages in which each field has a value of its own.
namespace cairn::tracing {

Endpoint End4(std::string_view ip, uint16_t port);
template <typename Bytes>
Bytes Filled(uint8_t first) {
  Bytes bytes = {};
  for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<uint8_t>(first + i);
  return bytes;
}
// The bytes that hexadecimal digits say; blanks between them do not count.
std::string FromHex(std::string_view digits);
std::string ToHex(std::string_view bytes);

Connection SampleConnection();
Fact SampleFact();
Chain SampleChain();
// One of each kind, in the order of Message.
std::vector<Message> SampleMessages();
// The frame without its length.
std::string FrameOf(const Message& message);

}  // namespace cairn::tracing

#endif  // CAIRN_TESTS_TRACEBACK_TRACING_WIRE_SAMPLES_H_
