// Every path: who publishes it, who reads it, which hooks run for it. One mutex, held for moments:
// under it lines are logged and hooks are posted, so that their order is the contract's (§2.3). Any
// thread; media never passes through here.
#pragma once

#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <expected>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "router/hooks/hooks.hpp"
#include "router/hooks/path_hooks.hpp"
#include "router/model/snapshot.hpp"
#include "router/paths/held_request.hpp"
#include "router/paths/path_entry.hpp"
#include "router/paths/path_match.hpp"
#include "router/paths/paths_view.hpp"
#include "router/stream/stream.hpp"

namespace tidegate::router {

enum class ReadRefusal : std::uint8_t { no_stream, too_many_readers };

// Live paths at once: 20,000 small streams fill a 10 Gbit/s link, and each costs a publisher and
// hooks.
inline constexpr std::size_t kMaxLivePaths = 20'000;

class Paths final : public PathsView {
public:
    // The io_contexts that sessions run on, in the order of their index.
    using Loops = std::vector<asio::io_context*>;
    // control: where timers run; it and the hooks outlive this. Without paths until apply().
    Paths(Hooks& hooks, asio::io_context& control, Loops loops, Outlet::Settings outlet = {});

    // Makes this the configuration: paths whose entry is another one now are closed, with publisher
    // and readers; the others do not notice. New ones without expression are created.
    void apply(config::mediamtx::Conf const& conf);

    // Makes the publisher the path's; an existing one is closed first where the entry allows it.
    // The error is the contract's sentence (§2.4, §6.4). match: of the time it was let in.
    std::expected<std::shared_ptr<Stream>, std::string> publish(std::string const& name,
                                                                PathMatch const& match,
                                                                Publisher publisher,
                                                                media::Tracks tracks);
    // The stream's publisher goes on with other tracks: its readers see it end and ask again, for
    // another one begins at once. Null when the publisher was replaced before.
    std::shared_ptr<Stream> renew(std::shared_ptr<Stream> const& stream, media::Tracks tracks);
    // The publisher has gone. Nothing when it was replaced before.
    void unpublish(std::shared_ptr<Stream> const& stream);

    // Registers a reader with the stream that is live now; the error is the contract's sentence.
    struct Refused {
        ReadRefusal why;
        std::string message;
    };
    std::expected<std::shared_ptr<Stream>, Refused> attach(std::string const& name,
                                                           Endpoint const& reader,
                                                           std::optional<WireForm> form);
    // The stream that is live now, without becoming a reader (RTSP DESCRIBE); null when there is
    // none.
    std::shared_ptr<Stream> live(std::string_view name) const;

    // For a request that finds no stream on a path with runOnDemand: runs the command and holds the
    // request. Null when there is nothing to wait for.
    std::unique_ptr<HeldRequest> hold(std::string const& name, std::string const& query,
                                      std::function<void()> wake);

    // runOnRead and its undoing, for as long as the result lives; prefix is the reader's in the
    // log.
    std::unique_ptr<ReadHooks> start_reading(std::string const& name, PathMatch const& match,
                                             Endpoint const& reader, std::string const& query,
                                             std::string prefix);

    // At the end: closes every path; their stop hooks are launched here and now. Nothing can be
    // published or wanted any more.
    void close_all();

    // PathsView
    std::expected<PathMatch, std::string> find(std::string_view name) const override;
    std::vector<PathInfo> snapshot() const override;
    void each(std::function<void(PathInfo&&)> const& visit) const override;
    std::optional<PathInfo> snapshot(std::string_view name) const override;

private:
    friend class HeldRequest;
    using Entries = std::map<std::string, PathEntry, std::less<>>;

    // All below: with the mutex held.
    HookSubject subject(std::string const& name, PathMatch const& match, Endpoint endpoint = {},
                        std::string query = {}) const;
    Entries::iterator entry_of(std::string const& name, PathMatch match);
    std::shared_ptr<Stream> make_stream(std::string const& name,
                                        config::mediamtx::PathConf const& conf,
                                        media::Tracks tracks);
    Entries::iterator entry_with(std::shared_ptr<Stream> const& stream);
    void begin(Entries::iterator entry, Publisher publisher, std::shared_ptr<Stream> stream);
    void end_stream(PathEntry& entry);
    void destroy(Entries::iterator entry);
    void destroy_if_unused(Entries::iterator entry);
    void tell(Entries::iterator entry, DemandEvent event, std::string const& query = {});
    void set_timer(Entries::iterator entry, std::chrono::nanoseconds after);
    static void drop_timer(PathEntry& entry);
    static void refuse_held(PathEntry& entry, std::string const& reason);
    static void stop_command(PathEntry& entry, std::string_view reason);

    // Without it.
    void on_timer(std::string const& name, std::uint64_t number);
    void on_deserted(std::string const& name);
    void forget(HeldRequest& request);

    Hooks& hooks_;
    asio::io_context& control_;
    Loops const loops_;
    Snapshot<PathMatcher> matcher_;

    mutable std::mutex mutex_;
    // All below is guarded by mutex_.
    StreamSettings stream_settings_;
    std::string rtsp_port_;
    Entries entries_;
    std::size_t live_count_ = 0;
    std::uint64_t timers_set_ = 0;
    bool closed_ = false;
};

}  // namespace tidegate::router
