// A server for the tests of this folder that takes one publisher over RTSP, as routers do.
#pragma once

#include <map>
#include <utility>

#include "endpoint/test_peers.hpp"
#include "rtp/packet.hpp"
#include "rtp/receiver.hpp"

namespace tidegate::endpoint::test {

class RtspTarget final : public Acceptor, rtsp::ServerSink {
public:
    struct Received {
        std::uint16_t track = 0;
        base::Timestamp pts{};  // on one line for all tracks
        bool keyframe = false;
        base::Bytes payload;
    };

    using Acceptor::Acceptor;

    std::string url(std::string const& user = {}) const {
        return "rtsp://" + user + "127.0.0.1:" + std::to_string(port()) + "/live/x/out";
    }
    std::vector<Received> units(std::uint16_t track) const {
        std::vector<Received> found;
        std::ranges::copy_if(received, std::back_inserter(found),
                             [track](Received const& one) { return one.track == track; });
        return found;
    }
    std::uint64_t packets_lost() const { return receiver_->packets_lost(); }
    media::Track const& track(std::size_t number) const { return receiver_->track(number); }
    void accept_record() {
        core_->record_ok();
        send(core_->take_output());
    }

    std::optional<rtsp::Credentials> login;  // what a publisher must know
    bool accepting = true;
    bool busy = false;           // RECORD gets 400
    bool asked = false;          // for RECORD
    bool knows_captions = true;  // otherwise SET_PARAMETER gets 501
    int refused_captions = 0;
    int teardowns = 0;
    media::Tracks announced;
    std::vector<std::string> caption_languages;
    std::vector<media::Caption> captions;  // their times are those of received
    std::vector<Received> received;
    // Of each track: the wall time that its reports give to RTP timestamp 0 of the track's first
    // report, and when its first packet came.
    std::map<std::uint16_t, std::vector<rtp::SenderReport>> reports;
    std::map<std::uint16_t, std::uint32_t> first_rtptime;
    std::map<std::uint16_t, std::chrono::steady_clock::time_point> first_at;
    int packets_before_report = 0;

private:
    void opened() override {
        core_.emplace(rtsp::ServerSettings{[] { return std::string(32, 'a'); },
                                           {{rtsp::Scheme::basic, "here"}}});
    }
    void feed(base::ByteView bytes) override {
        auto const text = base::as_text(bytes);
        if (!knows_captions && text.starts_with("SET_PARAMETER ")) return refuse_captions(text);
        core_->feed(bytes, *this);
        send(core_->take_output());
        if (core_->closing()) drop();
    }
    void on_event(rtsp::ServerEvent&& event) override {
        if (auto const* const announce = std::get_if<rtsp::Announce>(&event)) {
            on_announce(*announce);
        } else if (std::holds_alternative<rtsp::Record>(event)) {
            asked = true;
            if (busy) return core_->bad_request("somebody publishes already");
            if (accepting) core_->record_ok();
        } else if (std::holds_alternative<rtsp::Teardown>(event)) {
            ++teardowns;
        }
    }
    void on_announce(rtsp::Announce const& announce) {
        if (login && !announce.target.authorization) return core_->unauthorized();
        if (login && !core_->verify(*login)) return core_->wrong_credentials();
        announced = announce.description.tracks();
        caption_languages = announce.description.caption_languages;
        std::vector<rtp::ReceivedTrack> tracks;
        for (auto const& media : announce.description.medias) {
            tracks.push_back({*media.track,
                              {.track = static_cast<std::uint16_t>(tracks.size()),
                               .payload_type = media.payload_type,
                               .clock_rate = media.clock_rate,
                               .aac = media.aac}});
        }
        receiver_.emplace(std::move(tracks), milliseconds{2000});
        core_->announce_ok();
    }
    void on_caption(rtsp::Caption&& caption) override {
        auto const start = receiver_->time_of(caption.track, caption.rtptime);
        if (start) captions.push_back({caption.language, *start, caption.duration, caption.text});
    }
    // As MediaMTX does. REQUIRES: the bytes are such requests only, each whole.
    void refuse_captions(std::string_view text) {
        for (auto at = text.find("CSeq: "); at != text.npos; at = text.find("CSeq: ", at + 1)) {
            ++refused_captions;
            auto const cseq = text.substr(at, text.find('\n', at) + 1 - at);
            std::string answer("RTSP/1.0 501 Not Implemented\r\n");
            send(base::as_bytes(answer.append(cseq).append("Server: gortsplib\r\n\r\n")));
        }
    }
    void on_packet(std::uint16_t track, bool rtcp, base::ByteView packet) override {
        auto const now = std::chrono::steady_clock::now();
        std::vector<media::Unit> units;
        if (rtcp) {
            for (auto const& one : *rtp::parse_rtcp(packet)) {
                auto const* const report = std::get_if<rtp::SenderReport>(&one);
                if (report == nullptr) continue;
                reports[track].push_back(*report);
                receiver_->on_report(track, *report, now.time_since_epoch(), units);
            }
        } else {
            if (reports[track].empty()) ++packets_before_report;
            first_at.try_emplace(track, now);
            first_rtptime.try_emplace(track, rtp::parse_packet(packet)->timestamp);
            static_cast<void>(receiver_->on_rtp(track, packet, now.time_since_epoch(), units));
        }
        for (auto const& unit : units) {
            auto const bytes = unit.payload.view();
            received.push_back({unit.track, unit.pts, unit.keyframe, {bytes.begin(), bytes.end()}});
        }
    }

    std::optional<rtsp::ServerSession> core_;
    std::optional<rtp::Receiver> receiver_;
};

}  // namespace tidegate::endpoint::test
