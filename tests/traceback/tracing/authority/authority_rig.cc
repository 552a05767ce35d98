// SPDX-License-Identifier: BSD-3-Clause
#include "tests/traceback/tracing/authority/authority_rig.h"

#include <sys/stat.h>

#include <fstream>
#include <iterator>

#include "catch2/catch.hpp"

namespace cairn::tracing {

PacketTime At(int64_t seconds) {
  return PacketTime::FromNanoseconds(0) + PacketDelta::FromSeconds(seconds);
}

IpAddress Ip(const std::string& text) {
  const auto address = IpAddress::Parse(text);
  REQUIRE(address.ok());
  return *address;
}

std::string Contents(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  REQUIRE(file);
  return {std::istreambuf_iterator<char>(file), {}};
}

void Fill(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

unsigned ModeOf(const std::string& path) {
  struct stat facts {};
  REQUIRE(stat(path.c_str(), &facts) == 0);
  return facts.st_mode & 07777;
}

HostNames Web() {
  return {.name = "web.example.org", .addresses = {Ip("192.0.2.7"), Ip("2001:db8::7")}};
}

AuthorityRig::AuthorityRig() {
  const absl::Status made = Authority::Init(path, {.site = "example"}, Now());
  INFO(made);
  REQUIRE(made.ok());
}

Authority AuthorityRig::Open(const std::string& passphrase) const {
  auto authority =
      Authority::Open(path, [passphrase] { return absl::StatusOr<std::string>(passphrase); });
  INFO(authority.status());
  REQUIRE(authority.ok());
  return *std::move(authority);
}

std::string AuthorityRig::Token(const HostNames& names, uint32_t days) const {
  const auto token = Open().Invite(names, days, kInvitationLife, Now());
  INFO(token.status());
  REQUIRE(token.ok());
  return *token;
}

std::string AuthorityRig::RequestOf(const HostNames& names) const {
  const auto request = RequestByInvitation(HostFolder(names.name), Token(names), Now());
  INFO(request.status());
  REQUIRE(request.ok());
  return *request;
}

Identity AuthorityRig::Enrol(const HostNames& names) const {
  const std::string request = RequestOf(names);
  const auto issued = Open().Issue(request, {}, Now());
  INFO(issued.status());
  REQUIRE(issued.ok());
  const auto identity = Install(HostFolder(names.name),
                                {.certificate = *issued,
                                 .authorities = Contents(path + "/ca.crt"),
                                 .revocations = Contents(path + "/ca.crl")},
                                Now());
  INFO(identity.status());
  REQUIRE(identity.ok());
  return *identity;
}

Trust AuthorityRig::SiteTrust() const {
  auto trust = Trust::Make(Contents(path + "/ca.crt"), Contents(path + "/ca.crl"));
  INFO(trust.status());
  REQUIRE(trust.ok());
  return *std::move(trust);
}

}  // namespace cairn::tracing
