#include "router/rtmp/publisher.hpp"

#include <fmt/format.h>

#include <utility>

#include "base/cache_line.hpp"
#include "flv/codec_name.hpp"
#include "log/log.hpp"
#include "media/access_unit.hpp"

namespace tidegate::router {

RtmpPublisher::RtmpPublisher(Paths& paths, std::string path, Publisher publisher)
    : paths_(paths),
      path_(std::move(path)),
      prefix_(publisher.description),
      publisher_(std::move(publisher)) {}

void RtmpPublisher::prefetch() const {
    if (!publication_) return;
    base::prefetch(this);
    publication_->prefetch();
}

void RtmpPublisher::on_metadata(rtmp::Metadata const& metadata) {
    if (probe_) probe_->expect({metadata.expects_video, metadata.expects_audio, {}});
    metadata_ = metadata;
    metadata_.encoder.clear();  // of any length, and no player has a use for it
    if (publication_) publication_->describe(metadata_);
}

void RtmpPublisher::on_caption(media::Caption&& caption) {
    if (publication_) publication_->tell(std::move(caption));
}

RtmpPublisher::Result RtmpPublisher::on_media(rtmp::MediaMessage&& message) {
    auto const tag =
        message.video ? video_tags_.parse(message.body) : flv::parse_audio(message.body);
    if (!tag) return std::unexpected(tag.error().message);
    auto const kind = message.video ? media::Kind::video : media::Kind::audio;
    auto const dts = media::from_milliseconds(message.timestamp_ms);
    return !publication_ ? probe(*tag, kind, dts) : forward(*tag, kind, dts);
}

RtmpPublisher::Result RtmpPublisher::on_time() {
    if (!probe_) return {};
    if (std::exchange(quiet_, true)) probe_->note_pause();
    return begin_if_ready();
}

RtmpPublisher::Result RtmpPublisher::accept(PathMatch match) {
    match_ = std::move(match);
    return begin_if_ready();
}

RtmpPublisher::Result RtmpPublisher::probe(flv::Tag const& tag, media::Kind kind,
                                           base::Timestamp dts) {
    quiet_ = false;
    if (auto const added = probe_->add(tag, kind, dts); !added) {
        return std::unexpected(added.error().message);
    }
    return begin_if_ready();
}

RtmpPublisher::Result RtmpPublisher::begin_if_ready() {
    if (!match_ || !probe_->ready()) return {};
    auto found = std::move(*probe_).finish();
    if (!found) return std::unexpected(found.error().message);
    rtmp::describe_sounds(metadata_, found->map, found->tracks);
    known_ = found->tracks;
    publisher_->caption_languages = metadata_.caption_languages;
    auto begun = Publication::begin(paths_, path_, *match_, *std::exchange(publisher_, {}),
                                    std::move(found->tracks));
    if (!begun) return std::unexpected(begun.error());
    publication_.emplace(std::move(*begun));
    publication_->describe(metadata_);
    tracks_ = found->map;
    left_out_ = std::move(found->left_out);
    if (!left_out_.empty()) {
        log::write(log::Level::warn, "rtmp.tracks_left_out",
                   prefix_ + " tracks left out: " + left_out_.text());
    }
    probe_.reset();
    for (auto& unit : found->units) publication_->publish(std::move(unit));
    return {};
}

// What belongs to no track of the stream is dropped, and named once.
RtmpPublisher::Result RtmpPublisher::forward(flv::Tag const& tag, media::Kind kind,
                                             base::Timestamp dts) {
    if (auto const* const frame = std::get_if<flv::Frame>(&tag)) {
        if (begins_late(*frame, kind)) {
            if (auto const begun = begin_late(*frame); !begun) return begun;
        }
        if (auto const track = tracks_.find(frame->codec, frame->track_id)) {
            if (frame->configuration) learn(*frame, *track);
            publication_->publish(flv::make_unit(*frame, *track, dts));
        } else {
            leave_out(flv::codec_name(frame->codec), kind, frame->track_id,
                      why_left_out(kind, frame->track_id));
        }
    } else if (auto const* const header = std::get_if<flv::SequenceHeader>(&tag)) {
        return forward(*header, kind, dts);
    } else if (auto const* const other = std::get_if<flv::Unsupported>(&tag)) {
        leave_out(flv::codec_name(other->codec, kind), kind, other->track_id,
                  flv::LeftOutReason::unsupported);
    } else if (auto const* const several = std::get_if<flv::Multitrack>(&tag)) {
        for (auto const& one : several->tracks) {
            if (auto const result = forward(one, kind, dts); !result) return result;
        }
    }
    return {};
}

RtmpPublisher::Result RtmpPublisher::forward(flv::SequenceHeader const& header, media::Kind kind,
                                             base::Timestamp dts) {
    auto const track = tracks_.find(kind, header.track_id);
    if (!track && !header.track.configured() && kind == media::Kind::audio) {
        return {};  // its first frame tells what it is
    }
    if (!track && !tracks_.full()) return begin_late(header.track, header.track_id);
    if (!track) {
        leave_out(flv::codec_name(header.track.codec()), kind, header.track_id,
                  flv::LeftOutReason::too_many);
        return {};
    }
    auto& known = known_[*track];
    if (header.track.codec() != known.codec()) {
        return std::unexpected(fmt::format("the codec of track {} has changed", *track));
    }
    if (media::adopt_configuration(known, header.track)) {
        publication_->update_track(*track, known, dts);
    }
    return {};
}

// A track that comes when the stream has begun without it, which can happen as often as a stream
// may have tracks: the stream begins anew, for readers cannot be told of another track.
RtmpPublisher::Result RtmpPublisher::begin_late(media::Track track, std::uint8_t track_id) {
    rtmp::describe_sound(metadata_, track_id, track);
    known_.push_back(track);
    log::write(log::Level::warn, "rtmp.late_track",
               fmt::format("{} {} {} has come late: the stream begins anew with it", prefix_,
                           flv::codec_name(track.codec()),
                           track.kind() == media::Kind::video ? "video" : "audio"));
    if (!publication_->renew(known_)) return std::unexpected("terminated");
    tracks_.add(track, static_cast<std::uint16_t>(known_.size() - 1), track_id);
    return {};
}

// Some codecs have no sequence header: their first frame begins the track.
bool RtmpPublisher::begins_late(flv::Frame const& frame, media::Kind kind) const {
    return media::explains_itself(frame.codec) && !tracks_.full() &&
           !tracks_.find(kind, frame.track_id);
}

RtmpPublisher::Result RtmpPublisher::begin_late(flv::Frame const& frame) {
    auto track = flv::track_of(frame);
    if (!track) return std::unexpected(track.error().message);
    return begin_late(*std::move(track), frame.track_id);
}

void RtmpPublisher::learn(flv::Frame const& frame, std::uint16_t track) {
    if (!media::learn_configuration(known_[track], frame.payload.view())) return;
    publication_->update_track(track, known_[track]);
}

flv::LeftOutReason RtmpPublisher::why_left_out(media::Kind kind, std::uint8_t track_id) const {
    if (tracks_.find(kind, track_id)) return flv::LeftOutReason::other_codec;
    return tracks_.full() ? flv::LeftOutReason::too_many : flv::LeftOutReason::unconfigured;
}

void RtmpPublisher::leave_out(std::string_view codec, media::Kind kind, std::uint8_t track_id,
                              flv::LeftOutReason reason) {
    if (auto const track = left_out_.note(codec, kind, track_id, reason)) {
        log::write(log::Level::warn, "rtmp.tracks_left_out",
                   prefix_ + " tracks left out: " + *track);
    }
}

}  // namespace tidegate::router
