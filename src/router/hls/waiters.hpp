// Those who wait for a muxer's next edition. Thousands may wait at the same time, so each is a link
// in a list, and one timer watches the deadlines of all. The web loop only.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/intrusive/list.hpp>
#include <cstdint>
#include <memory>

#include "router/hls/context.hpp"

namespace tidegate::router {

class HlsWaiter : public boost::intrusive::list_base_hook<
                      boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
public:
    enum class Woken : std::uint8_t { news, overdue };

    virtual ~HlsWaiter() = default;
    // There is something new, or the deadline has passed. It waits no longer; it may wait again.
    // May destroy this waiter, and others.
    virtual void wake(Woken why) = 0;

    HlsClock::time_point deadline = HlsClock::time_point::max();
};

class HlsWaiters {
public:
    explicit HlsWaiters(boost::asio::io_context& io) : timer_(io) {}
    ~HlsWaiters() { *alive_ = false; }
    HlsWaiters(HlsWaiters const&) = delete;
    HlsWaiters& operator=(HlsWaiters const&) = delete;

    // leading: it is woken before the others. Whoever is destroyed waits no longer.
    void add(HlsWaiter& waiter, bool leading);
    void wake_all();
    bool empty() const { return leading_.empty() && others_.empty(); }

private:
    using List = boost::intrusive::list<HlsWaiter, boost::intrusive::constant_time_size<false>>;

    void arm(HlsClock::time_point deadline);
    void wake_overdue();

    List leading_, others_;
    boost::asio::steady_timer timer_;
    // When it rings: not later than any waiter's deadline. Never: there is no deadline.
    HlsClock::time_point rings_at_ = HlsClock::time_point::max();
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace tidegate::router
