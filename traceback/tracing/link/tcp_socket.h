// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_TRACING_LINK_TCP_SOCKET_H_
#define CAIRN_TRACEBACK_TRACING_LINK_TCP_SOCKET_H_

#include <cstdint>
#include <optional>
#include <utility>

#include "base/address.h"

// The sockets of links: none blocks, and none is left to a program that this one starts.
namespace cairn::tracing {

// Owns a descriptor; -1: none.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() { Close(); }
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }

  int number() const { return number_; }
  bool open() const { return number_ >= 0; }
  void Close();

 private:
  int number_ = -1;
};

// `error`: errno, if no descriptor is returned.
Descriptor Listen(const Endpoint& at, int& error);
// Being connected, or connected.  `from`, if set and possible: the own address.
Descriptor BeginConnect(const Endpoint& to, const std::optional<IpAddress>& from, int& error);

struct Accepted {
  Descriptor descriptor;
  Endpoint from;
};
// Unset: there is nobody (`error` is 0), or it cannot be.
std::optional<Accepted> Accept(int listener, int& error);

// What has become of a connection that was begun; 0: it is there.
int ConnectError(int descriptor);

}  // namespace cairn::tracing

#endif  // CAIRN_TRACEBACK_TRACING_LINK_TCP_SOCKET_H_
