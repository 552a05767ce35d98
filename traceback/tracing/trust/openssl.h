// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_TRACING_TRUST_OPENSSL_H_
#define CAIRN_TRACEBACK_TRACING_TRUST_OPENSSL_H_

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"

#include "base/time.h"

// Owners of what libcrypto gives, and the little that all who use it need.
namespace cairn::tracing {

template <auto kFree>
struct FreeBy {
  template <typename T>
  void operator()(T* what) const {
    kFree(what);
  }
};
using BioPtr = std::unique_ptr<BIO, FreeBy<BIO_free_all>>;
using BignumPtr = std::unique_ptr<BIGNUM, FreeBy<BN_free>>;
using CertificatePtr = std::unique_ptr<X509, FreeBy<X509_free>>;
using ExtensionPtr = std::unique_ptr<X509_EXTENSION, FreeBy<X509_EXTENSION_free>>;
using IntegerPtr = std::unique_ptr<ASN1_INTEGER, FreeBy<ASN1_INTEGER_free>>;
using KeyContextPtr = std::unique_ptr<EVP_PKEY_CTX, FreeBy<EVP_PKEY_CTX_free>>;
using KeyPtr = std::unique_ptr<EVP_PKEY, FreeBy<EVP_PKEY_free>>;
using DigestPtr = std::unique_ptr<EVP_MD_CTX, FreeBy<EVP_MD_CTX_free>>;
using NamePtr = std::unique_ptr<X509_NAME, FreeBy<X509_NAME_free>>;
using NamesPtr = std::unique_ptr<GENERAL_NAMES, FreeBy<GENERAL_NAMES_free>>;
using RequestPtr = std::unique_ptr<X509_REQ, FreeBy<X509_REQ_free>>;
using RevocationListPtr = std::unique_ptr<X509_CRL, FreeBy<X509_CRL_free>>;
using RevokedPtr = std::unique_ptr<X509_REVOKED, FreeBy<X509_REVOKED_free>>;
using StoreContextPtr = std::unique_ptr<X509_STORE_CTX, FreeBy<X509_STORE_CTX_free>>;
using StorePtr = std::unique_ptr<X509_STORE, FreeBy<X509_STORE_free>>;
using TimePtr = std::unique_ptr<ASN1_TIME, FreeBy<ASN1_TIME_free>>;

// To read from.  Requires: `bytes` outlives it.  Null: out of memory, or longer than 2 GiB.
BioPtr ReadingBio(std::string_view bytes);
std::string BioText(BIO* bio);

// Given to whatever reads PEM: nobody is asked for a passphrase on the terminal.
int NoPassphrase(char* buffer, int size, int writing, void* user);

// What libcrypto last complained of; empties its queue.  Empty: nothing.
std::string TakeOpenSslError();
// "cannot DO THIS: THAT ERROR".
absl::Status OpenSslFailure(std::string_view doing);

// Null: it is no time.  Times beyond what PacketTime holds are its infinities.
PacketTime TimeOf(const ASN1_TIME* time, PacketTime otherwise);
// Whole seconds, rounded down.
int64_t UnixSeconds(PacketTime time);

}  // namespace cairn::tracing

#endif  // CAIRN_TRACEBACK_TRACING_TRUST_OPENSSL_H_
