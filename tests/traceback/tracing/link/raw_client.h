// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TESTS_TRACEBACK_TRACING_LINK_RAW_CLIENT_H_
#define CAIRN_TESTS_TRACEBACK_TRACING_LINK_RAW_CLIENT_H_

#include <openssl/ssl.h>

#include <optional>
#include <string>

#include "test_site.h"
#include "traceback/tracing/link/tcp_socket.h"

namespace cairn::tracing {

// A TCP connection that does what a test wants, however wrong.
class RawSocket {
 public:
  // From `from`, if given.  Requires: somebody listens there.
  RawSocket(const std::string& to, uint16_t port, const std::string& from = "");

  int descriptor() const { return descriptor_.get(); }
  // False: the other side has closed it.
  bool Send(const std::string& bytes);
  std::string Receive();
  bool closed() const { return closed_; }

 private:
  UniqueFd descriptor_;
  bool closed_ = false;
};

// A client of TLS that an agent may not like.
struct RawWish {
  int version = TLS1_3_VERSION;
  bool certificate = true;
  bool protocol = true;  // ALPN
};
class RawClient {
 public:
  RawClient(const TestHost& host, const RawWish& wish, const std::string& to, uint16_t port);

  // Goes on; to be called again and again.
  void Step();
  bool ready() const { return ready_; }
  bool failed() const { return failed_ || socket_.closed(); }
  SSL* ssl() { return ssl_.get(); }
  void Write(const std::string& plain);

 private:
  void Flush();
  std::unique_ptr<SSL_CTX, FreeBy<SSL_CTX_free>> context_;
  std::unique_ptr<SSL, FreeBy<SSL_free>> ssl_;
  RawSocket socket_;
  bool ready_ = false;
  bool failed_ = false;
};

}  // namespace cairn::tracing

#endif  // CAIRN_TESTS_TRACEBACK_TRACING_LINK_RAW_CLIENT_H_
