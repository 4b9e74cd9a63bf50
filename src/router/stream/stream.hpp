// A path's stream, from one publisher's start to its end: it keeps the tracks, makes the wire
// forms, and hands every unit to the outlets, where the readers are. Who publishes does so through
// a Publication. Threads: publish(), prefetch() and update_track() belong to the publisher's event
// loop; everything else may be called from any thread.
#pragma once

#include <array>
#include <atomic>
#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "media/track.hpp"
#include "media/unit.hpp"
#include "router/model/path_info.hpp"
#include "router/stream/caption_board.hpp"
#include "router/stream/fanout_item.hpp"
#include "router/stream/gop_cache.hpp"
#include "router/stream/outlet.hpp"
#include "router/stream/wall_clock.hpp"
#include "rtmp/core/metadata.hpp"
#include "rtp/packetizer.hpp"

namespace tidegate::router {

struct StreamSettings {
    std::size_t rtp_payload_size = rtp::kMaxPayload;
    Outlet::Settings outlet;
    GopReaders gop{};  // for whom the units since the last key frame are kept
    // In which languages its publisher tells captions.
    std::vector<std::string> caption_languages{};
};

// Where a track's RTP packets stand. RTSP tells readers in Transport and RTP-Info.
struct RtpPosition {
    std::uint32_t ssrc = 0;
    // Unset until a packet has been made.
    std::optional<std::uint16_t> next_sequence;
    // The same instant for all tracks: the latest decode time of any of them.
    std::uint32_t rtp_time = 0;
    base::Timestamp at{};  // this instant
};

class Stream {
public:
    // loops: each gets an outlet, whose index is the loop's. on_deserted: called without a lock, by
    // the thread that removes the last reader.
    Stream(std::string path, std::vector<asio::io_context*> const& loops,
           StreamSettings const& settings, media::Tracks tracks,
           std::function<void()> on_deserted = {});
    Stream(Stream const&) = delete;
    Stream& operator=(Stream const&) = delete;

    // REQUIRES: unit.track < tracks()->size().
    void publish(media::Unit const& unit);
    // Prefetches the memory that publish() will touch, here and in the outlets.
    void prefetch() const;
    // Gives a track another configuration: readers are told before the track's next unit. RTSP
    // readers get the new parameter sets of a video track with its pictures. Of a changed audio
    // track they cannot be told: those who read it end, so that they ask again.
    void update_track(std::size_t index, media::Track track, base::Timestamp at);
    // What the publisher says of its media, for RTMP players that come later.
    void describe(rtmp::Metadata metadata);
    void count_frame_in_error() { frames_in_error_.fetch_add(1, std::memory_order_relaxed); }

    // Tells the readers that the stream has ended. It may be called more than once.
    void end();

    std::string const& path() const { return path_; }
    WallTime available_since() const { return available_since_; }
    std::shared_ptr<media::Tracks const> tracks() const;
    std::shared_ptr<ShownTracks const> shown_tracks() const;
    // A number that rises when the tracks change in a way that readers over RTSP cannot be told of
    // while they read. An answer to DESCRIBE from before is wrong then.
    std::uint32_t description_version() const {
        return description_version_.load(std::memory_order_acquire);
    }
    rtmp::Metadata metadata() const;
    // Null: its publisher has announced no captions.
    CaptionBoard* captions() const { return captions_.get(); }
    RtpPosition rtp_position(std::size_t track) const;
    std::shared_ptr<Outlet> const& outlet(std::size_t loop) const { return outlets_[loop]; }

    // Registers a reader, which the API shows and maxReaders counts. From here on the stream makes
    // the wire form that the reader names; without a form the reader gets the units only. limit:
    // how many readers the stream may have; 0: any number. Returns false when it has so many
    // already, and when this reader is one of them. Otherwise the caller adds the reader to an
    // outlet().
    bool add_reader(PeerId const& reader, std::optional<WireForm> form, std::size_t limit);
    void remove_reader(PeerId const& reader, std::optional<WireForm> form);
    // All registered readers: a list that is made anew only after one has come or gone. Never null.
    std::shared_ptr<Readers const> readers() const;
    bool has_readers() const;
    // What a reader of this form begins with, and which items of its outlet it has with that. No
    // items: it begins with what comes. REQUIRES: the reader is registered and in its outlet.
    Beginning beginning(std::optional<WireForm> form) const;
    // Whether readers of this form begin with the units since the last key frame.
    bool keeps_group(std::optional<WireForm> form) const {
        return gop_ != nullptr && gop_->readers.has(form);
    }

    std::uint64_t inbound_bytes() const { return inbound_bytes_.load(std::memory_order_relaxed); }
    std::uint64_t outbound_bytes() const {
        return outbound_bytes_->load(std::memory_order_relaxed);
    }
    // Bytes that somebody got from this stream in another way than through an outlet.
    void count_outbound(std::uint64_t bytes) {
        outbound_bytes_->fetch_add(bytes, std::memory_order_relaxed);
    }
    std::uint64_t frames_in_error() const {
        return frames_in_error_.load(std::memory_order_relaxed);
    }

private:
    // What makes a track's packets. The publisher's loop only.
    struct Lane {
        media::Track track;
        rtp::Packetizer packetizer;
        std::optional<std::uint8_t> rtmp_id;  // nullopt: RTMP cannot carry the track
    };
    // Where a lane stands, for rtp_position().
    struct Position {
        std::uint32_t ssrc = 0;
        std::uint32_t clock_rate = 0;
        std::optional<std::uint16_t> next_sequence;
        std::uint32_t rtp_time = 0;
        base::Timestamp dts{};
    };

    // The units since the last key frame. Whoever makes wire forms has the lock, so that the
    // packets of the kept units and those of the next ones have numbers in this order.
    struct Gop {
        explicit Gop(GopReaders who) : readers(who) {}

        GopReaders const readers;
        std::mutex mutex;
        GopCache cache;            // guarded by mutex
        std::uint32_t number = 0;  // guarded by mutex: of the last item
    };

    FanoutItem make_item(media::Unit const& unit);
    void publish_and_keep(media::Unit const& unit);
    bool is_wanted(WireForm form) const;
    void make_form(WireForm form, Lane& lane, FanoutItem& item);
    void subscribe(WireForm form);
    void packetize(Lane& lane, FanoutItem& item);
    void change_track(std::size_t index, media::Track track, base::Timestamp at);
    void fan_out(FanoutItem const& item);
    void refresh_tracks();

    std::string const path_;
    WallTime const available_since_;
    std::size_t const rtp_payload_size_;
    std::function<void()> const on_deserted_;
    std::vector<Lane> lanes_;
    WallClock wall_clock_;
    std::optional<std::size_t> first_video_;
    std::unique_ptr<Gop> const gop_;  // null: nothing is kept
    std::unique_ptr<CaptionBoard> const captions_;
    std::vector<std::shared_ptr<Outlet>> outlets_;

    std::atomic<std::uint64_t> inbound_bytes_{0};
    std::shared_ptr<std::atomic<std::uint64_t>> outbound_bytes_ =
        std::make_shared<std::atomic<std::uint64_t>>(0);
    std::atomic<std::uint64_t> frames_in_error_{0};
    std::atomic<std::uint32_t> description_version_{0};
    std::array<std::atomic<std::size_t>, kWireForms> subscribers_{};  // by WireForm

    mutable std::mutex mutex_;
    std::shared_ptr<ShownTracks const> tracks_;  // guarded by mutex_
    std::vector<Position> positions_;            // guarded by mutex_
    rtmp::Metadata metadata_;                    // guarded by mutex_

    // Packetising takes mutex_: whoever lists ten thousand readers must not hold it.
    mutable std::mutex readers_mutex_;
    std::set<PeerId> readers_;                              // guarded by readers_mutex_
    std::uint64_t readers_version_ = 0;                     // guarded by readers_mutex_
    mutable std::shared_ptr<Readers const> shown_readers_;  // guarded by readers_mutex_
    mutable std::uint64_t shown_version_ = 0;               // guarded by readers_mutex_
};

// "2 tracks (H264, MPEG-4 Audio)", as the log shows them.
std::string describe_tracks(media::Tracks const& tracks);

}  // namespace tidegate::router
