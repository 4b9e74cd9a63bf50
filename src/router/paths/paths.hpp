// All paths: who publishes to them, who reads them, and which hooks run for them. A mutex guards
// them, and is held for moments only. Log lines are written and hooks are started while it is held,
// so that they come in MediaMTX's order. Any thread; media never passes through here.
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

// Who wants to know of each stream that begins.
class StreamWatcher {
public:
    virtual ~StreamWatcher() = default;
    // Called while Paths is locked, by the publisher's thread: it should only note it or post it.
    virtual void stream_began(std::shared_ptr<Stream> const& stream) = 0;
};

// How many paths may be live at once. 20,000 small streams fill a 10 Gbit/s link, and each needs a
// publisher and hooks.
inline constexpr std::size_t kMaxLivePaths = 20'000;

class Paths final : public PathsView {
public:
    // The io_contexts that sessions run on, in the order of their index.
    using Loops = std::vector<asio::io_context*>;
    // control: where timers run. It and the hooks must outlive this object. There are no paths
    // until apply() is called.
    Paths(Hooks& hooks, asio::io_context& control, Loops loops, Outlet::Settings outlet = {},
          GopReaders gop = {});

    // Puts a configuration in force. A path whose entry has changed is closed, with its publisher
    // and readers, unless the change is one that it can take over while it runs (path_change.hpp).
    // A new entry without a regular expression becomes a path.
    void apply(config::mediamtx::Conf const& conf);

    // These three are for Publication, which every protocol uses. publish() begins a stream of this
    // publisher on the path. If there is a publisher already, it is closed first where
    // overridePublisher allows that; otherwise it is an error. match: the path's entry when the
    // publisher was authorized; another entry now is an error. The error is a sentence for the
    // client.
    std::expected<std::shared_ptr<Stream>, std::string> publish(std::string const& name,
                                                                PathMatch const& match,
                                                                Publisher publisher,
                                                                media::Tracks tracks,
                                                                SteadyPlace* place = nullptr);
    // renew() ends the stream and begins another one with other tracks, for the same publisher.
    // Readers see the end and ask again. Null when another publisher has taken the place before.
    // place: what publish() has filled in. On a path that is always available the stream stays,
    // and null means that the tracks are none of its.
    std::shared_ptr<Stream> renew(std::shared_ptr<Stream> const& stream, media::Tracks tracks,
                                  SteadyPlace* place = nullptr);
    // unpublish() ends the stream. It does nothing when another publisher has taken the place
    // before.
    void unpublish(std::shared_ptr<Stream> const& stream, SteadyPlace const& place = {});

    // For ReaderSeat, which every protocol uses: registers a reader with the stream that is live
    // now. The message is a sentence for the client.
    struct Refused {
        ReadRefusal why;
        std::string message;
    };
    std::expected<std::shared_ptr<Stream>, Refused> attach(std::string const& name,
                                                           PeerId const& reader,
                                                           std::optional<WireForm> form);
    // The stream that is live now, without becoming its reader; null when there is none.
    std::shared_ptr<Stream> live(std::string_view name) const;

    // The watcher is told from here on, also of the streams that are live now. After unwatch() it
    // is told nothing more.
    void watch(StreamWatcher& watcher);
    void unwatch(StreamWatcher& watcher);

    // For a reader that finds no stream on a path with runOnDemand: starts the command, if it does
    // not run, and holds the reader's request. Null when there is nothing to wait for: a stream is
    // live, or the path has no such command.
    std::unique_ptr<HeldRequest> hold(std::string const& name, std::string const& query,
                                      std::function<void()> wake);

    // Starts runOnRead; the destructor of the result stops it and runs runOnUnread. prefix: the
    // reader's in the log.
    std::unique_ptr<ReadHooks> start_reading(std::string const& name, PathMatch const& match,
                                             PeerId const& reader, std::string const& query,
                                             std::string prefix);

    // Before the router's end (app/drain.hpp): from now on only our own programs may begin to
    // publish.
    void refuse_publishers();
    // Those that publish now, without our own programs: each function ends its publisher's session
    // with a reason. Any thread may call it, also when the publisher has gone.
    std::vector<std::function<void(std::string const& reason)>> foreign_publishers() const;

    bool anybody_publishes() const;

    // At the router's end: closes every path and starts the hooks that belong to that. After it
    // nothing can be published or waited for.
    void close_all();

    // PathsView
    std::expected<PathMatch, std::string> find(std::string_view name) const override;
    PathsPage page(std::size_t first, std::size_t last) const override;
    void each(std::function<void(PathFigures const&)> const& visit) const override;
    std::optional<PathInfo> snapshot(std::string_view name) const override;

private:
    friend class HeldRequest;
    using Entries = std::map<std::string, PathEntry, std::less<>>;

    // REQUIRES for all of these: mutex_ is held.
    HookSubject subject(std::string const& name, PathMatch const& match, PeerId endpoint = {},
                        std::string query = {}) const;
    Entries::iterator entry_of(std::string const& name, PathMatch match);
    std::shared_ptr<Stream> make_stream(std::string const& name,
                                        config::mediamtx::PathConf const& conf,
                                        Publisher const& publisher, media::Tracks tracks);
    Entries::iterator entry_with(std::shared_ptr<Stream> const& stream);
    void begin(Entries::iterator entry, Publisher publisher, std::shared_ptr<Stream> stream);
    void end_stream(PathEntry& entry);
    // Of paths that are always available.
    void begin_steady(Entries::iterator entry);
    std::expected<std::shared_ptr<Stream>, std::string> publish_steady(Entries::iterator entry,
                                                                       Publisher publisher,
                                                                       media::Tracks tracks,
                                                                       SteadyPlace* place);
    void go_offline(Entries::iterator entry);
    void destroy(Entries::iterator entry);
    void destroy_if_unused(Entries::iterator entry);
    void tell(Entries::iterator entry, DemandEvent event, std::string const& query = {});
    void set_timer(Entries::iterator entry, std::chrono::nanoseconds after);
    static void drop_timer(PathEntry& entry);
    static void refuse_held(PathEntry& entry, std::string const& reason);
    static void stop_command(PathEntry& entry, std::string_view reason);

    // REQUIRES for these: mutex_ is not held.
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
    std::vector<StreamWatcher*> watchers_;
    std::size_t live_count_ = 0;
    std::uint64_t timers_set_ = 0;
    bool refuses_publishers_ = false;
    bool closed_ = false;
};

}  // namespace tidegate::router
