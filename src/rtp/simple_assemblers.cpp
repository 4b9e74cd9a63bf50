// Makes units of Opus packets (RFC 7587: each is a unit), of MP3 packets (RFC 2250 §3.5: whole
// frames, or pieces of one), of FLAC packets (pieces of a frame, the last of which has the marker)
// and of G.711 packets (RFC 3551: samples of all channels).
#include <algorithm>
#include <utility>

#include "media/limits.hpp"
#include "media/mp3.hpp"
#include "rtp/assembler.hpp"

namespace tidegate::rtp {

namespace {

class OpusAssembler final : public Assembler {
public:
    std::expected<void, Error> feed(PacketView const& packet, bool,
                                    std::vector<Assembled>& out) override {
        out.push_back({base::SharedBytes::copy_of(packet.payload), true, packet.timestamp, 0});
        return {};
    }
};

class Mp3Assembler final : public Assembler {
public:
    std::expected<void, Error> feed(PacketView const& packet, bool gap,
                                    std::vector<Assembled>& out) override {
        if (gap) abandon();
        base::ByteReader reader(packet.payload);
        reader.skip(2);
        std::size_t const offset = reader.u16();
        auto const bytes = reader.rest();
        if (reader.failed() || bytes.empty()) return std::unexpected(Error::truncated);
        if (offset != 0) return continue_frame(offset, bytes, out);
        abandon();
        return frames(packet, bytes, out);
    }

private:
    std::expected<void, Error> frames(PacketView const& packet, base::ByteView bytes,
                                      std::vector<Assembled>& out) {
        std::int64_t delay = 0;
        while (!bytes.empty()) {
            auto const frame = media::parse_mp3_frame(bytes);
            if (!frame) return std::unexpected(Error::bad_aggregate);
            if (frame->size > bytes.size()) {
                wanted_ = frame->size;
                rtptime_ = packet.timestamp;
                pending_.assign(bytes.begin(), bytes.end());
                return {};
            }
            out.push_back({base::SharedBytes::copy_of(bytes.first(frame->size)), true,
                           packet.timestamp, delay});
            delay += std::int64_t{90000} * frame->samples / frame->config.sample_rate;
            bytes = bytes.subspan(frame->size);
        }
        return {};
    }

    // The header bounds the size of a frame (2,881 bytes), so its pieces need no other limit.
    std::expected<void, Error> continue_frame(std::size_t offset, base::ByteView bytes,
                                              std::vector<Assembled>& out) {
        if (pending_.empty() || offset != pending_.size() || bytes.size() > wanted_ - offset) {
            abandon();
            return std::unexpected(Error::bad_fragment);
        }
        pending_.insert(pending_.end(), bytes.begin(), bytes.end());
        if (pending_.size() < wanted_) return {};
        out.push_back({base::SharedBytes::copy_of(pending_), true, rtptime_, 0});
        pending_.clear();
        return {};
    }

    void abandon() {
        if (!pending_.empty()) count_drop();
        pending_.clear();
    }

    base::Bytes pending_;
    std::size_t wanted_ = 0;
    std::uint32_t rtptime_ = 0;
};

class FlacAssembler final : public Assembler {
public:
    std::expected<void, Error> feed(PacketView const& packet, bool gap,
                                    std::vector<Assembled>& out) override {
        if (gap || packet.timestamp != rtptime_) abandon();
        if (gap) skipping_ = !begins_frame(packet.payload);
        bool const skipped = skipping_;
        if (packet.marker) skipping_ = false;
        if (skipped) return {};
        if (pending_.size() + packet.payload.size() > media::kMaxUnit) {
            abandon();
            skipping_ = !packet.marker;
            return std::unexpected(Error::unit_too_large);
        }
        rtptime_ = packet.timestamp;
        pending_.insert(pending_.end(), packet.payload.begin(), packet.payload.end());
        if (!packet.marker) return {};
        out.push_back({base::SharedBytes::copy_of(std::exchange(pending_, {})), true, rtptime_, 0});
        return {};
    }

private:
    // The sync code (RFC 9639 §9.1).
    static bool begins_frame(base::ByteView payload) {
        return payload.size() >= 2 && payload[0] == 0xff && (payload[1] & 0xfe) == 0xf8;
    }

    void abandon() {
        if (!pending_.empty()) count_drop();
        pending_.clear();
    }

    base::Bytes pending_;
    std::uint32_t rtptime_ = 0;
    bool skipping_ = false;
};

class G711Assembler final : public Assembler {
public:
    explicit G711Assembler(std::size_t channels) : channels_(channels) {}

    std::expected<void, Error> feed(PacketView const& packet, bool,
                                    std::vector<Assembled>& out) override {
        auto const size = packet.payload.size() - packet.payload.size() % channels_;
        if (size == 0) return std::unexpected(Error::truncated);
        out.push_back(
            {base::SharedBytes::copy_of(packet.payload.first(size)), true, packet.timestamp, 0});
        return {};
    }

private:
    std::size_t channels_;
};

}  // namespace

std::unique_ptr<Assembler> make_flac_assembler() {
    return std::make_unique<FlacAssembler>();
}
std::unique_ptr<Assembler> make_g711_assembler(media::Track const& track) {
    return std::make_unique<G711Assembler>(
        std::max<std::size_t>(track.audio_format().channel_count, 1));
}
std::unique_ptr<Assembler> make_opus_assembler() {
    return std::make_unique<OpusAssembler>();
}
std::unique_ptr<Assembler> make_mp3_assembler() {
    return std::make_unique<Mp3Assembler>();
}

}  // namespace tidegate::rtp
