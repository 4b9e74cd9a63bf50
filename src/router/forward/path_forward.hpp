// All destinations of one path. It reads the path's stream, while there is one, for all of them.
// The web loop only.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "router/forward/destination.hpp"
#include "router/stream/outlet.hpp"
#include "router/stream/stream.hpp"

namespace tidegate::router {

class PathForward final : public Reader {
public:
    // ended: posted when the stream has ended.
    PathForward(Services& services, ForwardRecords& records, ForwardNames names,
                std::function<void(Stream const*)> ended);
    ~PathForward() override;

    // An entry that is the same at the same place goes on, as in MediaMTX.
    void configure(std::vector<config::mediamtx::ForwardDest> const& entries);
    void follow(std::shared_ptr<Stream> const& stream);
    void leave();
    std::shared_ptr<Stream> const& stream() const { return stream_; }

    bool offer(FanoutItem const& item) override;
    void flush() override;
    void stream_ended() override;

private:
    Services& services_;
    ForwardRecords& records_;
    ForwardNames const names_;
    std::function<void(Stream const*)> const ended_;
    std::vector<std::shared_ptr<Destination>> destinations_;
    std::shared_ptr<Stream> stream_;  // null: there is none
    std::uint64_t sent_ = 0;          // RTP bytes since the last flush
};

}  // namespace tidegate::router
