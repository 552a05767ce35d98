// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/tracing/asker/tracer.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <span>
#include <system_error>
#include <variant>

#include "fmt/format.h"

#include "base/wall_clock.h"
#include "traceback/tracing/asker/credential_files.h"

namespace cairn::tracing {
namespace {

using Clock = TraceAsker::Clock;

LinkOptions LinksOf(const AskerOptions& options) {
  LinkOptions links;
  links.port = options.port;
  return links;
}

AskerCounters Sum(AskerCounters a, const AskerCounters& b) {
  a.begun += b.begun;
  a.queue_full += b.queue_full;
  a.done += b.done;
  a.failed += b.failed;
  a.questions += b.questions;
  a.turns_waited += b.turns_waited;
  a.hops += b.hops;
  a.claims += b.claims;
  a.repeated += b.repeated;
  a.denied += b.denied;
  a.broken += b.broken;
  a.out_of_order += b.out_of_order;
  a.unexpected += b.unexpected;
  return a;
}

}  // namespace

// What is made of the files.  It stays where it is: its parts point at one another.
struct Tracer::Session {
  AskerCredentials own;
  std::string stamp;
  std::unique_ptr<Links> links = {};
  std::optional<TraceAsker> asker = {};

  static absl::StatusOr<std::unique_ptr<Session>> Make(const AskerOptions& options) {
    std::string stamp = CredentialStamp(options);  // before they are read: then nothing is missed
    absl::StatusOr<AskerCredentials> own = ReadCredentials(options, WallTime());
    if (!own.ok()) return own.status();
    auto session =
        std::make_unique<Session>(Session{.own = *std::move(own), .stamp = std::move(stamp)});
    absl::StatusOr<std::unique_ptr<Links>> links =
        Links::Make(LinksOf(options), session->own.credentials, session->own.trust,
                    *session->own.signer, session->own.identity.name, &WallTime);
    if (!links.ok()) return links.status();
    session->links = *std::move(links);
    const Trust* trust = &session->own.trust;
    session->asker.emplace(options.limits, options.networks, *session->links,
                           [trust](const SignedFact& fact, const TraceId& trace) {
                             return CheckFact(*trust, fact, trace, WallTime());
                           });
    return session;
  }
};

absl::StatusOr<std::unique_ptr<Tracer>> Tracer::Make(const AskerOptions& options) {
  absl::StatusOr<std::unique_ptr<Session>> session = Session::Make(options);
  if (!session.ok()) return session.status();
  UniqueFd wake(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
  if (!wake.is_open()) {
    return absl::UnavailableError(
        fmt::format("no descriptor to wake with: {}", std::generic_category().message(errno)));
  }
  std::string name = (*session)->own.identity.name;
  std::unique_ptr<Tracer> tracer(
      new Tracer(options, *std::move(session), std::move(name), std::move(wake)));
  try {
    tracer->thread_ = std::thread([raw = tracer.get()] { raw->Run(); });
  } catch (const std::system_error& error) {
    return absl::UnavailableError(fmt::format("no thread to trace with: {}", error.what()));
  }
  return tracer;
}

Tracer::Tracer(const AskerOptions& options, std::unique_ptr<Session> session, std::string name,
               UniqueFd wake)
    : options_(options),
      session_(std::move(session)),
      name_(std::move(name)),
      wake_(std::move(wake)) {}

Tracer::~Tracer() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  Wake();
  if (thread_.joinable()) thread_.join();
}

void Tracer::Begin(AskId id, AskRequest request) {
  {
    const std::lock_guard lock(mutex_);
    // The thread takes them at once, and refuses those beyond max_queued; it may be held up.
    if (submitted_.size() >= options_.limits.max_queued) {
      ++refused_;
      events_.emplace_back(AskFailed{
          .id = id,
          .reason = AskFailure::kQueueFull,
          .detail = fmt::format("{} traces wait or are under way", options_.limits.max_queued)});
      changed_.notify_all();
      return;
    }
    submitted_.emplace_back(id, std::move(request));
  }
  Wake();
}

std::vector<AskEvent> Tracer::Take() {
  const std::lock_guard lock(mutex_);
  return std::exchange(events_, {});
}

bool Tracer::HasSomething() const {
  return !events_.empty() || (idle_ && submitted_.empty() && !give_up_);
}

bool Tracer::WaitUntil(std::chrono::steady_clock::time_point deadline) {
  std::unique_lock lock(mutex_);
  return changed_.wait_until(lock, deadline, [this] { return HasSomething(); });
}

void Tracer::GiveUp() {
  std::unique_lock lock(mutex_);
  give_up_ = true;
  Wake();
  changed_.wait(lock, [this] { return !give_up_; });
}

AskerCounters Tracer::counters() const {
  const std::lock_guard lock(mutex_);
  return counters_;
}

std::string Tracer::fault() const {
  const std::lock_guard lock(mutex_);
  return fault_;
}

void Tracer::Wake() const {
  const uint64_t one = 1;
  // A full counter has woken the thread already.
  [[maybe_unused]] const ssize_t written = write(wake_.get(), &one, sizeof(one));
}

void Tracer::Renew() {
  if (CredentialStamp(options_) == session_->stamp) return;
  absl::StatusOr<std::unique_ptr<Session>> renewed = Session::Make(options_);
  const std::lock_guard lock(mutex_);
  if (!renewed.ok()) {
    fault_ = std::string(renewed.status().message());
    return;
  }
  fault_.clear();
  former_ = Sum(former_, session_->asker->counters());
  // What agents have said of revocations holds on.
  const std::string revocations = session_->own.trust.revocations();
  session_ = *std::move(renewed);
  if (!revocations.empty()) {
    if ((*session_).own.trust.TakeRevocations(revocations).value_or(false)) {
      session_->links->TrustChanged();
    }
  }
}

void Tracer::Run() {
  std::vector<pollfd> polled;
  while (true) {
    std::vector<std::pair<AskId, AskRequest>> begun;
    bool give_up = false;
    {
      const std::lock_guard lock(mutex_);
      if (stop_) return;
      begun = std::exchange(submitted_, {});
      // Not idle, from outside, until its events are there.
      if (!begun.empty()) idle_ = false;
      give_up = give_up_;
    }
    if (!begun.empty() && session_->asker->idle()) Renew();
    const Clock::time_point now = Clock::now();
    for (auto& [id, request] : begun) session_->asker->Begin(id, std::move(request), now);
    if (give_up) session_->asker->GiveUp();
    polled.assign(1, {.fd = wake_.get(), .events = POLLIN, .revents = 0});
    session_->asker->AppendPolled(polled);
    int timeout = -1;
    if (!begun.empty() || give_up) {
      timeout = 0;
    } else if (const auto next = session_->asker->NextDeadline(); next.has_value()) {
      const auto wait = std::chrono::ceil<std::chrono::milliseconds>(*next - Clock::now());
      timeout = static_cast<int>(std::clamp<int64_t>(wait.count(), 0, 60'000));
    }
    if (poll(polled.data(), polled.size(), timeout) < 0) {
      for (pollfd& each : polled) each.revents = 0;
    }
    uint64_t count = 0;
    [[maybe_unused]] const ssize_t drained = read(wake_.get(), &count, sizeof(count));
    session_->asker->Step(Clock::now(), std::span<const pollfd>(polled).subspan(1));
    std::vector<AskEvent> events;
    while (std::optional<AskEvent> event = session_->asker->Next()) {
      if (const auto* offered = std::get_if<ListOffered>(&*event)) {
        if (session_->own.trust.TakeRevocations(offered->list).value_or(false)) {
          session_->links->TrustChanged();
        }
      } else {
        events.push_back(*std::move(event));
      }
    }
    const std::lock_guard lock(mutex_);
    std::ranges::move(events, std::back_inserter(events_));
    counters_ = Sum(former_, session_->asker->counters());
    counters_.queue_full += refused_;
    idle_ = session_->asker->idle();
    if (give_up) give_up_ = false;
    changed_.notify_all();
  }
}

}  // namespace cairn::tracing
