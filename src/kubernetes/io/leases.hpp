// Reads and writes the Lease objects of one namespace. Nothing is repeated and nothing decided
// here: a 409 says what it says, and a failure without an answer may have been carried out. One
// event loop.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <expected>
#include <string>

#include "kubernetes/core/failure.hpp"
#include "kubernetes/core/lease.hpp"
#include "kubernetes/io/client.hpp"

namespace tidegate::kubernetes {

class Leases {
public:
    // client must outlive this and its requests. name_space: empty: the client's. deadline: of each
    // request; a holder must know in time that it could not renew.
    Leases(Client& client, std::string name_space, std::chrono::milliseconds deadline);

    using Result = std::expected<Lease, Failure>;

    // Where all of them are, for a list or a watch.
    std::string path() const;
    // not_found(): there is none.
    asio::awaitable<Result> get(std::string name);
    // already_exists(): somebody else was faster.
    asio::awaitable<Result> create(Lease lease);
    // REQUIRES: lease.resource_version is that of the object as it was read. conflict(): it has
    // changed since; read it again. The result is the object as it is now, with its new
    // resourceVersion.
    asio::awaitable<Result> update(Lease lease);
    // Removes it if it is still the one that was read (uid and resource_version are preconditions,
    // as far as they are not empty). conflict(): it is not. not_found(): it is gone already.
    asio::awaitable<std::expected<void, Failure>> remove(Lease lease);

private:
    asio::awaitable<Result> ask(Request request);
    std::string target(std::string const& name) const { return path() + "/" + name; }

    Client& client_;
    std::string name_space_;
    std::chrono::milliseconds deadline_;
};

}  // namespace tidegate::kubernetes
