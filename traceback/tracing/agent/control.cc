// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/tracing/agent/control.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

#include "fmt/format.h"

namespace cairn::tracing {
namespace {

constexpr int kBacklog = 8;
constexpr size_t kReadBytes = 4096;

absl::StatusOr<sockaddr_un> AddressOf(const std::string& path) {
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof(address.sun_path)) {
    return absl::InvalidArgumentError(
        fmt::format("{}: the path of a socket has at most {} bytes; set tracing.control", path,
                    sizeof(address.sun_path) - 1));
  }
  std::copy(path.begin(), path.end(), address.sun_path);
  return address;
}

// bind() and connect() take the general form of addresses.
const sockaddr* General(const sockaddr_un& address) {
  return reinterpret_cast<const sockaddr*>(&address);
}

absl::Status Failed(const std::string& path, std::string_view what, int error) {
  return absl::UnavailableError(
      fmt::format("{}: cannot {}: {}", path, what, std::generic_category().message(error)));
}

void MakeFolderOf(const std::string& path) {
  const size_t end = path.rfind('/');
  if (end != std::string::npos && end > 0) {
    mkdir(path.substr(0, end).c_str(), S_IRWXU | S_IRGRP | S_IXGRP | S_IROTH | S_IXOTH);
  }
}

bool IsRoots(int descriptor) {
  ucred peer = {};
  socklen_t size = sizeof(peer);
  return getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && peer.uid == 0;
}

}  // namespace

absl::StatusOr<UniqueFd> OpenControl(const std::string& path) {
  const absl::StatusOr<sockaddr_un> address = AddressOf(path);
  if (!address.ok()) return address.status();
  MakeFolderOf(path);
  struct stat there {};
  if (lstat(path.c_str(), &there) == 0) {
    if (!S_ISSOCK(there.st_mode)) {
      return absl::FailedPreconditionError(
          fmt::format("{}: is there and is no socket; set tracing.control", path));
    }
    unlink(path.c_str());
  }
  UniqueFd listener(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!listener.is_open()) return Failed(path, "make a socket", errno);
  const mode_t mask = umask(S_IRWXG | S_IRWXO);
  const bool is_bound = bind(listener.get(), General(*address), sizeof(*address)) == 0;
  const int error = errno;
  umask(mask);
  if (!is_bound || listen(listener.get(), kBacklog) != 0) {
    return Failed(path, "listen there", is_bound ? errno : error);
  }
  return listener;
}

absl::StatusOr<UniqueFd> ConnectToControl(const std::string& path) {
  const absl::StatusOr<sockaddr_un> address = AddressOf(path);
  if (!address.ok()) return address.status();
  UniqueFd descriptor(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!descriptor.is_open()) return Failed(path, "make a socket", errno);
  if (connect(descriptor.get(), General(*address), sizeof(*address)) == 0) return descriptor;
  const int error = errno;
  if (error == ENOENT || error == ECONNREFUSED) {
    return absl::NotFoundError(
        fmt::format("{}: no agent listens there; is stopd running, with tracing.enabled?", path));
  }
  return Failed(path, "connect (only root may ask)", error);
}

void Control::AppendPolled(std::vector<pollfd>& polled) const {
  const bool has_room = clients_.size() < kMostClients;
  polled.push_back(
      {.fd = listener_.get(), .events = static_cast<short>(has_room ? POLLIN : 0), .revents = 0});
  for (const auto& [id, client] : clients_) {
    const int events = POLLIN | (client.out.empty() ? 0 : POLLOUT);
    polled.push_back(
        {.fd = client.descriptor.get(), .events = static_cast<short>(events), .revents = 0});
  }
}

std::optional<Control::Clock::time_point> Control::NextDeadline() const {
  std::optional<Clock::time_point> next;
  for (const auto& [id, client] : clients_) {
    if (client.has_asked) continue;
    const Clock::time_point at = client.since + kPatience;
    next = std::min(next.value_or(at), at);
  }
  return next;
}

void Control::Step(Clock::time_point now, std::span<const pollfd> ready) {
  const auto state_of = [&](int descriptor) {
    const auto found = std::find_if(ready.begin(), ready.end(),
                                    [&](const pollfd& each) { return each.fd == descriptor; });
    return found == ready.end() ? 0 : found->revents;
  };
  std::vector<uint64_t> dropped;
  for (auto& [id, client] : clients_) {
    const int state = state_of(client.descriptor.get());
    const bool is_late = !client.has_asked && now >= client.since + kPatience;
    const bool goes_on = !is_late &&
                         ((state & (POLLIN | POLLHUP | POLLERR)) == 0 || Read(id, client)) &&
                         Write(client);
    if (!goes_on) dropped.push_back(id);
  }
  for (const uint64_t id : dropped) Drop(id);
  if (listener_.is_open() && (state_of(listener_.get()) & POLLIN) != 0) Accept(now);
}

void Control::Accept(Clock::time_point now) {
  UniqueFd descriptor(accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (!descriptor.is_open()) return;
  if (clients_.size() >= kMostClients || !IsRoots(descriptor.get())) return;
  clients_.emplace(next_++, Client{.descriptor = std::move(descriptor), .since = now, .in = {}});
}

bool Control::Read(uint64_t id, Client& client) {
  std::array<char, kReadBytes> bytes;
  const ssize_t got = recv(client.descriptor.get(), bytes.data(), bytes.size(), 0);
  if (got < 0) return errno == EAGAIN || errno == EINTR;
  if (got == 0) return false;
  if (client.has_asked) return true;  // one question for each connection
  client.in.Append(std::string_view(bytes.data(), static_cast<size_t>(got)));
  absl::StatusOr<std::optional<std::string>> frame = client.in.Next();
  if (!frame.ok()) return false;
  if (!frame->has_value()) return client.in.size() <= kMostFrameBytes;
  const absl::StatusOr<Message> message = DecodeMessage(**frame);
  if (!message.ok() || !std::holds_alternative<Trace>(*message)) return false;
  client.has_asked = true;
  asked_.push_back({.client = id, .question = std::get<Trace>(*message)});
  return true;
}

bool Control::Write(Client& client) {
  while (!client.out.empty()) {
    const ssize_t sent =
        send(client.descriptor.get(), client.out.data(), client.out.size(), MSG_NOSIGNAL);
    if (sent < 0) return errno == EAGAIN || errno == EINTR;
    client.out.erase(0, static_cast<size_t>(sent));
  }
  return !client.is_done;
}

void Control::Drop(uint64_t id) {
  const auto client = clients_.find(id);
  if (client == clients_.end()) return;
  if (!client->second.is_done) gone_.push_back(id);
  clients_.erase(client);
}

void Control::Send(uint64_t id, const Message& message) {
  const auto found = clients_.find(id);
  if (found == clients_.end()) return;
  Client& client = found->second;
  client.out += EncodeMessage(message);
  client.is_done = std::holds_alternative<Done>(message) || std::holds_alternative<Deny>(message);
  if (client.out.size() > kMostQueued || !Write(client)) Drop(id);
}

std::optional<Control::Asked> Control::NextAsked() {
  if (asked_.empty()) return std::nullopt;
  std::optional<Asked> first = std::move(asked_.front());
  asked_.pop_front();
  return first;
}

std::optional<uint64_t> Control::NextGone() {
  if (gone_.empty()) return std::nullopt;
  const uint64_t first = gone_.front();
  gone_.pop_front();
  return first;
}

}  // namespace cairn::tracing
