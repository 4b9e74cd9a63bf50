// A kubeconfig from text to access: what is accepted names a server that may be asked, and who we
// are there is whole.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "checks.hpp"
#include "config/yaml/yaml.hpp"
#include "kubernetes/core/access.hpp"

using namespace tidegate;
using fuzz::require;

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    auto const tree = config::parse_yaml({reinterpret_cast<char const*>(data), size});
    if (!tree) return 0;
    auto const access = kubernetes::parse_kubeconfig(*tree, "/etc/folder", "");
    if (!access) {
        require(!access.error().empty());
        return 0;
    }
    require(access->server.starts_with("https://") || access->server.starts_with("http://"));
    require(!access->server.ends_with('/') && !access->name_space.empty());
    require(access->certificate.exists() == access->key.exists());
    for (auto const* const material : {&access->authority, &access->certificate, &access->key}) {
        require(material->text.empty() || material->file.empty());
        require(material->file.empty() || material->file.starts_with('/'));
    }
    auto const moved = kubernetes::with_namespace(*access, access->name_space);
    require(moved && *moved == *access);
    return 0;
}
