// Knows the objects of one kind in one namespace, always: lists them in pages, then watches them,
// and watches on from the last resourceVersion whenever a watch ends
// (https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes).
// Lists again when that version is too old (410, as an HTTP status or as an ERROR line in a 200
// answer), or when watches fail again and again. The server's word alone counts: while it cannot be
// asked, nothing is reported, because nothing is known.
//
// Pure: next() says what is to be asked, and the answers are given back. io/informer.hpp asks. So
// does a test with a simulated server:
//
//     while (true) std::visit(..., watch.next(now, random));
//         // Page  -> watch.on_page(server.get(page.target), now)
//         // Watch -> watch.on_line(...) for each line while it returns true,
//         //          then watch.on_watch_end(...)
//         // Pause -> let the time pass
#pragma once

#include <boost/json/value.hpp>
#include <chrono>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/backoff.hpp"
#include "kubernetes/core/failure.hpp"

namespace tidegate::kubernetes {

// Takes in what the server says, in its order. Objects are those of the API; none is kept here.
class ObjectSink {
public:
    virtual ~ObjectSink() = default;
    // A list begins. What was listed before it, without a list_ended(), counts for nothing.
    virtual void list_began() = 0;
    virtual void listed(boost::json::value const& object) = 0;
    // The list was whole: all objects that there were at resource_version have been listed.
    virtual void list_ended(std::string const& resource_version) = 0;
    virtual void changed(boost::json::value const& object) = 0;
    // The object is gone. `object` is its last state.
    virtual void removed(boost::json::value const& object) = 0;
};

struct ListWatchSettings {
    std::string path{};      // "/api/v1/namespaces/media/pods"
    std::string selector{};  // of labels: "app.kubernetes.io/name=stream-worker"; empty: all
    std::string fields{};    // of fields: "metadata.name=media-service"; empty: all
    // A page of Pods has about 10 KB for each, and is read in one go.
    unsigned page_size = 200;
    // A watch ends by itself after this time, and up to twice as long: the server balances its load
    // so.
    std::chrono::seconds watch_for{300};
    // Bookmarks come about once a minute. A server that is silent for longer hangs.
    std::chrono::milliseconds idle{90'000};
    base::RetryDelays retry{std::chrono::milliseconds{200}, std::chrono::milliseconds{30'000}};
};

class ListWatch {
public:
    using Time = std::chrono::steady_clock::time_point;

    // sink must outlive this.
    ListWatch(ListWatchSettings settings, ObjectSink& sink);

    struct Page {
        std::string target;  // GET it: one page of the list
    };
    struct Watch {
        std::string target;  // GET it: lines without end
        std::chrono::milliseconds idle;
    };
    struct Pause {
        std::chrono::milliseconds duration;
    };
    using Next = std::variant<Page, Watch, Pause>;
    // random: 64 random bits.
    Next next(Time now, std::uint64_t random);

    void on_page(std::expected<boost::json::value, Failure> const& page);
    // False: this watch is of no use any more.
    bool on_line(std::string_view line);
    // The watch is over: the server has ended it, or it failed, or on_line() returned false.
    void on_watch_end(std::expected<void, Failure> const& ended, Time now);

    // Why nothing is known at the moment; nullopt: all is well.
    std::optional<Failure> const& trouble() const { return trouble_; }

private:
    void fail(Failure failure);
    void list_again();
    bool on_event(std::string_view type, boost::json::value const& object);
    std::string with_selector(std::string target) const;

    ListWatchSettings const settings_;
    ObjectSink& sink_;
    base::Backoff backoff_;
    bool listed_ = false;   // version_ is where to watch from
    std::string continue_;  // where the next page begins; empty: the first one is next
    std::string version_;
    bool paused_ = false;  // a pause is due
    std::optional<std::chrono::milliseconds> retry_after_;
    bool heard_ = false;           // the present watch has said something
    bool over_ = false;            // the present watch was given up, and why is known already
    unsigned failed_watches_ = 0;  // in a row
    Time watching_since_{};
    std::optional<Failure> trouble_;
};

}  // namespace tidegate::kubernetes
