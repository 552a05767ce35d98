// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/tracing/trust/revocations.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/pem.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "fmt/format.h"

#include "traceback/tracing/trust/certificate.h"
#include "traceback/tracing/trust/trust.h"

namespace cairn::tracing {
namespace {

constexpr size_t kMostLists = 64;
// So that the sum of all lists' numbers cannot wrap.
constexpr uint64_t kMostNumber = 1ULL << 56;
constexpr std::string_view kPemBegin = "-----BEGIN";

absl::Status NoList(std::string_view text) { return absl::InvalidArgumentError(std::string(text)); }

std::string DerOf(const X509_CRL* list) {
  uint8_t* bytes = nullptr;
  const int size = i2d_X509_CRL(list, &bytes);
  std::string der(reinterpret_cast<const char*>(bytes), size > 0 ? static_cast<size_t>(size) : 0);
  OPENSSL_free(bytes);
  return der;
}

// In the order of the file.
absl::StatusOr<std::vector<RevocationListPtr>> ParsePem(std::string_view pem) {
  const BioPtr bio = ReadingBio(pem);
  std::vector<RevocationListPtr> lists;
  while (bio != nullptr && lists.size() <= kMostLists) {
    RevocationListPtr next(PEM_read_bio_X509_CRL(bio.get(), nullptr, NoPassphrase, nullptr));
    if (next == nullptr) break;
    lists.push_back(std::move(next));
  }
  const bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  ERR_clear_error();
  if (!at_end || lists.empty()) {
    return NoList(
        fmt::format("list {} of revoked certificates in it cannot be read", lists.size() + 1));
  }
  return lists;
}

absl::StatusOr<std::vector<RevocationListPtr>> ParseDer(std::string_view der) {
  const auto* at = reinterpret_cast<const uint8_t*>(der.data());
  const uint8_t* const end = at + der.size();
  std::vector<RevocationListPtr> lists;
  while (at != end) {
    RevocationListPtr next(d2i_X509_CRL(nullptr, &at, static_cast<long>(end - at)));
    if (next == nullptr || lists.size() == kMostLists) {
      ERR_clear_error();
      return NoList("it is no list of revoked certificates (PEM or DER)");
    }
    lists.push_back(std::move(next));
  }
  return lists;
}

absl::StatusOr<std::vector<RevocationListPtr>> Parse(std::string_view bytes) {
  if (bytes.empty() || bytes.size() > kMostRevocationBytes) {
    return NoList(fmt::format("a list of revoked certificates of {} bytes; it may have 1 to {}",
                              bytes.size(), kMostRevocationBytes));
  }
  return bytes.find(kPemBegin) != std::string_view::npos ? ParsePem(bytes) : ParseDer(bytes);
}

// Whatever changes what a list means and is not understood here: parts of lists, lists on behalf
// of others.
bool HasUnknownDemands(X509_CRL* list) {
  for (int i = 0; i < X509_CRL_get_ext_count(list); ++i) {
    X509_EXTENSION* extension = X509_CRL_get_ext(list, i);
    const int kind = OBJ_obj2nid(X509_EXTENSION_get_object(extension));
    if (kind == NID_delta_crl || X509_EXTENSION_get_critical(extension) != 0) return true;
  }
  STACK_OF(X509_REVOKED)* entries = X509_CRL_get_REVOKED(list);
  for (int i = 0; i < sk_X509_REVOKED_num(entries); ++i) {
    const X509_REVOKED* entry = sk_X509_REVOKED_value(entries, i);
    for (int j = 0; j < X509_REVOKED_get_ext_count(entry); ++j) {
      if (X509_EXTENSION_get_critical(X509_REVOKED_get_ext(entry, j)) != 0) return true;
    }
  }
  return false;
}

bool IsWeaklySigned(const X509_CRL* list) {
  int hash = NID_undef;
  int key = NID_undef;
  if (OBJ_find_sigid_algs(X509_CRL_get_signature_nid(list), &hash, &key) != 1) return true;
  return hash == NID_md5 || hash == NID_sha1;
}

// Unset: it is out of range.
std::optional<uint64_t> NumberOf(X509_CRL* list, PacketTime made) {
  int found = 0;
  const IntegerPtr number(
      static_cast<ASN1_INTEGER*>(X509_CRL_get_ext_d2i(list, NID_crl_number, &found, nullptr)));
  if (number == nullptr) {
    if (found != -1) return std::nullopt;
    return static_cast<uint64_t>(std::max<int64_t>(UnixSeconds(made), 0));
  }
  uint64_t value = 0;
  if (ASN1_INTEGER_get_uint64(&value, number.get()) != 1 || value > kMostNumber) {
    ERR_clear_error();
    return std::nullopt;
  }
  return value;
}

bool IsOfSigner(const X509_CRL* list, const X509* signer) {
  return X509_NAME_cmp(X509_CRL_get_issuer(list), X509_get_subject_name(signer)) == 0;
}

bool IsSignedBy(X509_CRL* list, X509* signer) {
  const bool may_sign = (X509_get_key_usage(signer) & X509v3_KU_CRL_SIGN) != 0;
  EVP_PKEY* key = X509_get0_pubkey(signer);
  const bool is_signed = may_sign && key != nullptr && X509_CRL_verify(list, key) == 1;
  ERR_clear_error();
  return is_signed;
}

// Whoever has the key can sign what looks as old as he likes.
bool KeyIsLost(const X509_REVOKED* entry) {
  int found = 0;
  ASN1_ENUMERATED* reason = static_cast<ASN1_ENUMERATED*>(
      X509_REVOKED_get_ext_d2i(entry, NID_crl_reason, &found, nullptr));
  const long value = reason == nullptr ? -1 : ASN1_ENUMERATED_get(reason);
  ASN1_ENUMERATED_free(reason);
  return value == CRL_REASON_KEY_COMPROMISE || value == CRL_REASON_CA_COMPROMISE ||
         value == CRL_REASON_AA_COMPROMISE;
}

}  // namespace

absl::StatusOr<std::string> RevocationsPem(std::string_view der) {
  const absl::StatusOr<std::vector<RevocationListPtr>> lists = ParseDer(der);
  if (!lists.ok()) return lists.status();
  const BioPtr bio(BIO_new(BIO_s_mem()));
  for (const RevocationListPtr& each : *lists) {
    if (bio == nullptr || PEM_write_bio_X509_CRL(bio.get(), each.get()) != 1) {
      return absl::ResourceExhaustedError("no memory for a list of revoked certificates");
    }
  }
  return BioText(bio.get());
}

absl::StatusOr<Revocations::List> Revocations::Read(RevocationListPtr list, const X509& signer) {
  if (HasUnknownDemands(list.get())) {
    return NoList(
        "a list of revoked certificates of a kind that is not understood (delta, "
        "indirect or partial): have the authority make a plain one");
  }
  if (IsWeaklySigned(list.get())) {
    return NoList(
        "a list of revoked certificates that is signed with SHA-1, MD5 or no hash: have "
        "the authority sign with SHA-256");
  }
  List read;
  read.time = TimeOf(X509_CRL_get0_lastUpdate(list.get()), PacketTime::InfinitePast());
  const std::optional<uint64_t> number = NumberOf(list.get(), read.time);
  if (!number.has_value()) {
    return NoList("a list of revoked certificates with a number that is out of range");
  }
  read.number = *number;
  read.der = DerOf(list.get());
  read.signer.reset(X509_dup(&signer));
  read.list = std::move(list);
  return read;
}

absl::StatusOr<bool> Revocations::Take(std::string_view bytes,
                                       const std::vector<CertificatePtr>& authorities) {
  absl::StatusOr<std::vector<RevocationListPtr>> parsed = Parse(bytes);
  if (!parsed.ok()) return parsed.status();
  std::vector<List> taken;
  bool known_name = false;
  for (RevocationListPtr& list : *parsed) {
    for (const CertificatePtr& authority : authorities) {
      if (!IsOfSigner(list.get(), authority.get())) continue;
      known_name = true;
      if (!IsSignedBy(list.get(), authority.get())) continue;
      absl::StatusOr<List> read = Read(std::move(list), *authority);
      if (!read.ok()) return read.status();
      taken.push_back(*std::move(read));
      break;
    }
  }
  if (taken.empty()) {
    return NoList(known_name ? "a list of revoked certificates whose signature is not that of the "
                               "authority it names"
                             : "a list of revoked certificates of another authority");
  }
  bool any_newer = false;
  for (List& list : taken) any_newer = Put(std::move(list)) || any_newer;
  return any_newer;
}

bool Revocations::Put(List list) {
  for (List& known : lists_) {
    if (X509_NAME_cmp(X509_get_subject_name(known.signer.get()),
                      X509_get_subject_name(list.signer.get())) != 0 ||
        EVP_PKEY_eq(X509_get0_pubkey(known.signer.get()), X509_get0_pubkey(list.signer.get())) !=
            1) {
      continue;
    }
    if (list.number <= known.number) return false;
    known = std::move(list);
    return true;
  }
  lists_.push_back(std::move(list));
  return true;
}

const Revocations::List* Revocations::ListOf(const X509* issuer) const {
  // By name and key: an authority may have several certificates (cross-signed, renewed).
  for (const List& each : lists_) {
    if (X509_NAME_cmp(X509_get_subject_name(each.signer.get()), X509_get_subject_name(issuer)) ==
            0 &&
        EVP_PKEY_eq(X509_get0_pubkey(each.signer.get()), X509_get0_pubkey(issuer)) == 1) {
      return &each;
    }
  }
  return nullptr;
}

Revocations::Standing Revocations::Of(const X509* certificate, const X509* issuer,
                                      PacketTime at) const {
  const List* list = ListOf(issuer);
  if (list == nullptr) return Standing::kNoList;
  X509_REVOKED* entry = nullptr;
  // The serial number is only read; the call sorts the list once, under its own lock.
  const int found = X509_CRL_get0_by_serial(
      list->list.get(), &entry, const_cast<ASN1_INTEGER*>(X509_get0_serialNumber(certificate)));
  if (found != 1 || entry == nullptr) return Standing::kGood;
  const PacketTime since =
      TimeOf(X509_REVOKED_get0_revocationDate(entry), PacketTime::InfinitePast());
  return at >= since || KeyIsLost(entry) ? Standing::kRevoked : Standing::kGood;
}

PacketTime Revocations::TimeOfList(const X509* issuer) const {
  const List* list = ListOf(issuer);
  return list == nullptr ? PacketTime::InfinitePast() : list->time;
}

uint64_t Revocations::number() const {
  uint64_t sum = 0;
  for (const List& each : lists_) sum += each.number;
  return sum;
}

PacketTime Revocations::time() const {
  PacketTime newest = PacketTime::InfinitePast();
  for (const List& each : lists_) newest = std::max(newest, each.time);
  return newest;
}

std::string Revocations::Der() const {
  std::string all;
  for (const List& each : lists_) all += each.der;
  return all;
}

}  // namespace cairn::tracing
