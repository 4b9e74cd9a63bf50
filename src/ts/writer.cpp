#include "ts/writer.hpp"

#include <array>
#include <utility>

#include "media/aac.hpp"
#include "media/avcc.hpp"
#include "media/nal.hpp"
#include "ts/pes.hpp"

namespace tidegate::ts {

namespace {

using media::Codec;
using media::NalRole;

constexpr std::uint32_t kClockRate = 90000;
constexpr std::array<std::uint8_t, 4> kStartCode{0, 0, 0, 1};
// Access unit delimiters that allow any kind of slice (ITU-T H.264 §7.3.2.4, H.265 §7.3.2.5).
constexpr std::array<std::uint8_t, 2> kH264Delimiter{0x09, 0xf0};
constexpr std::array<std::uint8_t, 3> kH265Delimiter{0x46, 0x01, 0x50};

base::ByteView delimiter(Codec codec) {
    return codec == Codec::h264 ? base::ByteView(kH264Delimiter) : base::ByteView(kH265Delimiter);
}

std::uint64_t ticks(base::Timestamp time) {
    return static_cast<std::uint64_t>(base::to_ticks(time, kClockRate)) & kTimeMask;
}

std::uint8_t stream_id(media::Track const& track) {
    if (track.kind() == media::Kind::video) return kVideoStreamId;
    bool const is_private = track.codec() == Codec::opus || track.codec() == Codec::ac3;
    return is_private ? kPrivateStreamId : kAudioStreamId;
}

// The time of an AAC unit, counted in samples. The count starts anew when the publisher's time is
// too far from it.
base::Timestamp sample_time(std::optional<std::int64_t>& next, base::Timestamp pts,
                            std::uint32_t rate) {
    auto const counted = next ? base::from_ticks(*next, rate) : pts + 2 * kMaxAacDrift;
    if (counted - pts > kMaxAacDrift || pts - counted > kMaxAacDrift) {
        next = base::to_ticks(pts, rate);
    }
    return base::from_ticks(std::exchange(next, *next + media::kAacSamplesPerUnit).value(), rate);
}

}  // namespace

Writer::Writer(media::Tracks tracks) : tracks_(std::move(tracks)) {
    streams_.resize(tracks_.size());
    auto pid = kFirstTrackPid;
    for (std::size_t i = 0; i < tracks_.size(); ++i) {
        if (!check_writable(tracks_[i])) continue;
        Stream stream{{pid++, 0}, std::nullopt, std::nullopt};
        if (auto const* aac = std::get_if<media::AacConfig>(&tracks_[i].config))
            stream.adts = *adts_form(*aac);
        streams_[i] = stream;
    }
    for (std::size_t i = tracks_.size(); i-- > 0;) {
        if (!carries(i)) continue;
        if (is_video(i) || !carries(clock_track_) || !is_video(clock_track_)) clock_track_ = i;
    }
}

bool Writer::is_video(std::size_t track) const {
    return tracks_[track].kind() == media::Kind::video;
}

void Writer::set_track(std::size_t track, media::Track config) {
    tracks_[track] = std::move(config);
}

std::expected<void, media::Error> Writer::write(media::Unit const& unit,
                                                base::SharedBytesBuilder& out) {
    if (unit.track >= streams_.size() || !carries(unit.track)) return {};
    auto& stream = *streams_[unit.track];
    pieces_.assign(1, {});  // for the header
    prefix_.clear();
    if (auto gathered = gather(unit, stream); !gathered) return gathered;
    auto pts = unit.pts;
    auto dts = unit.dts;
    if (stream.adts) dts = pts = sample_time(stream.next_sample, pts, stream.adts->core_rate);
    std::size_t size = 0;
    for (auto const piece : pieces_) size += piece.size();
    if (!is_video(unit.track) && size > kMaxAudioPes) return media::fail("audio unit is too large");
    PesHeader const header(stream_id(tracks_[unit.track]), ticks(pts), ticks(dts), size);
    pieces_.front() = header.view();
    if (tables_wanted(unit)) write_tables(out, unit.dts);
    keep_clock(unit, out);
    write_pes(out, stream.packets, adaptation(unit), pieces_);
    return {};
}

std::expected<void, media::Error> Writer::gather(media::Unit const& unit, Stream& stream) {
    if (is_video(unit.track)) return gather_video(unit);
    if (stream.adts) return gather_adts(unit, *stream.adts);
    if (tracks_[unit.track].codec() == Codec::opus) gather_opus(unit);
    pieces_.push_back(unit.payload.view());
    return {};
}

std::expected<void, media::Error> Writer::gather_video(media::Unit const& unit) {
    auto const codec = tracks_[unit.track].codec();
    auto const put = [&](base::ByteView nalu) {
        pieces_.insert(pieces_.end(), {base::ByteView(kStartCode), nalu});
    };
    put(delimiter(codec));
    auto const sets_at = pieces_.size();
    bool has_sets = false;
    media::AvccReader nalus(unit.payload.view());
    while (auto const nalu = nalus.next()) {
        auto const role = media::nal_role(codec, *nalu);
        has_sets = has_sets || role == NalRole::sps;
        // Our own delimiter is the first unit, and there may be only one.
        if (role != NalRole::access_unit_delimiter) put(*nalu);
    }
    if (auto error = nalus.error()) return std::unexpected(*std::move(error));
    if (pieces_.size() == sets_at) return media::fail("unit without a picture");
    if (!unit.keyframe || has_sets) return {};
    auto const sets = tracks_[unit.track].parameter_sets()->all();
    auto at = pieces_.begin() + static_cast<std::ptrdiff_t>(sets_at);
    at = pieces_.insert(at, 2 * sets.size(), {});
    for (auto const& set : sets) {
        *at++ = kStartCode;
        *at++ = set.nalu;
    }
    return {};
}

std::expected<void, media::Error> Writer::gather_adts(media::Unit const& unit,
                                                      AdtsForm const& form) {
    if (kAdtsHeaderSize + unit.payload.size() > kMaxAdtsFrame)
        return media::fail("AAC unit is too large for ADTS");
    auto const header = form.header(unit.payload.size());
    prefix_.assign(header.begin(), header.end());
    pieces_.insert(pieces_.end(), {base::ByteView(prefix_), unit.payload.view()});
    return {};
}

// Writes the control header: a sync word of eleven bits, no flags, and the size as a sum of bytes,
// of which the last is not 255.
void Writer::gather_opus(media::Unit const& unit) {
    base::ByteWriter writer(prefix_);
    writer.u16(0x7fe0U);
    auto left = unit.payload.size();
    for (; left >= 255; left -= 255) writer.u8(255U);
    writer.u8(left);
    pieces_.emplace_back(prefix_);
}

bool Writer::tables_wanted(media::Unit const& unit) const {
    if (tables_due_) return true;
    if (is_video(clock_track_)) return unit.track == clock_track_ && unit.keyframe;
    return unit.dts - tables_at_ >= kTablesGap;
}

void Writer::write_tables(base::SharedBytesBuilder& out, base::Timestamp now) {
    std::vector<ElementaryStream> elementary;
    for (std::size_t i = 0; i < tracks_.size(); ++i) {
        if (carries(i)) elementary.push_back({streams_[i]->packets.pid, &tracks_[i]});
    }
    write_section(out, pat_, write_pat());
    write_section(out, pmt_, write_pmt(streams_[clock_track_]->packets.pid, elementary));
    tables_due_ = false;
    tables_at_ = now;
}

Adaptation Writer::adaptation(media::Unit const& unit) {
    Adaptation field{.random_access = unit.keyframe, .clock = std::nullopt};
    if (unit.track == clock_track_ && (!clock_at_ || unit.dts > *clock_at_)) {
        clock_at_ = unit.dts;
        field.clock = ticks(unit.dts - kClockLead);
    }
    return field;
}

// Writes a packet with the clock only when the units of the clock track come too seldom.
void Writer::keep_clock(media::Unit const& unit, base::SharedBytesBuilder& out) {
    if (unit.track == clock_track_ || !clock_at_ || unit.dts - *clock_at_ < kClockGap) return;
    clock_at_ = unit.dts;
    write_clock(out, streams_[clock_track_]->packets, ticks(unit.dts - kClockLead));
}

}  // namespace tidegate::ts
