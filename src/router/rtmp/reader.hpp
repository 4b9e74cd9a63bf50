// One RTMP client that plays a stream. It gets the tracks that it can play, pictures from a key
// frame on. When it cannot keep up, whole units are dropped, up to the next key frame. The
// session's loop only.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "net/write_queue.hpp"
#include "router/paths/reader_seat.hpp"
#include "router/rtmp/conns.hpp"
#include "router/stream/keyframe_patience.hpp"
#include "router/stream/outlet.hpp"
#include "router/stream/reader_watch.hpp"
#include "router/stream/stream.hpp"

namespace tidegate::router {

class alignas(base::kCacheLine) RtmpReader final : public Reader {
public:
    struct Session {
        std::shared_ptr<RtmpConnRecord> record;
        net::WriteQueue& writes;
        std::size_t loop;
        std::function<void()> on_stream_ended;
        KeyframePatience patience{};
    };
    // playable: indices into the tracks of the seat's stream.
    RtmpReader(Session session, ReaderSeat seat, std::vector<std::size_t> const& playable);
    ~RtmpReader() override;

    // Sends what the stream keeps of its group of pictures; the units that follow it come by
    // themselves. To be called once, when the client has been told of the tracks.
    void begin_with_cache();

    bool offer(FanoutItem const& item) override;
    void flush() override;
    std::uint64_t deliver(FanoutBatch& batch) override;
    void const* hot() const override { return &session_.writes; }
    void missed(Missed const& count) override;
    void stream_ended() override { session_.on_stream_ended(); }

    ReaderSeat& seat() { return seat_; }
    // The lines that the log is to say about the reader now. To be called several times a second.
    std::vector<ReaderWatch::Line> look(std::chrono::steady_clock::time_point now) {
        return watch_.look(now, session_.record->without_picture);
    }
    // Copies the counters to the session's record, for the API. Not done with each write, because
    // the record is one more cache miss.
    void show_bytes();

private:
    void begin(std::size_t track);
    void owe_header(FanoutItem const& item);
    bool pay_header(FanoutItem const& item);
    bool has_already(FanoutItem const& item);
    bool may_begin(FanoutItem const& item) const;
    void wait_for_keyframe(std::size_t track, bool wait);

    net::WriteQueue& writes_;
    bool wants_all_ = false;
    std::size_t waiting_count_ = 0;  // of waiting_, and 1 for had_
    std::size_t owed_count_ = 0;     // of owed_headers_ that are not empty
    Session session_;
    ReaderSeat seat_;
    std::vector<bool> wanted_;                     // by track
    std::vector<bool> waiting_;                    // by track: for the next keyframe, with patience
    std::vector<base::SharedBytes> owed_headers_;  // by track: changed ones that found no room
    AlreadyHad had_;
    ReaderWatch watch_;
};

}  // namespace tidegate::router
