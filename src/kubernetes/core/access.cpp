#include "kubernetes/core/access.hpp"

#include <algorithm>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>
#include <optional>

#include "base/crypto/base64.hpp"
#include "base/number.hpp"
#include "kubernetes/core/members.hpp"

namespace tidegate::kubernetes {

namespace json = boost::json;

namespace {

using Problem = std::optional<std::string>;  // a sentence; nullopt: there is none

std::string in_quotes(std::string_view text) {
    return "\"" + std::string(text) + "\"";
}

std::string without_blanks(std::string_view text) {
    auto const begin = text.find_first_not_of(" \t\r\n");
    if (begin == std::string_view::npos) return {};
    return std::string(text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1));
}

bool is_this_machine(std::string_view host) {
    return host == "localhost" || host == "127.0.0.1" || host == "::1";
}

// A token that is sent in clear is everybody's.
Problem take_server(ClusterAccess& access, std::string server) {
    while (server.ends_with('/')) server.pop_back();
    auto const url = boost::urls::parse_uri(server);
    // Boost.URL 1.81 takes the rest of 127.0.0.1.example for a path.
    bool const is_url = url && !url->host().empty() &&
                        (url->path().empty() || url->path().starts_with('/')) &&
                        !url->has_userinfo() && !url->has_query() && !url->has_fragment() &&
                        (url->scheme() == "https" || url->scheme() == "http");
    if (!is_url) return "the server " + in_quotes(server) + " is not https://HOST[:PORT]";
    if (url->scheme() == "http" && !is_this_machine(std::string(url->host_address()))) {
        return "the server " + in_quotes(server) +
               " is not https://; in clear, only this machine is";
    }
    access.server = std::move(server);
    return std::nullopt;
}

// Names may become part of URLs and file names.
bool is_dns_label(std::string_view text) {
    bool const only = std::ranges::all_of(
        text, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; });
    return only && !text.empty() && text.size() <= 63 && !text.starts_with('-') &&
           !text.ends_with('-');
}

Problem take_namespace(ClusterAccess& access, std::string name) {
    if (!is_dns_label(name)) return in_quotes(name) + " is no name of a namespace";
    access.name_space = std::move(name);
    return std::nullopt;
}

std::string in_folder(std::string const& folder, std::string file) {
    return file.starts_with('/') || folder.empty() ? file : folder + "/" + file;
}

// What stands in `<name>-data` as base 64, or in the file that `<name>` names. The text goes first,
// as with kubectl.
Problem take_material(Material& material, json::value const& from, std::string const& name,
                      std::string const& folder) {
    auto const data = text_at(from, {name + "-data"});
    auto file = text_at(from, {name});
    if (!data.empty()) {
        auto const decoded = base::base64_decode(data);
        if (!decoded) return name + "-data is not base 64";
        material.text.assign(decoded->begin(), decoded->end());
    } else if (!file.empty()) {
        material.file = in_folder(folder, std::move(file));
    }
    return std::nullopt;
}

Problem take_cluster(ClusterAccess& access, json::value const& cluster, std::string const& folder) {
    auto const* const blind = find(cluster, {"insecure-skip-tls-verify"});
    if (blind != nullptr && *blind == json::value(true)) {
        return "insecure-skip-tls-verify is not accepted: name the certificate-authority";
    }
    if (!text_at(cluster, {"proxy-url"}).empty()) return "a proxy-url is not supported";
    if (auto problem = take_server(access, text_at(cluster, {"server"}))) return problem;
    access.server_name = text_at(cluster, {"tls-server-name"});
    return take_material(access.authority, cluster, "certificate-authority", folder);
}

Problem take_user(ClusterAccess& access, json::value const& user, std::string const& folder) {
    if (find(user, {"exec"}) != nullptr) {
        return "it logs in by another program (exec), which is not supported: use a token, a "
               "tokenFile or a client certificate";
    }
    if (find(user, {"auth-provider"}) != nullptr) {
        return "an auth-provider is not supported: use a token, a tokenFile or a client "
               "certificate";
    }
    if (!text_at(user, {"username"}).empty()) {
        return "username and password are not supported: no API server takes them since 1.19";
    }
    if (!text_at(user, {"as"}).empty()) return "impersonation (as) is not supported";
    auto problem = take_material(access.certificate, user, "client-certificate", folder);
    if (!problem) problem = take_material(access.key, user, "client-key", folder);
    if (problem) return problem;
    if (access.certificate.exists() != access.key.exists()) {
        return "client-certificate and client-key belong together";
    }
    auto file = text_at(user, {"tokenFile"});  // goes before the token, as with kubectl
    if (!file.empty()) {
        access.token.file = in_folder(folder, std::move(file));
    } else {
        access.token.text = text_at(user, {"token"});
    }
    return std::nullopt;
}

}  // namespace

std::expected<ClusterAccess, std::string> access_of_pod(std::string_view host,
                                                        std::string_view port,
                                                        std::string_view name_space,
                                                        std::string const& folder) {
    if (host.empty() || !base::parse_port(port)) {
        return std::unexpected(
            "this is no Pod of a cluster: KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are "
            "not set");
    }
    ClusterAccess access;
    auto const is_v6 = host.find(':') != std::string_view::npos;
    auto const shown = is_v6 ? "[" + std::string(host) + "]" : std::string(host);
    auto problem = take_server(access, "https://" + shown + ":" + std::string(port));
    if (!problem) problem = take_namespace(access, without_blanks(name_space));
    if (problem) return std::unexpected(*problem);
    access.authority.file = folder + "/ca.crt";
    access.token.file = folder + "/token";
    return access;
}

std::expected<ClusterAccess, std::string> parse_kubeconfig(json::value const& config,
                                                           std::string const& folder,
                                                           std::string_view context) {
    auto const name = context.empty() ? text_at(config, {"current-context"}) : std::string(context);
    if (name.empty()) return std::unexpected("it has no current-context");
    auto const* const chosen = item_named(find_array(config, {"contexts"}), "name", name);
    if (chosen == nullptr) return std::unexpected("it has no context " + in_quotes(name));
    auto const cluster_name = text_at(*chosen, {"context", "cluster"});
    auto const user_name = text_at(*chosen, {"context", "user"});
    auto const* const cluster = item_named(find_array(config, {"clusters"}), "name", cluster_name);
    if (cluster == nullptr) return std::unexpected("it has no cluster " + in_quotes(cluster_name));
    auto const* const user = item_named(find_array(config, {"users"}), "name", user_name);
    if (user == nullptr && !user_name.empty()) {
        return std::unexpected("it has no user " + in_quotes(user_name));
    }
    ClusterAccess access;
    auto const* const details = find(*cluster, {"cluster"});
    auto problem = take_cluster(access, details == nullptr ? json::value() : *details, folder);
    if (problem) return std::unexpected("cluster " + in_quotes(cluster_name) + ": " + *problem);
    auto const* const login = user == nullptr ? nullptr : find(*user, {"user"});
    problem = take_user(access, login == nullptr ? json::value() : *login, folder);
    if (problem) return std::unexpected("user " + in_quotes(user_name) + ": " + *problem);
    auto name_space = text_at(*chosen, {"context", "namespace"});
    problem = take_namespace(access, name_space.empty() ? "default" : std::move(name_space));
    if (problem) return std::unexpected("context " + in_quotes(name) + ": " + *problem);
    return access;
}

std::expected<ClusterAccess, std::string> with_namespace(ClusterAccess access,
                                                         std::string const& name_space) {
    if (auto const problem = take_namespace(access, name_space)) return std::unexpected(*problem);
    return access;
}

}  // namespace tidegate::kubernetes
