// One RTSP session that reads a stream over its TCP connection. It exists from the first SETUP on,
// and sends packets from PLAY to PAUSE: sound at once, pictures from the next key frame on
// (KeyframePatience). It adds sender reports (RFC 3550 §6.4.1). The session's loop only.
#pragma once

#include <boost/container/small_vector.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "net/write_queue.hpp"
#include "router/paths/reader_seat.hpp"
#include "router/rtsp/items.hpp"
#include "router/stream/keyframe_patience.hpp"
#include "router/stream/outlet.hpp"
#include "router/stream/reader_watch.hpp"
#include "router/stream/stream.hpp"
#include "rtp/rtcp.hpp"
#include "rtsp/core/server_events.hpp"
#include "rtsp/core/server_session.hpp"

namespace tidegate::router {

// The time between two sender reports of a track.
inline constexpr std::chrono::seconds kSenderReportInterval{10};

class alignas(base::kCacheLine) RtspReader final : public Reader {
public:
    struct Session {
        std::shared_ptr<RtspSessionRecord> record;
        net::WriteQueue& writes;
        std::size_t loop;
        std::function<void()> on_stream_ended;
        std::function<void()> on_redescribed;  // once: what DESCRIBE has told is wrong now
        KeyframePatience patience{};
        bool wants_cache = false;  // begins with the pictures that the stream keeps
    };
    RtspReader(Session session, ReaderSeat seat);
    ~RtspReader() override;

    std::vector<std::uint32_t> ssrcs() const;
    // Packets of these tracks are sent from here on. Returns what RTP-Info says of them.
    std::vector<rtsp::ServerSession::Position> play(std::span<rtsp::SetUpTrack const> setups);
    // Sends what play() has found in the stream's cache. To be called when the reply to PLAY is
    // queued, because the packets come behind it.
    void send_cached();
    void pause();

    // The client's receiver report of a track. Reports of other sources are ignored.
    void on_report(std::uint16_t track, rtp::ReportBlock const& block);
    std::uint64_t reported_lost() const;

    bool offer(FanoutItem const& item) override;
    void flush() override { writes_.flush(); }
    std::uint64_t deliver(FanoutBatch& batch) override;
    void const* hot() const override { return &writes_; }
    void missed(Missed const& count) override;
    void stream_ended() override { session_.on_stream_ended(); }

    ReaderSeat& seat() { return seat_; }
    // The lines that the log is to say about the reader now. To be called several times a second.
    std::vector<ReaderWatch::Line> look(std::chrono::steady_clock::time_point now) {
        return watch_.look(now, session_.record->without_picture);
    }
    // Copies the counters to the session's record, for the API. Not done with each write, because
    // the record is one more cache miss.
    void show_counters();

private:
    struct Lane {
        bool wanted = false;
        bool usual_channel = true;
        bool waiting_keyframe = false;  // after PLAY or a drop, with patience
        std::uint8_t channel = 0;
        std::uint32_t ssrc = 0;
        std::uint32_t packets = 0;
        std::uint32_t octets = 0;
        std::int32_t reported_lost = 0;
        std::optional<std::uint16_t>
            first_sequence;  // announced in RTP-Info; earlier ones are left out
        std::optional<std::chrono::steady_clock::time_point> last_report;
    };

    bool may_begin(Lane& lane, FanoutItem const& item) const;
    static void want(Lane& lane, rtsp::SetUpTrack const& setup, bool video);
    RtpPosition start_of(std::size_t track) const;

    bool wants(Lane& lane, FanoutItem const& item);
    void become_outdated();
    void look_for_work();
    bool report_due(Lane const& lane, std::chrono::steady_clock::time_point now) const;
    void report_if_due(Lane& lane, FanoutItem const& item);
    void count_sent(Lane& lane, FanoutItem const& item);
    void count_dropped(Lane& lane, FanoutItem const& item);

    // What deliver() touches stands together: with many readers each cache line here is a miss.
    net::WriteQueue& writes_;
    bool playing_ = false;
    bool outdated_ = false;
    bool takes_all_ = false;  // nothing to be left out or patched, and before next_report_ reported
    std::chrono::steady_clock::time_point next_report_;
    std::uint64_t packets_ = 0;
    std::uint64_t bytes_ = 0;
    boost::container::small_vector<Lane, 2> lanes_;  // by track
    Session session_;
    ReaderSeat seat_;
    Beginning beginning_;  // of the first PLAY, until it is sent
    ReaderWatch watch_;
};

}  // namespace tidegate::router
