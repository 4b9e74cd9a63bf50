#include "kubernetes/io/leases.hpp"

#include <boost/json/object.hpp>
#include <utility>

namespace tidegate::kubernetes {

namespace json = boost::json;

Leases::Leases(Client& client, std::string name_space, std::chrono::milliseconds deadline)
    : client_(client),
      name_space_(name_space.empty() ? client.name_space() : std::move(name_space)),
      deadline_(deadline) {}

std::string Leases::path() const {
    return "/apis/coordination.k8s.io/v1/namespaces/" + name_space_ + "/leases";
}

asio::awaitable<Leases::Result> Leases::ask(Request request) {
    request.deadline = deadline_;
    auto const answer = co_await client_.send(std::move(request));
    if (!answer) co_return std::unexpected(answer.error());
    auto lease = parse_lease(*answer);
    if (lease) co_return *std::move(lease);
    co_return std::unexpected(Failure{.message = lease.error()});
}

asio::awaitable<Leases::Result> Leases::get(std::string name) {
    return ask({.target = target(name)});
}

asio::awaitable<Leases::Result> Leases::create(Lease lease) {
    lease.uid.clear();
    lease.resource_version.clear();
    return ask({.method = "POST", .target = path(), .body = to_json(lease, name_space_)});
}

asio::awaitable<Leases::Result> Leases::update(Lease lease) {
    return ask(
        {.method = "PUT", .target = target(lease.name), .body = to_json(lease, name_space_)});
}

asio::awaitable<std::expected<void, Failure>> Leases::remove(Lease lease) {
    json::object preconditions;
    if (!lease.uid.empty()) preconditions.emplace("uid", lease.uid);
    if (!lease.resource_version.empty()) {
        preconditions.emplace("resourceVersion", lease.resource_version);
    }
    json::object options{{"apiVersion", "v1"}, {"kind", "DeleteOptions"}};
    if (!preconditions.empty()) options.emplace("preconditions", std::move(preconditions));
    auto const answer = co_await client_.send({.method = "DELETE",
                                               .target = target(lease.name),
                                               .body = std::move(options),
                                               .deadline = deadline_});
    if (!answer) co_return std::unexpected(answer.error());
    co_return std::expected<void, Failure>();
}

}  // namespace tidegate::kubernetes
