// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/tracing/authority/request.h"

#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/pem.h>

#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "fmt/format.h"

#include "traceback/tracing/authority/keys.h"
#include "traceback/tracing/trust/certificate.h"

namespace cairn::tracing {
namespace {

using ObjectPtr = std::unique_ptr<ASN1_OBJECT, FreeBy<ASN1_OBJECT_free>>;

// Of nobody's tree: a random number below the arc for such (ITU-T X.667).
constexpr char kProofAttribute[] = "2.25.90263318527193040517265081742095371126";
constexpr std::string_view kInvitation = "invitation";
constexpr std::string_view kRenewal = "renewal";
constexpr std::string_view kRenewalPrefix{"cairn renewed key, version 1\0", 29};

// "KIND FIRST SECOND"; base64 for the last two.
std::string ProofText(std::string_view kind, const std::string& first, const std::string& second) {
  return fmt::format("{} {} {}", kind, absl::WebSafeBase64Escape(first),
                     absl::WebSafeBase64Escape(second));
}

std::string ProofText(const RequestProof& proof) {
  if (const auto* invitation = std::get_if<ByInvitation>(&proof)) {
    return ProofText(kInvitation, invitation->statement, invitation->proof);
  }
  if (const auto* renewal = std::get_if<ByCertificate>(&proof)) {
    return ProofText(kRenewal, renewal->certificate, renewal->signature);
  }
  return {};
}

absl::StatusOr<RequestProof> ParseProof(std::string_view text) {
  const size_t first = text.find(' ');
  const size_t second = first == std::string_view::npos ? first : text.find(' ', first + 1);
  std::string one;
  std::string two;
  if (second != std::string_view::npos &&
      absl::WebSafeBase64Unescape(std::string(text.substr(first + 1, second - first - 1)), &one) &&
      absl::WebSafeBase64Unescape(std::string(text.substr(second + 1)), &two)) {
    const std::string_view kind = text.substr(0, first);
    if (kind == kInvitation) return ByInvitation{.statement = one, .proof = two};
    if (kind == kRenewal) return ByCertificate{.certificate = one, .signature = two};
  }
  return absl::InvalidArgumentError("the request's proof cannot be read");
}

absl::StatusOr<RequestProof> ProofIn(const X509_REQ* request) {
  const ObjectPtr kind(OBJ_txt2obj(kProofAttribute, 1));
  const int at = X509_REQ_get_attr_by_OBJ(request, kind.get(), -1);
  if (at < 0) return NoProof{};
  X509_ATTRIBUTE* attribute = X509_REQ_get_attr(request, at);
  const ASN1_TYPE* value = X509_ATTRIBUTE_get0_type(attribute, 0);
  if (value == nullptr || value->type != V_ASN1_UTF8STRING) {
    return absl::InvalidArgumentError("the request's proof cannot be read");
  }
  const ASN1_STRING* text = value->value.utf8string;
  return ParseProof({reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
                     static_cast<size_t>(ASN1_STRING_length(text))});
}

bool AddProof(X509_REQ* request, const std::string& text) {
  if (text.empty()) return true;
  return X509_REQ_add1_attr_by_txt(request, kProofAttribute, V_ASN1_UTF8STRING,
                                   reinterpret_cast<const uint8_t*>(text.data()),
                                   static_cast<int>(text.size())) == 1;
}

}  // namespace

std::string RenewalText(std::string_view public_key) {
  return std::string(kRenewalPrefix) + std::string(public_key);
}

absl::StatusOr<std::string> MakeRequest(EVP_PKEY* key, const std::string& name,
                                        const RequestProof& proof) {
  const RequestPtr request(X509_REQ_new());
  const BioPtr bio(BIO_new(BIO_s_mem()));
  const absl::StatusOr<uint16_t> scheme = KeyScheme(key);
  if (!scheme.ok()) return scheme.status();
  const EVP_MD* hash = *scheme == kSchemeEd25519 ? nullptr : EVP_sha256();
  // For people who look at it; the names of the certificate come from elsewhere.
  const std::string shown = name.substr(0, 64);
  if (request == nullptr || bio == nullptr || X509_REQ_set_version(request.get(), 0) != 1 ||
      X509_NAME_add_entry_by_txt(X509_REQ_get_subject_name(request.get()), "CN", MBSTRING_UTF8,
                                 reinterpret_cast<const uint8_t*>(shown.data()),
                                 static_cast<int>(shown.size()), -1, 0) != 1 ||
      X509_REQ_set_pubkey(request.get(), key) != 1 || !AddProof(request.get(), ProofText(proof)) ||
      X509_REQ_sign(request.get(), key, hash) <= 0 ||
      PEM_write_bio_X509_REQ(bio.get(), request.get()) != 1) {
    return absl::InternalError("cannot make the request: " + TakeOpenSslError());
  }
  return BioText(bio.get());
}

absl::StatusOr<CertificateRequest> ReadRequest(std::string_view pem) {
  const BioPtr bio = ReadingBio(pem.substr(0, kMostRequestBytes));
  CertificateRequest read;
  if (bio != nullptr) {
    read.request.reset(PEM_read_bio_X509_REQ(bio.get(), nullptr, NoPassphrase, nullptr));
  }
  ERR_clear_error();
  if (read.request == nullptr) {
    return absl::InvalidArgumentError(
        "it is no request for a certificate (PEM), or a damaged one: have the host make it anew "
        "('stopd ca request')");
  }
  read.key.reset(X509_REQ_get_pubkey(read.request.get()));
  const absl::StatusOr<uint16_t> scheme = KeyScheme(read.key.get());
  if (!scheme.ok()) return scheme.status();
  if (X509_REQ_verify(read.request.get(), read.key.get()) != 1) {
    ERR_clear_error();
    return absl::PermissionDeniedError(
        "the request is not signed by the key that it asks a certificate for: it was altered");
  }
  absl::StatusOr<RequestProof> proof = ProofIn(read.request.get());
  if (!proof.ok()) return proof.status();
  read.proof = *std::move(proof);
  read.public_key = PublicKeyDer(read.key.get());
  return read;
}

}  // namespace cairn::tracing
