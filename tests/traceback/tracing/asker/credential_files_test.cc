// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/tracing/asker/credential_files.h"

#include <sys/stat.h>
#include <unistd.h>

#include "catch2/catch.hpp"

#include "tests/support/scratch_folder.h"
#include "tests/support/test_authority.h"

namespace cairn::tracing {
namespace {

using testing::CertificateParts;
using testing::ScratchFolder;
using testing::TestAuthority;
using testing::TestCertificate;

const PacketTime kNow = PacketTime::FromNanoseconds(1800000000LL * 1000000000);

// The files of a sensor.
struct Files {
  Files() {
    CertificateParts parts;
    parts.common_name = "sensor.example.org";
    parts.names = "DNS:sensor.example.org";
    parts.use = "clientAuth";
    Write(authority.Issue(parts));
    options.authorities = folder.File("ca.crt", authority.pem());
    options.revocations = folder.File("ca.crl");
  }
  void Write(const TestCertificate& certificate) {
    options.certificate = folder.File("sensor.crt", certificate.pem);
    options.key = folder.File("sensor.key", certificate.key.Pem());
    chmod(options.key.c_str(), 0600);
  }
  std::string Fault() const {
    const auto read = ReadCredentials(options, kNow);
    return read.ok() ? "" : std::string(read.status().message());
  }

  ScratchFolder folder;
  TestAuthority authority;
  AskerOptions options;
};

TEST_CASE("a sensor's files are read, with or without a list of revoked certificates") {
  Files files;
  auto read = ReadCredentials(files.options, kNow);
  REQUIRE(read.ok());
  CHECK(read->identity.name == "sensor.example.org");
  CHECK(read->identity.role == Role::kAsker);
  CHECK(read->credentials.chain.empty());
  CHECK(read->trust.revocations_number() == 0);
  files.folder.File("ca.crl", files.authority.List({.number = 4, .made = 1799999000}));
  read = ReadCredentials(files.options, kNow);
  REQUIRE(read.ok());
  CHECK(read->trust.revocations_number() == 4);
}

TEST_CASE("each file that is missing, empty or something else is named, with what is wrong") {
  for (std::string AskerOptions::*file :
       {&AskerOptions::certificate, &AskerOptions::key, &AskerOptions::authorities}) {
    Files files;
    const std::string path = files.options.*file;
    unlink(path.c_str());
    CHECK_THAT(files.Fault(), Catch::Contains(path) && Catch::Contains("No such file"));
    CHECK(absl::IsNotFound(ReadCredentials(files.options, kNow).status()));
    files.folder.File(path.substr(path.rfind('/') + 1), "");
    chmod(path.c_str(), 0600);
    CHECK_THAT(files.Fault(), Catch::Contains(path) && Catch::Contains("empty"));
    files.folder.File(path.substr(path.rfind('/') + 1), "no PEM at all");
    CHECK_THAT(files.Fault(), Catch::Contains(path));
    files.options.*file = files.folder.File("");
    CHECK_THAT(files.Fault(), Catch::Contains("it is no file"));
  }
  Files list;
  list.folder.File("ca.crl", "no list");
  CHECK_THAT(list.Fault(), Catch::Contains("ca.crl"));
}

TEST_CASE("a key that everybody can read is refused") {
  Files files;
  chmod(files.options.key.c_str(), 0644);
  CHECK_THAT(files.Fault(), Catch::Contains("chmod o="));
  chmod(files.options.key.c_str(), 0640);
  CHECK(files.Fault().empty());
}

TEST_CASE("a key of another certificate, and a certificate of an agent, are refused") {
  Files files;
  const testing::TestKey other = testing::TestKey::Make();
  files.folder.File("sensor.key", other.Pem());
  CHECK_THAT(files.Fault(), Catch::Contains("not the key of the certificate"));
  files.Write(files.authority.IssueHost("host.example.org", {"192.0.2.1"}));
  CHECK_THAT(files.Fault(), Catch::Contains("of an agent"));
}

TEST_CASE("a certificate that no agent would believe is refused, with the reason") {
  CertificateParts parts;
  parts.use = "clientAuth";
  Files expired;
  parts.until = 1750000000;
  expired.Write(expired.authority.Issue(parts));
  CHECK_THAT(expired.Fault(), Catch::Contains("expired"));

  Files foreign;
  parts.until = 1900000000;
  TestAuthority other("Other Root");
  foreign.Write(other.Issue(parts));
  CHECK_THAT(foreign.Fault(), Catch::Contains("forged"));

  Files revoked;
  const TestCertificate certificate = revoked.authority.Issue(parts);
  revoked.Write(certificate);
  CHECK(revoked.Fault().empty());
  revoked.folder.File(
      "ca.crl",
      revoked.authority.List(
          {.number = 1, .made = 1799999000, .revoked = {{.serial = certificate.serial}}}));
  CHECK_THAT(revoked.Fault(), Catch::Contains("revoked"));
}

TEST_CASE("files that are written anew are noticed") {
  Files files;
  const std::string before = CredentialStamp(files.options);
  CHECK(CredentialStamp(files.options) == before);
  files.folder.File("ca.crl", files.authority.List({.number = 1, .made = 1799999000}));
  CHECK(CredentialStamp(files.options) != before);
}

}  // namespace
}  // namespace cairn::tracing
