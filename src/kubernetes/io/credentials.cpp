#include "kubernetes/io/credentials.hpp"

#include <cstddef>
#include <utility>

#include "base/read_file.hpp"

namespace tidegate::kubernetes {

namespace {

// A bundle of authorities has some hundred kilobytes.
constexpr std::size_t kMaxCertificates = std::size_t{1} << 20;
// A token that names many groups has some kilobytes; a header may have 32 KiB.
constexpr std::size_t kMaxToken = 16 * 1024;

std::expected<std::string, std::string> read_material(Material const& material, std::size_t most) {
    if (material.file.empty()) return material.text;
    return base::read_file(material.file, most);
}

// What may stand in a header; the file's line feed may not.
std::expected<std::string, std::string> read_token(Material const& material) {
    auto token = read_material(material, kMaxToken);
    if (!token) return token;
    while (token->ends_with('\n') || token->ends_with('\r')) token->pop_back();
    for (char const c : *token) {
        if (c <= ' ' || c > '~') return std::unexpected("the token has a character that none has");
    }
    if (material.exists() && token->empty()) return std::unexpected("the token is empty");
    return token;
}

}  // namespace

std::expected<Credentials, std::string> Credentials::read(ClusterAccess access, Time now) {
    Credentials credentials(std::move(access));
    auto texts = credentials.read_texts();
    if (!texts) return std::unexpected(texts.error());
    if (auto used = credentials.use(*std::move(texts), now); !used) {
        return std::unexpected(used.error());
    }
    return credentials;
}

std::expected<Credentials::Texts, std::string> Credentials::read_texts() const {
    Texts texts;
    struct Part {
        Material const& material;
        std::string& text;
    };
    for (auto const& part :
         {Part{access_.authority, texts.authority}, Part{access_.certificate, texts.certificate},
          Part{access_.key, texts.key}}) {
        auto read = read_material(part.material, kMaxCertificates);
        if (!read) return std::unexpected(read.error());
        part.text = *std::move(read);
    }
    auto token = read_token(access_.token);
    if (!token) return std::unexpected(token.error());
    texts.token = *std::move(token);
    return texts;
}

std::expected<void, std::string> Credentials::use(Texts texts, Time now) {
    bool const is_secure = access_.server.starts_with("https:");
    bool const is_new = trust_ == nullptr || texts.authority != texts_.authority ||
                        texts.certificate != texts_.certificate || texts.key != texts_.key;
    if (is_secure && is_new) {
        auto made = net::TlsClientContext::make({.only_authorities = texts.authority,
                                                 .server_name = access_.server_name,
                                                 .certificate = texts.certificate,
                                                 .key = texts.key});
        if (!made) return std::unexpected(made.error());
        trust_ = *std::move(made);
    }
    texts_ = std::move(texts);
    token_read_ = now;
    return {};
}

std::string Credentials::authorization(Time now) {
    if (!access_.token.file.empty() && now - token_read_ >= kTokenAge) {
        token_read_ = now;  // one that cannot be read now is used on: it may still be valid
        if (auto token = read_token(access_.token)) texts_.token = *std::move(token);
    }
    return texts_.token.empty() ? std::string() : "Bearer " + texts_.token;
}

bool Credentials::renew(Time now) {
    auto texts = read_texts();
    if (!texts || *texts == texts_) return false;
    return use(*std::move(texts), now).has_value();
}

}  // namespace tidegate::kubernetes
