// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/tracing/trust/certificate.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <algorithm>
#include <array>
#include <optional>

#include "fmt/format.h"

namespace cairn::tracing {
namespace {

constexpr size_t kMostCertificatesInFile = 64;
constexpr int kLeastRsaBits = 2048;
// The signature of a longer one does not fit into a frame.
constexpr int kMostRsaBits = 4096;

const uint8_t* Bytes(std::string_view text) {
  return reinterpret_cast<const uint8_t*>(text.data());
}

std::string_view Text(const ASN1_STRING* string) {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(string)),
          static_cast<size_t>(ASN1_STRING_length(string))};
}

std::string LowerCase(std::string_view text) {
  std::string lower(text);
  for (char& each : lower) {
    if (each >= 'A' && each <= 'Z') each = static_cast<char>(each - 'A' + 'a');
  }
  return lower;
}

std::optional<IpAddress> AddressOf(const ASN1_OCTET_STRING* bytes) {
  const int size = ASN1_STRING_length(bytes);
  if (size == 4) return IpAddress::FromV4Bytes(ASN1_STRING_get0_data(bytes));
  if (size == 16) return IpAddress::FromV6Bytes(ASN1_STRING_get0_data(bytes));
  return std::nullopt;
}

std::string CommonName(const X509* certificate) {
  const X509_NAME* subject = X509_get_subject_name(certificate);
  const int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
  if (at < 0) return {};
  return std::string(Text(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at))));
}

absl::Status Refuse(Distrust& why, Distrust reason, std::string_view text) {
  why = reason;
  return absl::PermissionDeniedError(std::string(text));
}

// Its names.
absl::Status ReadNames(X509* certificate, Identity& identity, Distrust& why) {
  const NamesPtr names(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  for (int i = 0; i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type == GEN_DNS && identity.name.empty()) {
      identity.name = LowerCase(Text(name->d.dNSName));
    }
    if (name->type != GEN_IPADD) continue;
    const std::optional<IpAddress> address = AddressOf(name->d.iPAddress);
    if (!address.has_value()) {
      return Refuse(why, Distrust::kWrongName, "the certificate has an address of no known length");
    }
    // Of these, every host has some: nobody can speak of them to others.
    if (IsHostsOwn(*address)) continue;
    if (identity.addresses.size() == kMostAddresses) {
      return Refuse(why, Distrust::kWrongName,
                    fmt::format("the certificate has more than {} addresses", kMostAddresses));
    }
    identity.addresses.push_back(*address);
  }
  if (identity.name.empty()) identity.name = LowerCase(CommonName(certificate));
  if (!IsHostName(identity.name)) {
    return Refuse(why, Distrust::kWrongName,
                  "the certificate names no host: its first DNS name, or else its common name, has "
                  "to be letters, digits, '-', '_' and '.'");
  }
  identity.id = AgentIdOf(identity.name);
  return absl::OkStatus();
}

// What it may be used for.
absl::Status ReadUse(X509* certificate, Identity& identity, Distrust& why) {
  if ((X509_get_extension_flags(certificate) & EXFLAG_CA) != 0) {
    return Refuse(why, Distrust::kWrongUse, "it is the certificate of an authority, of no host");
  }
  if ((X509_get_key_usage(certificate) & X509v3_KU_DIGITAL_SIGNATURE) == 0) {
    return Refuse(why, Distrust::kWrongUse, "the certificate's key may not sign (key usage)");
  }
  // All bits are set if the certificate does not restrict its uses.
  const uint32_t uses = X509_get_extended_key_usage(certificate);
  if ((uses & (XKU_SSL_CLIENT | XKU_ANYEKU)) == 0) {
    return Refuse(why, Distrust::kWrongUse,
                  "the certificate is not for clients of TLS (extended key usage clientAuth)");
  }
  identity.role = (uses & (XKU_SSL_SERVER | XKU_ANYEKU)) != 0 ? Role::kAgent : Role::kAsker;
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<CertificatePtr> ParseCertificate(std::string_view der) {
  if (der.empty() || der.size() > kMostCertificateBytes) {
    return absl::InvalidArgumentError(fmt::format("a certificate of {} bytes; it may have 1 to {}",
                                                  der.size(), kMostCertificateBytes));
  }
  const uint8_t* at = Bytes(der);
  CertificatePtr certificate(d2i_X509(nullptr, &at, static_cast<long>(der.size())));
  if (certificate == nullptr || at != Bytes(der) + der.size()) {
    ERR_clear_error();
    return absl::InvalidArgumentError("bytes that are no certificate");
  }
  return certificate;
}

absl::StatusOr<std::vector<CertificatePtr>> ParseCertificatesPem(std::string_view pem) {
  const BioPtr bio = ReadingBio(pem);
  std::vector<CertificatePtr> certificates;
  while (bio != nullptr) {
    CertificatePtr next(PEM_read_bio_X509(bio.get(), nullptr, NoPassphrase, nullptr));
    if (next == nullptr) break;
    if (certificates.size() == kMostCertificatesInFile) {
      ERR_clear_error();
      return absl::InvalidArgumentError(
          fmt::format("there are more than {} certificates in it", kMostCertificatesInFile));
    }
    certificates.push_back(std::move(next));
  }
  const bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  ERR_clear_error();
  if (!at_end) {
    return absl::InvalidArgumentError(
        fmt::format("certificate {} in it cannot be read", certificates.size() + 1));
  }
  if (certificates.empty()) {
    return absl::InvalidArgumentError("there is no certificate in it (PEM)");
  }
  return certificates;
}

std::string CertificateDer(const X509* certificate) {
  uint8_t* bytes = nullptr;
  const int size = i2d_X509(certificate, &bytes);
  std::string der(reinterpret_cast<const char*>(bytes), size > 0 ? static_cast<size_t>(size) : 0);
  OPENSSL_free(bytes);
  return der;
}

std::string CertificatePem(const X509* certificate) {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  if (bio == nullptr || PEM_write_bio_X509(bio.get(), certificate) != 1) return {};
  return BioText(bio.get());
}

std::string SubjectText(const X509* certificate) {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  // ESC_CTRL and ESC_MSB are among them: nothing in a name can move a terminal's cursor.
  if (bio == nullptr ||
      X509_NAME_print_ex(bio.get(), X509_get_subject_name(certificate), 0, XN_FLAG_ONELINE) < 0) {
    return {};
  }
  return BioText(bio.get());
}

std::string SerialText(const ASN1_INTEGER* serial) {
  const BignumPtr number(ASN1_INTEGER_to_BN(serial, nullptr));
  char* text = number == nullptr ? nullptr : BN_bn2hex(number.get());
  std::string hexadecimal = text == nullptr ? "" : text;
  OPENSSL_free(text);
  return hexadecimal;
}

bool IsHostName(std::string_view name) {
  return !name.empty() && name.size() <= kMostNameBytes && name.front() != '-' &&
         name.front() != '.' && std::ranges::all_of(name, [](char each) {
           return (each >= 'a' && each <= 'z') || (each >= '0' && each <= '9') || each == '-' ||
                  each == '_' || each == '.';
         });
}

absl::StatusOr<uint16_t> KeyScheme(EVP_PKEY* key) {
  if (key != nullptr && EVP_PKEY_is_a(key, "ED25519") == 1) return kSchemeEd25519;
  if (key != nullptr && EVP_PKEY_is_a(key, "RSA") == 1) {
    const int bits = EVP_PKEY_get_bits(key);
    if (bits >= kLeastRsaBits && bits <= kMostRsaBits) return kSchemeRsaPssSha256;
  }
  if (key != nullptr && EVP_PKEY_is_a(key, "EC") == 1) {
    std::array<char, 64> group{};
    size_t size = 0;
    // A curve without a name, by its numbers, is none that TLS would take.
    if (EVP_PKEY_get_group_name(key, group.data(), group.size(), &size) == 1 &&
        std::string_view(group.data(), size) == "prime256v1") {
      return kSchemeEcdsaP256Sha256;
    }
  }
  ERR_clear_error();
  return absl::InvalidArgumentError(
      fmt::format("a key that is not used here: take P-256, Ed25519, or RSA of {} to {} bits",
                  kLeastRsaBits, kMostRsaBits));
}

absl::Status CheckKeySignature(EVP_PKEY* key, std::string_view text, std::string_view signature) {
  const absl::StatusOr<uint16_t> scheme = KeyScheme(key);
  if (!scheme.ok()) return absl::PermissionDeniedError(std::string(scheme.status().message()));
  const DigestPtr digest(EVP_MD_CTX_new());
  EVP_PKEY_CTX* context = nullptr;
  const EVP_MD* hash = *scheme == kSchemeEd25519 ? nullptr : EVP_sha256();
  bool ready =
      digest != nullptr && EVP_DigestVerifyInit(digest.get(), &context, hash, nullptr, key) == 1;
  if (ready && *scheme == kSchemeRsaPssSha256) {
    ready = EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) == 1 &&
            EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_DIGEST) == 1;
  }
  const bool right = ready && EVP_DigestVerify(digest.get(), Bytes(signature), signature.size(),
                                               Bytes(text), text.size()) == 1;
  ERR_clear_error();
  if (right) return absl::OkStatus();
  return absl::PermissionDeniedError("the signature is not that of the certificate's key");
}

absl::StatusOr<Identity> IdentityOf(X509* certificate, Distrust& why) {
  Identity identity;
  if (absl::Status use = ReadUse(certificate, identity, why); !use.ok()) return use;
  if (absl::Status names = ReadNames(certificate, identity, why); !names.ok()) return names;
  if (const absl::StatusOr<uint16_t> scheme = KeyScheme(X509_get0_pubkey(certificate));
      !scheme.ok()) {
    return Refuse(why, Distrust::kWrongUse, std::string(scheme.status().message()));
  }
  identity.not_before = TimeOf(X509_get0_notBefore(certificate), PacketTime::InfiniteFuture());
  identity.not_after = TimeOf(X509_get0_notAfter(certificate), PacketTime::InfinitePast());
  identity.serial = SerialText(X509_get0_serialNumber(certificate));
  return identity;
}

}  // namespace cairn::tracing
