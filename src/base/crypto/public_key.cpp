#include "base/crypto/public_key.hpp"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>

#include <algorithm>
#include <array>

#include "base/free_with.hpp"

namespace tidegate::base {

namespace {

using KeyHandle = std::unique_ptr<EVP_PKEY, FreeWith<EVP_PKEY_free>>;
using KeyContext = std::unique_ptr<EVP_PKEY_CTX, FreeWith<EVP_PKEY_CTX_free>>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, FreeWith<EVP_MD_CTX_free>>;
using Number = std::unique_ptr<BIGNUM, FreeWith<BN_free>>;
using Builder = std::unique_ptr<OSSL_PARAM_BLD, FreeWith<OSSL_PARAM_BLD_free>>;
using Parameters = std::unique_ptr<OSSL_PARAM, FreeWith<OSSL_PARAM_free>>;
using EcSignature = std::unique_ptr<ECDSA_SIG, FreeWith<ECDSA_SIG_free>>;

// Ed25519 is a curve, but its keys and signatures have a form of their own.
enum class Family : std::uint8_t { rsa, p256, p384, p521, ed25519 };

struct AlgorithmRow {
    std::string_view name;
    SignatureAlgorithm algorithm;
    Family family;
    EVP_MD const* (*digest)();  // null: the signature has its own
    bool pss;
};

using enum SignatureAlgorithm;
constexpr AlgorithmRow kAlgorithms[] = {
    {"RS256", rs256, Family::rsa, &EVP_sha256, false},
    {"RS384", rs384, Family::rsa, &EVP_sha384, false},
    {"RS512", rs512, Family::rsa, &EVP_sha512, false},
    {"PS256", ps256, Family::rsa, &EVP_sha256, true},
    {"PS384", ps384, Family::rsa, &EVP_sha384, true},
    {"PS512", ps512, Family::rsa, &EVP_sha512, true},
    {"ES256", es256, Family::p256, &EVP_sha256, false},
    {"ES384", es384, Family::p384, &EVP_sha384, false},
    {"ES512", es512, Family::p521, &EVP_sha512, false},
    {"EdDSA", eddsa, Family::ed25519, nullptr, false},
};

AlgorithmRow const& row_of(SignatureAlgorithm algorithm) {
    return *std::ranges::find(kAlgorithms, algorithm, &AlgorithmRow::algorithm);
}

struct CurveRow {
    Family family;
    char const* group;
    std::size_t bytes;  // of a coordinate, and of half a signature
};
constexpr CurveRow kCurves[] = {
    {Family::p256, "P-256", 32}, {Family::p384, "P-384", 48}, {Family::p521, "P-521", 66}};

CurveRow const* curve_of(Family family) {
    auto const* const found = std::ranges::find(kCurves, family, &CurveRow::family);
    return found == std::end(kCurves) ? nullptr : found;
}

// Failures stay in OpenSSL's queue of the thread, where the next one who looks would find them.
struct QuietErrors {
    ~QuietErrors() { ERR_clear_error(); }
};

KeyHandle key_from(char const* type, OSSL_PARAM_BLD* builder) {
    Parameters const parameters(OSSL_PARAM_BLD_to_param(builder));
    KeyContext const context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
    EVP_PKEY* made = nullptr;
    bool const ok =
        parameters && context && EVP_PKEY_fromdata_init(context.get()) == 1 &&
        EVP_PKEY_fromdata(context.get(), &made, EVP_PKEY_PUBLIC_KEY, parameters.get()) == 1;
    KeyHandle key(made);
    if (!ok) return nullptr;
    // The point is on its curve, and is not the one at infinity.
    KeyContext const checks(EVP_PKEY_CTX_new_from_pkey(nullptr, key.get(), nullptr));
    if (!checks || EVP_PKEY_public_check(checks.get()) != 1) return nullptr;
    return key;
}

Number number_of(ByteView bytes) {
    return Number(BN_bin2bn(bytes.data(), static_cast<int>(bytes.size()), nullptr));
}

// r and s one after the other, as RFC 7518 §3.4 has them; OpenSSL wants them as DER.
std::optional<Bytes> to_der(CurveRow const& curve, ByteView signature) {
    if (signature.size() != 2 * curve.bytes) return std::nullopt;
    auto r = number_of(signature.first(curve.bytes));
    auto s = number_of(signature.last(curve.bytes));
    EcSignature const both(ECDSA_SIG_new());
    if (!r || !s || !both) return std::nullopt;
    ECDSA_SIG_set0(both.get(), r.release(), s.release());
    unsigned char* out = nullptr;
    auto const size = i2d_ECDSA_SIG(both.get(), &out);
    if (size <= 0) return std::nullopt;
    Bytes der(out, out + size);
    OPENSSL_free(out);
    return der;
}

}  // namespace

struct PublicKey::Key {
    KeyHandle handle;
    Family family;
};

std::optional<SignatureAlgorithm> parse_signature_algorithm(std::string_view name) {
    auto const* const found = std::ranges::find(kAlgorithms, name, &AlgorithmRow::name);
    if (found == std::end(kAlgorithms)) return std::nullopt;
    return found->algorithm;
}

std::expected<PublicKey, std::string> PublicKey::rsa(ByteView modulus, ByteView exponent) {
    constexpr std::size_t kMaxExponentBytes = 8;  // usually 65537
    QuietErrors const quiet;
    if (modulus.size() > kMaxRsaBits / 8 + 1 || exponent.size() > kMaxExponentBytes) {
        return std::unexpected("the RSA key is too large");
    }
    auto const n = number_of(modulus);
    auto const e = number_of(exponent);
    if (!n || !e || static_cast<std::size_t>(BN_num_bits(n.get())) < kMinRsaBits) {
        return std::unexpected("the RSA key has less than " + std::to_string(kMinRsaBits) +
                               " bits");
    }
    if (BN_is_odd(e.get()) != 1 || BN_is_one(e.get()) == 1 || BN_is_odd(n.get()) != 1) {
        return std::unexpected("the numbers are no RSA key");
    }
    Builder const builder(OSSL_PARAM_BLD_new());
    bool const put = builder &&
                     OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get()) == 1 &&
                     OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get()) == 1;
    auto key = put ? key_from("RSA", builder.get()) : nullptr;
    if (!key) return std::unexpected("the numbers are no RSA key");
    return PublicKey(std::make_shared<Key const>(std::move(key), Family::rsa));
}

std::expected<PublicKey, std::string> PublicKey::ec(Curve curve, ByteView x, ByteView y) {
    QuietErrors const quiet;
    auto const& row = kCurves[static_cast<std::size_t>(curve)];
    if (x.size() != row.bytes || y.size() != row.bytes) {
        return std::unexpected("the coordinates have another length than those of the curve");
    }
    Bytes point{4};  // uncompressed (SEC 1 §2.3.3)
    point.insert(point.end(), x.begin(), x.end());
    point.insert(point.end(), y.begin(), y.end());
    Builder const builder(OSSL_PARAM_BLD_new());
    bool const put = builder &&
                     OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME,
                                                     row.group, 0) == 1 &&
                     OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY,
                                                      point.data(), point.size()) == 1;
    auto key = put ? key_from("EC", builder.get()) : nullptr;
    if (!key) return std::unexpected("the point is not on the curve");
    return PublicKey(std::make_shared<Key const>(std::move(key), row.family));
}

std::expected<PublicKey, std::string> PublicKey::ed25519(ByteView point) {
    QuietErrors const quiet;
    KeyHandle key(
        EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, point.data(), point.size()));
    if (!key) return std::unexpected("the point is no Ed25519 key");
    return PublicKey(std::make_shared<Key const>(std::move(key), Family::ed25519));
}

bool PublicKey::fits(SignatureAlgorithm algorithm) const {
    return row_of(algorithm).family == key_->family;
}

bool PublicKey::verify(SignatureAlgorithm algorithm, ByteView message, ByteView signature) const {
    QuietErrors const quiet;
    if (!fits(algorithm)) return false;
    auto const& row = row_of(algorithm);
    Bytes der;
    if (auto const* const curve = curve_of(row.family)) {
        auto made = to_der(*curve, signature);
        if (!made) return false;
        der = *std::move(made);
        signature = der;
    }
    DigestContext const context(EVP_MD_CTX_new());
    EVP_PKEY_CTX* options = nullptr;  // the context's
    auto const* const digest = row.digest != nullptr ? row.digest() : nullptr;
    if (!context ||
        EVP_DigestVerifyInit(context.get(), &options, digest, nullptr, key_->handle.get()) != 1) {
        return false;
    }
    if (row.pss && (EVP_PKEY_CTX_set_rsa_padding(options, RSA_PKCS1_PSS_PADDING) != 1 ||
                    EVP_PKEY_CTX_set_rsa_pss_saltlen(options, RSA_PSS_SALTLEN_DIGEST) != 1)) {
        return false;
    }
    return EVP_DigestVerify(context.get(), signature.data(), signature.size(), message.data(),
                            message.size()) == 1;
}

}  // namespace tidegate::base
