// SPDX-License-Identifier: BSD-3-Clause
// What hosts and the service of an authority say to each other, and who may say it.
#include "traceback/tracing/authority/service.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <optional>
#include <thread>

#include "catch2/catch.hpp"

#include "tests/support/test_authority.h"
#include "tests/traceback/tracing/authority/authority_rig.h"
#include "traceback/tracing/authority/service_client.h"
#include "traceback/tracing/authority/service_text.h"
#include "traceback/tracing/authority/service_tls.h"

namespace cairn::tracing {
namespace {

using absl::StatusCode;

const Endpoint kAnyPort{.ip = IpAddress::FromV4(0x7f000001U), .port = 0};

// The service at work, in a thread of its own.
class Running {
 public:
  explicit Running(const AuthorityRig& rig, ServiceOptions options = {}) {
    std::signal(SIGPIPE, SIG_IGN);
    options.folder = rig.path;
    options.listen = kAnyPort;
    auto made = Service::Make(
        options, [] { return absl::StatusOr<std::string>(""); }, Now, [](const std::string&) {});
    INFO(made.status());
    REQUIRE(made.ok());
    service_ = *std::move(made);
    at_ = {.ip = kAnyPort.ip, .port = service_->port()};
    thread_ = std::thread([this] {
      while (!ended_) service_->Step();
    });
  }
  ~Running() { End(); }
  // And what it has counted.
  ServiceCounters End() {
    ended_ = true;
    if (thread_.joinable()) thread_.join();
    return service_->counters();
  }
  const Endpoint& at() const { return at_; }

 private:
  std::unique_ptr<Service> service_;
  Endpoint at_;
  std::atomic<bool> ended_ = false;
  std::thread thread_;
};

TEST_CASE("a question and an answer are read as they were written, whatever part comes first") {
  const Question question{.kind = QuestionKind::kRenew, .request = "request\n"};
  const Answer granted{
      .granted = true, .certificate = "one", .authorities = "", .lists = std::string(100, 'l')};
  const Answer refused{.why_not = "no reason"};
  const std::string text = QuestionText(question);
  for (size_t size = 0; size < text.size(); ++size) {
    CHECK(!ParseQuestion(text.substr(0, size)).value().has_value());
  }
  CHECK(ParseQuestion(text).value() == question);
  CHECK(ParseAnswer(AnswerText(granted)).value() == granted);
  CHECK(ParseAnswer(AnswerText(refused)).value() == refused);
  CHECK(!ParseAnswer(AnswerText(granted).substr(0, 60)).value().has_value());
}

TEST_CASE("what is no question, or too long, is refused at once") {
  for (const char* wrong :
       {"GET / HTTP/1.1", "cairn-ca 2 lists 0\n", "cairn-ca 1 lists\n", "cairn-ca 1 lists x\n",
        "cairn-ca 1 lists -1\n", "cairn-ca 1 steal 0\n", "cairn-ca 1 issue 65537\n",
        "cairn-ca 1 issue 1 1\nab", "cairn-ca 1 lists 0\nmore", "cairn-ca 1 lists 0 \n",
        "cairn-ca 1 issue 99999999999999999999\n", "\n", "x"}) {
    CAPTURE(wrong);
    CHECK(ParseQuestion(wrong).status().code() == StatusCode::kInvalidArgument);
  }
  CHECK(!ParseQuestion("cairn-ca 1 issue " + std::string(70, '0')).ok());
  CHECK(!ParseAnswer("cairn-ca 1 yes 1048576 1048576 1\n").ok());
  // Nothing in it moves the cursor of whoever reads it.
  CHECK(ParseAnswer("cairn-ca 1 no 4\n\x1b[2J").value()->why_not == "?[2J");
}

TEST_CASE("a host is enrolled and renews its certificate by the service") {
  AuthorityRig rig;
  const std::string token = rig.Token(Web());
  const std::string host = rig.HostFolder("web");
  Running service(rig);
  const Question first{.kind = QuestionKind::kIssue,
                       .request = RequestByInvitation(host, token, Now()).value()};
  const auto answer = AskFor(host, service.at(), first, token, Now());
  INFO(answer.status());
  REQUIRE(answer.ok());
  const auto identity = InstallAnswer(host, *answer, Now());
  REQUIRE(identity.ok());
  CHECK(identity->name == "web.example.org");

  const Question renewal{.kind = QuestionKind::kRenew,
                         .request = RequestRenewal(host, When::kNow, Now()).value()};
  const auto renewed = AskFor(host, service.at(), renewal, "", Now());
  REQUIRE(renewed.ok());
  CHECK(InstallAnswer(host, *renewed, Now())->serial != identity->serial);

  const auto again = AskFor(host, service.at(), renewal, "", Now());
  CHECK(again.status().code() == StatusCode::kPermissionDenied);
  const ServiceCounters counters = service.End();
  CHECK(counters.granted == 2);
  CHECK(counters.denied == 1);
}

TEST_CASE("new authorities and lists come without a certificate") {
  AuthorityRig rig;
  rig.Enrol(Web());
  const std::string host = rig.HostFolder(Web().name);
  const std::string certificate = Contents(host + "/host.crt");
  REQUIRE(rig.Open().BeginRotation(3650, At(kNowSeconds + 5)).ok());
  Running service(rig);
  const auto answer = AskFor(host, service.at(), {.kind = QuestionKind::kLists}, "", Now());
  REQUIRE(answer.ok());
  REQUIRE(InstallAnswer(host, *answer, Now()).ok());
  CHECK(Contents(host + "/host.crt") == certificate);
  CHECK(Contents(host + "/ca.crt") == Contents(rig.path + "/ca.crt"));
  CHECK(Contents(host + "/ca.crl") == Contents(rig.path + "/ca.crl"));
}

TEST_CASE("a host speaks to the service of its own authority alone") {
  AuthorityRig rig;
  AuthorityRig other;
  rig.Enrol(Web());
  const std::string host = rig.HostFolder(Web().name);
  const std::string token = rig.Token(Web());
  Running stranger(other);
  CHECK(AskFor(host, stranger.at(), {.kind = QuestionKind::kLists}, "", Now()).status().code() ==
        StatusCode::kPermissionDenied);
  CHECK(AskFor(host, stranger.at(), {.kind = QuestionKind::kLists}, token, Now()).status().code() ==
        StatusCode::kPermissionDenied);
}

TEST_CASE("an agent cannot pass for the service") {
  AuthorityRig rig;
  rig.Enrol(Web());
  const std::string host = rig.HostFolder(Web().name);
  const auto key =
      ReadPrivateKey(Contents(host + "/host.key"), [] { return absl::StatusOr<std::string>(""); });
  const auto context =
      ServingContext(Contents(host + "/host.crt") + Contents(rig.path + "/ca.crt"), key->get());
  REQUIRE(context.ok());
  int ends[2];
  REQUIRE(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
  std::thread impostor([&] {
    const TlsPtr tls(SSL_new(context->get()));
    SSL_set_fd(tls.get(), ends[0]);
    SSL_accept(tls.get());
    shutdown(ends[0], SHUT_RDWR);
  });
  const bool by_pin = GENERATE(true, false);
  const std::string pin = ParseToken(rig.Token(Web()))->invitation.authority;
  const auto asking =
      AskingContext(by_pin ? "" : Contents(rig.path + "/ca.crt"), by_pin ? pin : "", Now());
  REQUIRE(asking.ok());
  const TlsPtr tls(SSL_new(asking->get()));
  SSL_set_fd(tls.get(), ends[1]);
  CHECK(SSL_connect(tls.get()) != 1);
  CHECK(SSL_get_verify_result(tls.get()) != X509_V_OK);
  shutdown(ends[1], SHUT_RDWR);
  impostor.join();
  close(ends[0]);
  close(ends[1]);
}

TEST_CASE("who proves no right neither waits for the authority nor makes it work") {
  AuthorityRig rig;
  const std::string request = rig.RequestOf(Web());
  rig.Enrol(Web());
  const std::string host = rig.HostFolder(Web().name);
  Running service(rig, {.max_per_source_minute = 100});
  const KnownBy known{.authorities = Contents(rig.path + "/ca.crt")};
  const auto refusal = [&](QuestionKind kind, const std::string& text) {
    const auto answer = AskService(service.at(), {.kind = kind, .request = text}, known, Now());
    return std::string(answer.status().message());
  };
  // Whoever holds the folder keeps the service from all that needs its lock.
  std::optional<Authority> busy = rig.Open();
  const std::string unproven = MakeRequest(testing::TestKey::Make().get(), "x", NoProof{}).value();
  CHECK_THAT(refusal(QuestionKind::kIssue, unproven), Catch::Contains("no invitation"));
  CHECK_THAT(refusal(QuestionKind::kIssue, "garbage"), Catch::Contains("no request"));
  CHECK_THAT(refusal(QuestionKind::kRenew, request), Catch::Contains("does not renew"));
  const auto lists = AskService(service.at(), {.kind = QuestionKind::kLists}, known, Now());
  REQUIRE(lists.ok());
  CHECK(lists->lists == Contents(rig.path + "/ca.crl"));
  CHECK(lists->authorities == Contents(rig.path + "/ca.crt"));

  // What others change meanwhile counts at once.
  REQUIRE(busy->Revoke(Web().name, RevocationReason::kKeyCompromise, Now()).ok());
  const std::string renewal = RequestRenewal(host, When::kNow, Now()).value();
  CHECK_THAT(refusal(QuestionKind::kRenew, renewal), Catch::Contains("has been revoked"));
  const auto newer = AskService(service.at(), {.kind = QuestionKind::kLists}, known, Now());
  REQUIRE(newer.ok());
  CHECK(newer->lists == Contents(rig.path + "/ca.crl"));
  CHECK(newer->lists != lists->lists);

  busy.reset();
  CHECK(refusal(QuestionKind::kIssue, request).empty());
  busy = rig.Open();
  CHECK_THAT(refusal(QuestionKind::kIssue, request), Catch::Contains("used already"));
}

TEST_CASE("an authority whose files are damaged answers nobody, and tells nobody why") {
  AuthorityRig rig;
  Running service(rig);
  const KnownBy known{.authorities = Contents(rig.path + "/ca.crt")};
  const auto ask = [&] {
    return AskService(service.at(), {.kind = QuestionKind::kLists}, known, Now());
  };
  const std::string whole = Contents(rig.path + "/register");
  Fill(rig.path + "/register", whole.substr(0, 20));
  CHECK_THAT(std::string(ask().status().message()), Catch::Contains("its log says why"));
  Fill(rig.path + "/register", whole);
  CHECK(ask().ok());
}

// A connection that says nothing.
class Silent {
 public:
  explicit Silent(const Endpoint& at) : file_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(at.port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(connect(file_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  }
  Silent(const Silent&) = delete;
  Silent& operator=(const Silent&) = delete;
  ~Silent() { close(file_); }

 private:
  int file_;
};

TEST_CASE("one source has a part of the connections at most") {
  AuthorityRig rig;
  Running service(rig, {.max_connections = 4, .max_per_source = 2, .max_per_source_minute = 100});
  const KnownBy known{.authorities = Contents(rig.path + "/ca.crt")};
  const auto ask = [&] {
    return AskService(service.at(), {.kind = QuestionKind::kLists}, known, Now());
  };
  {
    const Silent one(service.at());
    CHECK(ask().ok());
    const Silent two(service.at());
    CHECK(ask().status().code() == StatusCode::kUnavailable);
  }
  CHECK(ask().ok());
  CHECK(service.End().refused == 1);
}

TEST_CASE("one source has few connections in a minute") {
  AuthorityRig rig;
  Running service(rig, {.max_per_source_minute = 2});
  const KnownBy known{.authorities = Contents(rig.path + "/ca.crt")};
  const Question question{.kind = QuestionKind::kLists};
  CHECK(AskService(service.at(), question, known, Now()).ok());
  CHECK(AskService(service.at(), question, known, Now()).ok());
  CHECK(AskService(service.at(), question, known, Now()).status().code() ==
        StatusCode::kUnavailable);
  const ServiceCounters counters = service.End();
  CHECK(counters.accepted == 3);
  CHECK(counters.refused == 1);
  CHECK(counters.granted == 2);
}

}  // namespace
}  // namespace cairn::tracing
