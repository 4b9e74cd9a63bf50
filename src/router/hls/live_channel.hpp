// A stream as live.mp4, in one choice of its tracks: it reads the units, makes a fragment of each
// picture, and writes the same bytes to all viewers. It exists while it has a viewer. The web loop
// only.
#pragma once

#include <compare>
#include <cstdint>
#include <expected>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "router/hls/live_fragments.hpp"
#include "router/stream/gop_cache.hpp"
#include "router/stream/stream.hpp"

namespace tidegate::router {

// Which tracks a viewer wants: of each kind one or none, counted from 1 among those of its kind.
struct LiveChoice {
    std::optional<std::size_t> video = 1;
    std::optional<std::size_t> audio = 1;
    auto operator<=>(LiveChoice const&) const = default;
};
// The places of these tracks in the stream. A track that was not asked for by its number is left
// out when MP4 cannot carry it. The error is a sentence.
std::expected<std::vector<std::size_t>, std::string> choose_live_tracks(media::Tracks const& tracks,
                                                                        LiveChoice const& choice);

// Who gets the fragments.
class LiveSink {
public:
    virtual ~LiveSink() = default;
    // Must not destroy the sink, nor take it from the channel.
    virtual void write(LiveFragment const& fragment) = 0;
    // Nothing more comes.
    virtual void end(std::string_view reason) = 0;
};

class LiveChannel final : public Reader {
public:
    // loop: the index of the web loop's outlet.
    static std::expected<std::shared_ptr<LiveChannel>, std::string> open(
        std::shared_ptr<Stream> stream, std::size_t loop, LiveChoice const& choice);
    ~LiveChannel() override;

    base::SharedBytes const& init() const { return fragments_.init(); }
    std::string const& codecs() const { return fragments_.codecs(); }
    media::Tracks const& tracks() const { return tracks_; }
    bool has_video() const { return fragments_.has_video(); }
    // No further viewer may come: the stream or these tracks of it have ended.
    bool ended() const { return ended_; }

    // The sink gets what comes from here on, and before that, if the router keeps it, what has come
    // since the last keyframe.
    void add(LiveSink& sink);
    void remove(LiveSink& sink);
    void end(std::string_view reason);

    bool offer(FanoutItem const& item) override;
    void flush() override;
    void stream_ended() override { end("the stream has ended"); }

private:
    LiveChannel(std::shared_ptr<Stream> stream, std::size_t loop, media::Tracks tracks,
                std::vector<std::size_t> const& places, LiveFragments fragments);
    void begin();
    void take(std::optional<LiveFragment> fragment, base::Timestamp at);

    std::shared_ptr<Stream> const stream_;
    std::size_t const loop_;
    media::Tracks const tracks_;
    std::vector<std::optional<std::uint16_t>> places_;  // here, by the stream's track
    LiveFragments fragments_;
    std::vector<LiveSink*> sinks_;
    std::vector<LiveFragment> made_;  // since the last flush
    std::optional<GopCache> group_;   // if the router keeps it: the fragments are its units
    AlreadyHad had_;
    bool ended_ = false;
};

// The channels that have viewers.
class LiveChannels {
public:
    explicit LiveChannels(std::size_t loop) : loop_(loop) {}

    std::expected<std::shared_ptr<LiveChannel>, std::string> open(
        std::shared_ptr<Stream> const& stream, LiveChoice const& choice);
    void end_all(std::string_view reason);

private:
    struct Key {
        Stream const* stream;
        LiveChoice choice;
        auto operator<=>(Key const&) const = default;
    };
    std::size_t const loop_;
    std::map<Key, std::weak_ptr<LiveChannel>> channels_;
};

}  // namespace tidegate::router
