// Pushes the stream of a path to one destination, over RTMP or RTSP, in clear or over TLS. An
// attempt that fails is repeated for as long as the path has a stream, after longer and longer
// pauses (base/backoff.hpp). A destination that takes nothing loses units, and the stream does
// not notice. The web loop only.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "config/mediamtx/conf.hpp"
#include "endpoint/output.hpp"
#include "log/log.hpp"
#include "router/forward/items.hpp"
#include "router/session/services.hpp"

namespace tidegate::router {

// A connection that has lasted this long shows that the destination works: the pauses begin anew.
inline constexpr std::chrono::seconds kForwardSettled{10};

// What "$MTX_PATH" and "$G1", "$G2" of a destination stand for.
struct ForwardNames {
    std::string path;
    std::vector<std::string> groups;
};

// The URL that is connected to.
std::string resolved_dest(std::string const& dest, ForwardNames const& names);
// The error is a sentence.
std::expected<endpoint::OutputUrl, std::string> parse_dest(std::string const& resolved);
// Whose certificate is accepted at this destination: the one with this fingerprint; without a
// fingerprint those that the system trusts. Null: the URL has no TLS.
std::shared_ptr<net::TlsClientContext const> trust_of_dest(endpoint::OutputUrl const& url,
                                                           std::string const& fingerprint);

class Destination final : public std::enable_shared_from_this<Destination> {
public:
    Destination(Services& services, ForwardRecords& records, ForwardNames const& names,
                std::size_t pos, config::mediamtx::ForwardDest conf);
    ~Destination();
    Destination(Destination const&) = delete;
    Destination& operator=(Destination const&) = delete;

    config::mediamtx::ForwardDest const& conf() const { return conf_; }

    void start(media::Tracks tracks);
    // Ends the publication there; whoever waits for something is woken.
    void stop();
    // The same, and it is no longer shown.
    void retire();

    // Whether the unit was queued.
    bool take(media::Unit const& unit);
    void change_track(std::size_t index, media::Track const& track);
    void flush();

private:
    // One connection.
    struct Attempt {
        endpoint::Statistics statistics;
        std::unique_ptr<endpoint::Output> output;
        std::vector<bool> begun;  // by track: it has had a key frame
        std::uint64_t counted = 0;
        std::optional<base::Timestamp> start;  // of the stream's time, which becomes kOutputLead
    };

    boost::asio::awaitable<void> run(std::uint64_t number);
    boost::asio::awaitable<std::string> attempt();
    boost::asio::awaitable<void> pause(std::chrono::milliseconds time);
    bool is_current(std::uint64_t number) const { return running_ && number == number_; }
    void enter(ForwardState state, std::string const& error = {});
    void tell(log::Level level, std::string_view event, std::string const& text) const;

    Services& services_;
    ForwardRecords& records_;
    std::string const path_;
    config::mediamtx::ForwardDest const conf_;
    std::string const url_;
    std::shared_ptr<ForwardRecord> const record_;
    std::string const prefix_;
    media::Tracks tracks_;
    std::shared_ptr<Attempt> attempt_;  // null: none is under way
    boost::asio::steady_timer timer_;
    bool running_ = false;
    std::uint64_t number_ = 0;  // of the start()
};

}  // namespace tidegate::router
