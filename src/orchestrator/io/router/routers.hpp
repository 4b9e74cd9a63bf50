// All media routers: which there are, and a watch for each. Routers that a DNS name stands for come
// and go. Lists are spread over time, so that the routers are not all read at once. One event loop.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/task_group.hpp"
#include "orchestrator/core/router_address.hpp"
#include "orchestrator/io/router/router_watch.hpp"

namespace tidegate::orchestrator {

// How often the DNS name is asked. A router that comes is known as late as this; one that goes is
// noticed by its silence.
inline constexpr std::chrono::seconds kNameInterval{5};

// A router that its DNS name no longer has and that does not answer is given up after this time: it
// was taken away. Until then its streams are unknown.
inline constexpr std::chrono::seconds kRouterGivenUpAfter{60};

// A hook of which we do not know the router makes us ask all of them. So much asking is allowed in
// a second, for anybody who reaches us can forge hooks; what is beyond it waits for the lists.
inline constexpr std::size_t kMostWideLooks = 200;

struct RouterStatus {
    RouterAddress address;
    ListStatus list;
    std::optional<RouterDoors> doors;
};

class Routers {
public:
    class Listener : public RouterWatch::Listener {
    public:
        virtual void on_router(std::string const& name) = 0;  // there is a router of this name
        // It is gone for good.
        virtual void on_router_gone(std::string const& name) = 0;
    };
    struct Settings {
        RouterAddresses addresses;
        Login login;
        std::shared_ptr<net::TlsClientContext const> tls;
        Duration interval;  // between two lists of a router
    };

    // listener must outlive this.
    Routers(boost::asio::io_context& io, Settings settings, Listener& listener);
    Routers(Routers const&) = delete;
    Routers& operator=(Routers const&) = delete;

    // Tells the listener which routers there are: all that are listed, and later those of the name.
    void open();
    // Begins to read lists.
    void start();
    boost::asio::awaitable<void> stop();

    // Something may have happened to this path. router: which has it; empty: not known, and the
    // sender of the hook, an IP address, may tell. sender may be empty.
    void look(base::StreamPath const& path, std::string_view router, std::string_view sender);
    // The query of this path's source is not known. router: which has it; if it is gone, nobody is
    // asked.
    void ask_query(base::StreamPath const& path, std::string_view router);

    // By name.
    std::vector<RouterStatus> status() const;
    std::size_t size() const { return watches_.size(); }
    // How one reaches the HTTP servers of a router of this name.
    RouterAccess access(std::string_view name) const;
    // Null: there is no such router, or it has not told.
    RouterDoors const* doors(std::string_view name) const;

private:
    struct Watched {
        RouterAddress address;
        std::shared_ptr<RouterWatch> watch;
        bool named = false;                 // it comes from the DNS name
        std::optional<Time> missing_since;  // the name no longer has it
    };
    using Watches = std::map<std::string, Watched, std::less<>>;

    void add(RouterAddress address, bool named);
    void begin(Watched& watched);
    void look_everywhere(base::StreamPath const& path, std::vector<RouterWatch*> const& where);
    boost::asio::awaitable<void> follow_name();
    boost::asio::awaitable<void> resolve();
    boost::asio::awaitable<void> give_up_missing();

    boost::asio::io_context& io_;
    Settings const settings_;
    Listener& listener_;
    net::TaskGroup tasks_;
    boost::asio::steady_timer name_wake_;
    Watches watches_;
    bool started_ = false;
    bool stopping_ = false;
    std::size_t placed_ = 0;  // routers that were given a place in time
    Time wide_since_{};
    std::size_t wide_looks_ = 0;  // since then
    std::string name_problem_;    // told last; empty: none
};

}  // namespace tidegate::orchestrator
