// A reader's seat at a stream: it is counted, the API shows it, and its wire form is made for it.
// The seat's destructor undoes all of this, and runOnRead if that has begun. The reader's event
// loop.
#pragma once

#include <expected>
#include <memory>
#include <optional>
#include <string>

#include "router/paths/paths.hpp"

namespace tidegate::router {

class ReaderSeat {
public:
    // Takes a seat at the stream that is live on the path now. match, query: the path's entry and
    // the client's query when it was authorized. form: what it reads; nullopt: units only.
    static std::expected<ReaderSeat, Paths::Refused> take(Paths& paths, std::string const& path,
                                                          PathMatch match, std::string query,
                                                          PeerId reader,
                                                          std::optional<WireForm> form);
    ~ReaderSeat();
    ReaderSeat(ReaderSeat&&) noexcept;
    ReaderSeat& operator=(ReaderSeat&&) = delete;

    std::shared_ptr<Stream> const& stream() const { return stream_; }

    // Media is sent from now on: runOnRead starts, unless it runs already. log_prefix: of the
    // reader, "[RTSP] [session 1f2e3d4c]".
    void start_reading(std::string log_prefix);
    // Nothing is sent any more: runOnRead stops and runOnUnread runs.
    void stop_reading();
    bool is_reading() const;

private:
    struct Holder;  // who has the seat; kept apart, for readers lie side by side in memory
    ReaderSeat(std::shared_ptr<Stream> stream, std::unique_ptr<Holder> holder);

    std::shared_ptr<Stream> stream_;
    std::unique_ptr<Holder> holder_;  // null once moved from
};

}  // namespace tidegate::router
