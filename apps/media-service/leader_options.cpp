#include "leader_options.hpp"

#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>
#include <expected>

#include "base/random.hpp"
#include "config/process_environment.hpp"
#include "net/tls_client.hpp"

namespace {

using namespace tidegate;

std::optional<std::string> check_url(std::string const& value) {
    auto const url = boost::urls::parse_uri(value);
    if (url && (url->scheme() == "http" || url->scheme() == "https") && !url->host().empty() &&
        !url->has_userinfo() && url->path().empty() && !url->has_query() && !url->has_fragment()) {
        return std::nullopt;
    }
    return "http[s]://HOST[:PORT], without a path";
}

std::expected<std::shared_ptr<net::TlsClientContext const>, std::string> trust_of(
    LeaderOptions const& options) {
    return net::TlsClientContext::make({.ca_file = options.ca_file,
                                        .fingerprint = options.fingerprint,
                                        .server_name = options.server_name});
}

std::string pod_address() {
    return config::variable("POD_IP");
}

std::optional<std::string> check_election(LeaderOptions const& options, bool stop_workers) {
    if (!options.election) return std::nullopt;
    if (stop_workers) {
        return "--stop-workers-on-exit is not accepted with --leader-election: another replica "
               "goes on with the workers";
    }
    if (!options.advertise_url.empty() || !pod_address().empty()) return std::nullopt;
    return "--leader-election needs --advertise-url, or the Pod's address in POD_IP";
}

// The Pod's name, or the host's; two processes of one host differ, and so does one that is started
// again.
std::string replica_name() {
    auto name = config::variable("POD_NAME");
    if (name.empty()) name = config::host_name();
    return name + "_" + base::random_uuid();
}

}  // namespace

void add_leader_election(config::Flags& flags, LeaderOptions& options, bool& stop_workers_on_exit) {
    auto const stop =
        flags.flag("stop-workers-on-exit", "STOP_WORKERS_ON_EXIT",
                   "stop the workers when the service ends; by default they go on and are adopted",
                   stop_workers_on_exit);
    auto const election = flags.flag(
        "leader-election", "LEADER_ELECTION",
        "be one of several replicas: the one that holds a Lease of Kubernetes leads, and the "
        "others pass requests on to it",
        options.election);
    flags
        .text("leader-lease", "LEADER_LEASE", "the name of this Lease, in the Pod's namespace",
              options.lease)
        .required();
    auto const url =
        flags
            .text("advertise-url", "ADVERTISE_URL",
                  "where other replicas reach this one; by default, POD_IP and the port of listen",
                  options.advertise_url)
            .check([](std::string const& value) {
                return value.empty() ? std::nullopt : check_url(value);
            });
    flags.together({stop, election, url},
                   [&] { return check_election(options, stop_workers_on_exit); });
    auto const file = flags
                          .text("leader-ca-file", "LEADER_CA_FILE",
                                "certificates that are trusted besides the system's when requests "
                                "are passed on over TLS",
                                options.ca_file)
                          .accepts("FILE");
    auto const fingerprint =
        flags
            .text("leader-fingerprint", "LEADER_FINGERPRINT",
                  "the SHA-256 of the leader's certificate: this one is accepted, and no other",
                  options.fingerprint)
            .accepts("64 hexadecimal digits");
    flags.text("leader-server-name", "LEADER_SERVER_NAME",
               "the name that stands in the leader's certificate, where its URL has an address",
               options.server_name);
    flags.together({file, fingerprint}, [&options]() -> std::optional<std::string> {
        auto const made = trust_of(options);
        return made ? std::nullopt : std::optional("--leader-ca-file: " + made.error());
    });
}

std::string advertised_url(LeaderOptions const& options, std::string_view listen, bool secure) {
    if (!options.advertise_url.empty()) return options.advertise_url;
    auto host = pod_address();
    if (host.contains(':')) host = "[" + host + "]";
    return (secure ? "https://" : "http://") + host + std::string(listen.substr(listen.rfind(':')));
}

std::optional<orchestrator::ReplicaSettings> replica_settings(LeaderOptions const& options) {
    if (!options.election) return std::nullopt;
    return orchestrator::ReplicaSettings{replica_name(), trust_of(options).value_or(nullptr)};
}
