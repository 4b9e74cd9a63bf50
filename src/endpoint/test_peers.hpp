// Servers for the tests of this folder, on loopback sockets and on the test's own loop: an RTSP and
// an RTMP server that have one stream each, and an RTMP server that takes one publisher.
#pragma once

#include <algorithm>
#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "flv/tag.hpp"
#include "flv/writer.hpp"
#include "media/test_samples.hpp"
#include "net/event_loop.hpp"
#include "rtmp/core/media_message.hpp"
#include "rtmp/core/server_session.hpp"
#include "rtp/packetizer.hpp"
#include "rtp/rtcp.hpp"
#include "rtp/train.hpp"
#include "rtsp/core/server_session.hpp"

namespace tidegate::endpoint::test {

namespace asio = boost::asio;
using asio::ip::tcp;
using std::chrono::milliseconds;

inline media::Tracks av_tracks() {
    return {{media::test::h264_720p()}, {media::test::aac_stereo_44100()}};
}

// A picture of one slice (track 0) or an audio unit, filled with `mark`.
inline media::Unit unit(std::uint16_t track, milliseconds at, std::uint8_t mark,
                        bool keyframe = true, std::size_t size = 50) {
    media::Unit made;
    made.track = track;
    made.keyframe = keyframe;
    made.pts = made.dts = at;
    base::Bytes payload(size, mark);
    if (track == 0) {
        base::ByteWriter(payload = {}).u32(static_cast<std::uint32_t>(size));
        payload.push_back(keyframe ? 0x65 : 0x41);
        payload.resize(4 + size, mark | 0x80);  // the first slice of a picture
    }
    made.payload = base::SharedBytes::copy_of(payload);
    return made;
}

class Loop {
public:
    // Runs the loop until the condition holds. False: it did not in time, which only a failing test
    // waits for.
    template <class Condition>
    bool run_until(Condition condition, std::chrono::seconds most = std::chrono::seconds{60}) {
        auto const deadline = std::chrono::steady_clock::now() + most;
        while (!condition()) {
            if (std::chrono::steady_clock::now() > deadline) return false;
            io.restart();
            io.run_one_for(milliseconds{5});
        }
        return true;
    }

    asio::io_context io{1};
    std::vector<std::string> exceptions;
    net::EventLoop loop{io,
                        0,
                        [this](std::string const& name, std::string const& what) {
                            exceptions.push_back(name + ": " + what);
                        },
                        {.period = milliseconds{5}}};
};

// Accepts connections on a free port, one at a time, and hands their bytes to feed().
class Acceptor {
public:
    explicit Acceptor(asio::io_context& io) : acceptor_(io, {asio::ip::address_v4::loopback(), 0}) {
        accept();
    }
    virtual ~Acceptor() = default;

    unsigned short port() const { return acceptor_.local_endpoint().port(); }
    void drop() {
        boost::system::error_code ignored;
        if (socket_) socket_->shutdown(tcp::socket::shutdown_both, ignored);
    }
    // RST instead of FIN.
    void reset() {
        socket_->set_option(asio::socket_base::linger(true, 0));
        socket_->close();
    }
    void refuse_connections() { acceptor_.close(); }
    // Nothing is read until resume().
    void pause() { paused_ = true; }
    void resume() {
        paused_ = false;
        read();
    }

    int connections = 0;
    int ended = 0;  // by the client

protected:
    virtual void opened() = 0;
    virtual void feed(base::ByteView bytes) = 0;
    void send(base::ByteView bytes) {
        boost::system::error_code ignored;
        if (!bytes.empty())
            asio::write(*socket_, asio::buffer(bytes.data(), bytes.size()), ignored);
    }

private:
    void accept() {
        acceptor_.async_accept([this](boost::system::error_code error, tcp::socket socket) {
            if (error) return;
            socket_.emplace(std::move(socket));
            ++connections;
            opened();
            read();
            accept();
        });
    }
    void read() {
        if (paused_ || std::exchange(reading_, true)) return;
        socket_->async_read_some(asio::buffer(buffer_), [this](auto error, std::size_t count) {
            reading_ = false;
            if (error == asio::error::operation_aborted) return;
            if (error) {
                ++ended;
                return;
            }
            feed({buffer_.data(), count});
            read();
        });
    }

    tcp::acceptor acceptor_;
    std::optional<tcp::socket> socket_;
    std::array<std::uint8_t, 65536> buffer_;
    bool paused_ = false;
    bool reading_ = false;
};

class RtspPeer final : public Acceptor, rtsp::ServerSink {
public:
    explicit RtspPeer(asio::io_context& io, media::Tracks stream = av_tracks())
        : Acceptor(io), tracks(std::move(stream)) {}

    std::string url() const { return "rtsp://127.0.0.1:" + std::to_string(port()) + "/live/x/in"; }
    bool playing() const { return core_ && core_->state() == rtsp::ServerState::playing; }

    // Sends the RTP packets of a unit, and before the first unit of each track a sender report.
    void send_unit(media::Unit const& unit) {
        auto& sender = senders_[unit.track];
        if (unreported_[unit.track]) {
            unreported_[unit.track] = false;
            rtp::SenderReport report;
            report.ssrc = sender.ssrc();
            report.ntp = rtp::ntp_from_unix(std::chrono::hours{24 * 365} + unit.pts);
            report.rtptime = sender.rtptime_of(unit.pts);
            auto const channel = static_cast<std::uint8_t>(2 * unit.track + 1);
            send(rtp::interleave(channel, rtp::write_rtcp(report)).view());
        }
        send(sender.packetize(unit).bytes.view());
    }
    void send_raw(base::ByteView bytes) { send(bytes); }

    media::Tracks tracks;
    bool absent = false;  // DESCRIBE gets 404
    std::vector<std::chrono::steady_clock::time_point> describes;
    int teardowns = 0;

private:
    void opened() override {
        core_.emplace(rtsp::ServerSettings{[] { return std::string(32, 'a'); }, {}});
        senders_.clear();
        for (std::size_t i = 0; i < tracks.size(); ++i) {
            senders_.emplace_back(
                tracks[i], rtp::PacketizerSettings{
                               .ssrc = static_cast<std::uint32_t>(i + 1),
                               .timestamp_offset = static_cast<std::uint32_t>(1000 + 500'000 * i),
                               .channel = rtp::usual_channel(i),
                               .payload_type = rtp::payload_type_of(tracks[i], i)});
        }
        unreported_.assign(tracks.size(), true);
    }
    void feed(base::ByteView bytes) override {
        core_->feed(bytes, *this);
        send(core_->take_output());
        if (core_->closing()) drop();
    }
    void on_event(rtsp::ServerEvent&& event) override {
        if (std::holds_alternative<rtsp::Describe>(event)) {
            describes.push_back(std::chrono::steady_clock::now());
            absent ? core_->not_found("no stream is available on path")
                   : core_->describe_ok(tracks);
        } else if (std::holds_alternative<rtsp::Attach>(event)) {
            std::vector<std::uint32_t> const ssrcs(tracks.size(), 1);
            core_->attach_ok(ssrcs);
        } else if (std::holds_alternative<rtsp::Play>(event)) {
            core_->play_ok({});
        } else if (std::holds_alternative<rtsp::Teardown>(event)) {
            ++teardowns;
        }
    }
    void on_packet(std::uint16_t, bool, base::ByteView) override {}

    std::optional<rtsp::ServerSession> core_;
    std::vector<rtp::Packetizer> senders_;
    std::vector<bool> unreported_;
};

class RtmpPeer final : public Acceptor, rtmp::ServerSink {
public:
    struct Received {
        bool video = false;
        std::int64_t stamp = 0;
        bool header = false;  // a sequence header
        bool keyframe = false;
        base::Bytes payload;
    };

    using Acceptor::Acceptor;

    std::string url() const { return "rtmp://127.0.0.1:" + std::to_string(port()) + "/live/x/out"; }
    std::vector<Received> units(bool video) const {
        std::vector<Received> found;
        std::ranges::copy_if(received, std::back_inserter(found), [video](Received const& one) {
            return one.video == video && !one.header;
        });
        return found;
    }
    std::size_t count(bool video) const {
        return static_cast<std::size_t>(std::ranges::count_if(
            received, [video](Received const& one) { return one.video == video && !one.header; }));
    }
    void accept_publish() {
        core_->accept_publish();
        answer();
    }

    bool accepting = true;
    std::optional<std::pair<std::string, std::string>> refusal;
    bool asked = false;
    int closed = 0;  // by deleteStream
    std::vector<Received> received;
    std::vector<std::string> caption_languages;
    std::vector<media::Caption> captions;

private:
    void opened() override { core_.emplace(1); }
    void feed(base::ByteView bytes) override {
        [[maybe_unused]] auto const result = core_->feed(bytes, *this);
        answer();
    }
    void answer() {
        send(core_->output());
        core_->output().clear();
    }
    void on_publish(rtmp::PublishRequest&&) override {
        asked = true;
        if (refusal) {
            core_->reject(refusal->first, refusal->second);
        } else if (accepting) {
            core_->accept_publish();
        }
    }
    void on_play(rtmp::PlayRequest&&) override {}
    void on_media(rtmp::MediaMessage&& message) override {
        auto const tag =
            message.video ? flv::parse_video(message.body) : flv::parse_audio(message.body);
        Received one;
        one.video = message.video;
        one.stamp = message.timestamp_ms;
        one.header = tag && std::holds_alternative<flv::SequenceHeader>(*tag);
        if (auto const* const frame = tag ? std::get_if<flv::Frame>(&*tag) : nullptr) {
            one.keyframe = frame->keyframe;
            one.payload.assign(frame->payload.view().begin(), frame->payload.view().end());
        }
        received.push_back(std::move(one));
    }
    void on_metadata(rtmp::Metadata&& metadata) override {
        caption_languages = std::move(metadata.caption_languages);
    }
    void on_caption(media::Caption&& caption) override { captions.push_back(std::move(caption)); }
    void on_stream_closed() override { ++closed; }

    std::optional<rtmp::ServerSession> core_;
};

// Plays its tracks to every client that asks.
class RtmpSourcePeer final : public Acceptor, rtmp::ServerSink {
public:
    using Acceptor::Acceptor;

    std::string url() const { return "rtmp://127.0.0.1:" + std::to_string(port()) + "/live/x/in"; }
    void send_unit(media::Unit const& unit) {
        auto const& track = tracks[unit.track];
        auto const header = track.kind() == media::Kind::video
                                ? rtmp::video_header(unit.dts / milliseconds{1})
                                : rtmp::audio_header(unit.dts / milliseconds{1});
        auto const prefix = flv::write_frame_header(track, unit, flv::Form::enhanced);
        send(rtmp::write_media_message(header, prefix.view(), unit.payload.view()).view());
    }
    void send_header(std::size_t track) {
        auto const body = flv::write_sequence_header(tracks[track], flv::Form::enhanced);
        send(rtmp::write_media_message(rtmp::video_header(0), {}, body).view());
    }

    media::Tracks tracks = av_tracks();
    bool absent = false;  // play is refused
    int plays = 0;

private:
    void opened() override {
        core_.emplace(1);
        refused_ = false;
    }
    void feed(base::ByteView bytes) override {
        [[maybe_unused]] auto const result = core_->feed(bytes, *this);
        send(core_->output());
        core_->output().clear();
        if (refused_) drop();
    }
    void on_play(rtmp::PlayRequest&&) override {
        ++plays;
        refused_ = absent;
        absent ? core_->reject("NetStream.Play.StreamNotFound", "nobody publishes")
               : core_->accept_play(tracks);
    }
    void on_publish(rtmp::PublishRequest&&) override {}
    void on_media(rtmp::MediaMessage&&) override {}
    void on_metadata(rtmp::Metadata&&) override {}
    void on_stream_closed() override {}

    std::optional<rtmp::ServerSession> core_;
    bool refused_ = false;
};

}  // namespace tidegate::endpoint::test
