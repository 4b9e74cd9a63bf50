// All tracks in one MPEG transport stream. One thread.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/shared_bytes.hpp"
#include "hls/core/stream_maker.hpp"
#include "ts/writer.hpp"

namespace tidegate::hls {

// A segment is gathered in pieces of about this size, because its size is not known before.
inline constexpr std::size_t kTransportPiece = 64 * 1024;

class TransportStream final : public StreamMaker {
public:
    explicit TransportStream(Settings const& settings) : StreamMaker(settings, "main") {}

    std::string_view content_type() const override { return "video/mp2t"; }
    void begin(std::vector<media::Track> tracks) override;
    void set_track(std::size_t track, media::Track config) override;
    bool configured() const override;
    bool changed() const override { return changed_; }

    std::expected<void, media::Error> approach(media::Unit const&) override { return {}; }
    std::expected<void, media::Error> add(media::Unit const& unit) override;
    std::expected<void, media::Error> drain(base::Timestamp) override { return {}; }

private:
    std::expected<Part, media::Error> take_part(base::Timestamp end) override;
    std::shared_ptr<Init const> take_init() override;
    void close_piece();

    media::Tracks tracks_;
    std::optional<ts::Writer> writer_;
    bool changed_ = false;
    base::SharedBytesBuilder piece_;
    mp4::Slices media_;
};

}  // namespace tidegate::hls
