// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/tracing/link/signer_provider.h"

#include <openssl/core.h>
#include <openssl/core_dispatch.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/params.h>
#include <openssl/provider.h>
#include <openssl/rsa.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>

#include "traceback/tracing/trust/certificate.h"

// Source: OpenSSL 3.0, provider-keymgmt(7) and provider-signature(7).
namespace cairn::tracing {
namespace {

constexpr char kProviderName[] = "cairn-signer";
constexpr char kProperties[] = "provider=cairn-signer";
// What MakeSignerKey() hands over; no other key has them.
constexpr char kParamPublicKey[] = "cairn-public-key";
constexpr char kParamSigner[] = "cairn-signer";

struct Handle {
  Signer* signer = nullptr;
};

struct Key {
  KeyPtr public_key;  // of the default provider
  Signer* signer = nullptr;
};

// The three algorithms differ in their names only.
struct Ec {
  static constexpr char kName[] = "EC";
  static constexpr char kSignature[] = "ECDSA";
};
struct Rsa {
  static constexpr char kName[] = "RSA";
  static constexpr char kSignature[] = "RSA";
};
struct Ed25519 {
  static constexpr char kName[] = "ED25519";
  static constexpr char kSignature[] = "ED25519";
};

OSSL_LIB_CTX*& Library() {
  static OSSL_LIB_CTX* library = nullptr;
  return library;
}

// -- Keys

void* NewKey(void* /*provider*/) { return std::make_unique<Key>().release(); }

void FreeKey(void* key) { const std::unique_ptr<Key> owned(static_cast<Key*>(key)); }

int HasParts(const void* key_data, int selection) {
  const auto* key = static_cast<const Key*>(key_data);
  if (key == nullptr || key->public_key == nullptr) return 0;
  return (selection & OSSL_KEYMGMT_SELECT_PRIVATE_KEY) == 0 || key->signer != nullptr ? 1 : 0;
}

int Matches(const void* one_data, const void* other_data, int selection) {
  const auto* one = static_cast<const Key*>(one_data);
  const auto* other = static_cast<const Key*>(other_data);
  if ((selection & OSSL_KEYMGMT_SELECT_KEYPAIR) == 0) {
    return EVP_PKEY_parameters_eq(one->public_key.get(), other->public_key.get()) == 1 ? 1 : 0;
  }
  return EVP_PKEY_eq(one->public_key.get(), other->public_key.get()) == 1 ? 1 : 0;
}

// Ours, or the public part of a key of another provider, which is to be compared with ours.
template <typename Algorithm>
int Import(void* key_data, int /*selection*/, const OSSL_PARAM params[]) {
  auto* key = static_cast<Key*>(key_data);
  const OSSL_PARAM* signer = OSSL_PARAM_locate_const(params, kParamSigner);
  const OSSL_PARAM* public_key = OSSL_PARAM_locate_const(params, kParamPublicKey);
  if (signer != nullptr && public_key != nullptr) {
    Handle handle;
    if (signer->data_size != sizeof(handle)) return 0;
    std::memcpy(&handle, signer->data, sizeof(handle));
    key->signer = handle.signer;
    const auto* at = static_cast<const unsigned char*>(public_key->data);
    key->public_key.reset(
        d2i_PUBKEY_ex(nullptr, &at, static_cast<long>(public_key->data_size), Library(), nullptr));
    return key->public_key != nullptr ? 1 : 0;
  }
  const KeyContextPtr context(
      EVP_PKEY_CTX_new_from_name(Library(), Algorithm::kName, "provider=default"));
  if (context == nullptr || EVP_PKEY_fromdata_init(context.get()) != 1) return 0;
  EVP_PKEY* made = nullptr;
  const int done = EVP_PKEY_fromdata(context.get(), &made, EVP_PKEY_PUBLIC_KEY,
                                     // The function does not write to them.
                                     const_cast<OSSL_PARAM*>(params));
  key->public_key.reset(made);
  return done == 1 ? 1 : 0;
}

const OSSL_PARAM* ImportTypes(int /*selection*/) {
  static const std::array<OSSL_PARAM, 3> types = {
      {OSSL_PARAM_octet_string(kParamPublicKey, nullptr, 0),
       OSSL_PARAM_octet_string(kParamSigner, nullptr, 0), OSSL_PARAM_END}};
  return types.data();
}

// The private part stays: whoever wants it, as a provider that would sign by itself, gets nothing.
int Export(void* key_data, int selection, OSSL_CALLBACK* take, void* taker) {
  const auto* key = static_cast<const Key*>(key_data);
  if ((selection & OSSL_KEYMGMT_SELECT_PRIVATE_KEY) != 0) return 0;
  OSSL_PARAM* params = nullptr;
  if (EVP_PKEY_todata(key->public_key.get(), EVP_PKEY_PUBLIC_KEY, &params) != 1) return 0;
  const int taken = take(params, taker);
  OSSL_PARAM_free(params);
  return taken;
}

const OSSL_PARAM* ExportTypes(int selection) { return ImportTypes(selection); }

int GetParams(void* key_data, OSSL_PARAM params[]) {
  const auto* key = static_cast<const Key*>(key_data);
  return EVP_PKEY_get_params(key->public_key.get(), params);
}

template <typename Algorithm>
const OSSL_PARAM* GettableParams(void* /*provider*/) {
  static const std::array<OSSL_PARAM, 7> types = {
      {OSSL_PARAM_int(OSSL_PKEY_PARAM_BITS, nullptr),
       OSSL_PARAM_int(OSSL_PKEY_PARAM_SECURITY_BITS, nullptr),
       OSSL_PARAM_int(OSSL_PKEY_PARAM_MAX_SIZE, nullptr),
       OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_DEFAULT_DIGEST, nullptr, 0),
       OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_MANDATORY_DIGEST, nullptr, 0),
       OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, nullptr, 0), OSSL_PARAM_END}};
  return types.data();
}

template <typename Algorithm>
const char* OperationName(int operation) {
  return operation == OSSL_OP_SIGNATURE ? Algorithm::kSignature : nullptr;
}

// -- Signatures

struct Signing {
  const Key* key = nullptr;
  std::string digest = {};
  bool pss = false;
};

void* NewSigning(void* /*provider*/, const char* /*properties*/) {
  return std::make_unique<Signing>().release();
}

void FreeSigning(void* signing) {
  const std::unique_ptr<Signing> owned(static_cast<Signing*>(signing));
}

void* CopySigning(void* signing) {
  return std::make_unique<Signing>(*static_cast<const Signing*>(signing)).release();
}

// "pss" by name or number.
bool IsPss(const OSSL_PARAM& mode) {
  if (mode.data_type == OSSL_PARAM_UTF8_STRING) {
    return std::string_view(static_cast<const char*>(mode.data)) == OSSL_PKEY_RSA_PAD_MODE_PSS;
  }
  int number = 0;
  return OSSL_PARAM_get_int(&mode, &number) == 1 && number == RSA_PKCS1_PSS_PADDING;
}

// TLS sets the padding, and a salt as long as the digest; it is no other one that is signed with.
int SetSigningParams(void* signing_data, const OSSL_PARAM params[]) {
  auto* signing = static_cast<Signing*>(signing_data);
  if (params == nullptr) return 1;
  const OSSL_PARAM* mode = OSSL_PARAM_locate_const(params, OSSL_SIGNATURE_PARAM_PAD_MODE);
  if (mode != nullptr) {
    signing->pss = IsPss(*mode);
    if (!signing->pss) return 0;
  }
  return 1;
}

const OSSL_PARAM* SettableSigningParams(void* /*signing*/, void* /*provider*/) {
  static const std::array<OSSL_PARAM, 3> types = {
      {OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_PAD_MODE, nullptr, 0),
       OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_PSS_SALTLEN, nullptr, 0), OSSL_PARAM_END}};
  return types.data();
}

int BeginSigning(void* signing_data, const char* digest, void* key, const OSSL_PARAM params[]) {
  auto* signing = static_cast<Signing*>(signing_data);
  signing->key = static_cast<const Key*>(key);
  signing->digest = digest == nullptr ? "" : digest;
  return SetSigningParams(signing, params);
}

bool FitsScheme(const Signing& signing, uint16_t scheme) {
  if (scheme == kSchemeEd25519) return signing.digest.empty();
  if (scheme == kSchemeRsaPssSha256 && !signing.pss) return false;
  return EVP_MD_is_a(EVP_sha256(), signing.digest.c_str()) == 1;
}

int Sign(void* signing_data, unsigned char* signature, size_t* size, size_t room,
         const unsigned char* text, size_t text_size) {
  const auto* signing = static_cast<const Signing*>(signing_data);
  if (signing->key == nullptr || signing->key->signer == nullptr) return 0;
  EVP_PKEY* public_key = signing->key->public_key.get();
  const int most = EVP_PKEY_get_size(public_key);
  if (most <= 0) return 0;
  if (signature == nullptr) {
    *size = static_cast<size_t>(most);
    return 1;
  }
  const absl::StatusOr<uint16_t> scheme = KeyScheme(public_key);
  if (!scheme.ok() || !FitsScheme(*signing, *scheme)) return 0;
  const absl::StatusOr<std::string> made = signing->key->signer->Sign(
      *scheme, std::string_view(reinterpret_cast<const char*>(text), text_size));
  if (!made.ok() || made->size() > room) return 0;
  std::copy(made->begin(), made->end(), signature);
  *size = made->size();
  return 1;
}

// -- The provider

template <typename Function>
constexpr OSSL_DISPATCH Entry(int id, Function* function) {
  return {id, reinterpret_cast<void (*)()>(function)};
}

template <typename Algorithm>
const OSSL_DISPATCH* KeyFunctions() {
  static const std::array table = {
      Entry(OSSL_FUNC_KEYMGMT_NEW, &NewKey),
      Entry(OSSL_FUNC_KEYMGMT_FREE, &FreeKey),
      Entry(OSSL_FUNC_KEYMGMT_HAS, &HasParts),
      Entry(OSSL_FUNC_KEYMGMT_MATCH, &Matches),
      Entry(OSSL_FUNC_KEYMGMT_IMPORT, &Import<Algorithm>),
      Entry(OSSL_FUNC_KEYMGMT_IMPORT_TYPES, &ImportTypes),
      Entry(OSSL_FUNC_KEYMGMT_EXPORT, &Export),
      Entry(OSSL_FUNC_KEYMGMT_EXPORT_TYPES, &ExportTypes),
      Entry(OSSL_FUNC_KEYMGMT_GET_PARAMS, &GetParams),
      Entry(OSSL_FUNC_KEYMGMT_GETTABLE_PARAMS, &GettableParams<Algorithm>),
      Entry(OSSL_FUNC_KEYMGMT_QUERY_OPERATION_NAME, &OperationName<Algorithm>),
      OSSL_DISPATCH{0, nullptr}};
  return table.data();
}

const OSSL_DISPATCH* SigningFunctions() {
  static const std::array table = {
      Entry(OSSL_FUNC_SIGNATURE_NEWCTX, &NewSigning),
      Entry(OSSL_FUNC_SIGNATURE_FREECTX, &FreeSigning),
      Entry(OSSL_FUNC_SIGNATURE_DUPCTX, &CopySigning),
      Entry(OSSL_FUNC_SIGNATURE_DIGEST_SIGN_INIT, &BeginSigning),
      Entry(OSSL_FUNC_SIGNATURE_DIGEST_SIGN, &Sign),
      Entry(OSSL_FUNC_SIGNATURE_SET_CTX_PARAMS, &SetSigningParams),
      Entry(OSSL_FUNC_SIGNATURE_SETTABLE_CTX_PARAMS, &SettableSigningParams),
      OSSL_DISPATCH{0, nullptr}};
  return table.data();
}

// The names are those of the default provider: OpenSSL compares keys of the same names only.
const OSSL_ALGORITHM* Algorithms(void* /*provider*/, int operation, int* no_cache) {
  static const std::array keys = {
      OSSL_ALGORITHM{"EC:id-ecPublicKey:1.2.840.10045.2.1", kProperties, KeyFunctions<Ec>(), ""},
      OSSL_ALGORITHM{"RSA:rsaEncryption:1.2.840.113549.1.1.1", kProperties, KeyFunctions<Rsa>(),
                     ""},
      OSSL_ALGORITHM{"ED25519:1.3.101.112", kProperties, KeyFunctions<Ed25519>(), ""},
      OSSL_ALGORITHM{nullptr, nullptr, nullptr, nullptr}};
  static const std::array signatures = {
      OSSL_ALGORITHM{"ECDSA", kProperties, SigningFunctions(), ""},
      OSSL_ALGORITHM{"RSA:rsaEncryption:1.2.840.113549.1.1.1", kProperties, SigningFunctions(), ""},
      OSSL_ALGORITHM{"ED25519:1.3.101.112", kProperties, SigningFunctions(), ""},
      OSSL_ALGORITHM{nullptr, nullptr, nullptr, nullptr}};
  *no_cache = 0;
  if (operation == OSSL_OP_KEYMGMT) return keys.data();
  if (operation == OSSL_OP_SIGNATURE) return signatures.data();
  return nullptr;
}

int StartProvider(const OSSL_CORE_HANDLE* handle, const OSSL_DISPATCH* /*core*/,
                  const OSSL_DISPATCH** functions, void** provider) {
  static const std::array table = {Entry(OSSL_FUNC_PROVIDER_QUERY_OPERATION, &Algorithms),
                                   OSSL_DISPATCH{0, nullptr}};
  *functions = table.data();
  // It has no state of its own, but a null pointer would mean that it could not start.
  *provider = const_cast<OSSL_CORE_HANDLE*>(handle);
  return 1;
}

OSSL_LIB_CTX* MakeLibrary() {
  OSSL_LIB_CTX* library = OSSL_LIB_CTX_new();
  if (library == nullptr) return nullptr;
  // What asks for no provider must not get keys without a Signer.
  if (OSSL_PROVIDER_add_builtin(library, kProviderName, &StartProvider) != 1 ||
      OSSL_PROVIDER_load(library, "default") == nullptr ||
      OSSL_PROVIDER_load(library, kProviderName) == nullptr ||
      EVP_set_default_properties(library, "?provider=default") != 1) {
    OSSL_LIB_CTX_free(library);
    return nullptr;
  }
  return library;
}

}  // namespace

absl::StatusOr<OSSL_LIB_CTX*> SignerLibrary() {
  OSSL_LIB_CTX*& library = Library();
  if (library == nullptr) library = MakeLibrary();
  if (library != nullptr) return library;
  return absl::InternalError("OpenSSL cannot be set up for TLS: " + TakeOpenSslError());
}

absl::StatusOr<KeyPtr> MakeSignerKey(OSSL_LIB_CTX* library, EVP_PKEY* public_key, Signer& signer) {
  const absl::StatusOr<uint16_t> scheme = KeyScheme(public_key);
  if (!scheme.ok()) return scheme.status();
  const char* name = *scheme == kSchemeEd25519           ? Ed25519::kName
                     : *scheme == kSchemeEcdsaP256Sha256 ? Ec::kName
                                                         : Rsa::kName;
  unsigned char* der = nullptr;
  const int size = i2d_PUBKEY(public_key, &der);
  if (size <= 0) return absl::InvalidArgumentError("a key that cannot be read");
  std::string bytes(reinterpret_cast<const char*>(der), static_cast<size_t>(size));
  OPENSSL_free(der);
  Handle handle = {.signer = &signer};
  std::array<OSSL_PARAM, 3> params = {
      OSSL_PARAM_construct_octet_string(kParamPublicKey, bytes.data(), bytes.size()),
      OSSL_PARAM_construct_octet_string(kParamSigner, &handle, sizeof(handle)),
      OSSL_PARAM_construct_end()};
  const KeyContextPtr context(EVP_PKEY_CTX_new_from_name(library, name, kProperties));
  EVP_PKEY* made = nullptr;
  if (context == nullptr || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &made, EVP_PKEY_KEYPAIR, params.data()) != 1) {
    return absl::InternalError("OpenSSL takes no key of a signer: " + TakeOpenSslError());
  }
  return KeyPtr(made);
}

}  // namespace cairn::tracing
