// A token of a stranger, and a set of keys of a broken identity server. The input is both, with a
// line feed between them. Whatever the token says, only one that its key has signed is accepted:
// here none is but the one of the corpus.
#include <chrono>
#include <string_view>

#include "base/bytes.hpp"
#include "checks.hpp"
#include "router/auth/jwt.hpp"

namespace {

// The key of the only token that may be accepted, and its text (made for this test; the secret key
// is nowhere).
constexpr std::string_view kKeys =
    R"({"keys":[{"kid":"ed","use":"sig","kty":"OKP","crv":"Ed25519","x":"olXg2fSQaI2gyuNDc_MKc-blJEUoeLf41fD3ww68pMQ"}]})";
constexpr std::string_view kToken =
    "eyJhbGciOiJFZERTQSIsImtpZCI6ImVkIiwidHlwIjoiSldUIn0.eyJzdWIiOiJhbm4iLCJtZWRpYW10eF9w"
    "ZXJtaXNzaW9ucyI6W3siYWN0aW9uIjoicHVibGlzaCIsInBhdGgiOiJ-XmxpdmUvIn0seyJhY3Rpb24iOiJy"
    "ZWFkIn1dfQ.vn1dzlyhWkM1fF7nguhWIDR82S8DAZpSWDtZmEaUS9r3Vapo1l2QCK0joB_bsToEJK9ixN5aw"
    "LrBXHZx1u3FCQ";

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    using namespace tidegate;
    static auto const own = router::JwtKeys::parse(kKeys);
    fuzz::require(own.has_value());
    auto const text = base::as_text({data, size});
    auto const token = text.substr(0, text.find('\n'));
    router::JwtRules const rules{"mediamtx_permissions", {}, {}};
    auto const now = std::chrono::system_clock::time_point(std::chrono::seconds{1'700'000'000});
    auto const claims = router::read_jwt(token, *own, rules, now);
    // But for the last character, some bits of which mean nothing.
    constexpr auto kLast = kToken.size() - 1;
    fuzz::require(!claims || (token.size() == kToken.size() &&
                              token.substr(0, kLast) == kToken.substr(0, kLast)));
    if (token.size() == text.size()) return 0;
    auto const keys = router::JwtKeys::parse(text.substr(token.size() + 1));
    if (!keys) return 0;
    fuzz::require(keys->size() > 0 && keys->size() <= router::kMaxJwksKeys);
    static_cast<void>(router::read_jwt(token, *keys, rules, now));
    static_cast<void>(router::read_jwt(kToken, *keys, rules, now));
    return 0;
}
