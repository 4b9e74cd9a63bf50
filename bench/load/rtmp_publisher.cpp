#include "flv/writer.hpp"
#include "load/publisher.hpp"
#include "load/wire.hpp"
#include "rtmp/core/client_session.hpp"
#include "rtmp/core/media_message.hpp"
#include "rtmp/core/play_start.hpp"

namespace tidegate::bench {

namespace {

rtmp::ClientUrl publish_url(LoadSettings const& settings, std::string const& path) {
    return *rtmp::parse_client_url("rtmp://" + settings.host + ":" +
                                   std::to_string(settings.publish_port) + "/" + path);
}

class RtmpPublisher final : public Publisher, rtmp::ClientSink {
public:
    RtmpPublisher(int epoll, LoadSettings const& settings, std::string const& path)
        : Publisher(epoll, settings),
          session_(publish_url(settings, path), rtmp::ClientMode::publish, 1, {},
                   settings.chunk_size),
          chunk_size_(settings.chunk_size) {}

    bool accepted() const override { return accepted_; }
    void send_video(Nanoseconds now) override { send_unit(source().next_video(now)); }
    void send_audio(Nanoseconds now) override { send_unit(source().next_audio(now)); }

private:
    void on_connected() override { send_output(); }
    void on_bytes(base::ByteView bytes) override {
        auto const result = session_.feed(bytes, *this);
        send_output();
        if (!result) return fail(result.error().text);
        if (starting_) start();
    }

    void on_accepted() override { starting_ = true; }
    void on_rejected(std::string&& code, std::string&& description) override {
        fail(code + ": " + description);
    }
    void on_media(rtmp::MediaMessage&&) override {}
    void on_metadata(rtmp::Metadata&&) override {}
    void on_stream_closed() override { fail("stream closed by the server"); }

    void send_output() {
        send(session_.output());
        session_.output().clear();
    }

    void start() {
        starting_ = false;
        wire_.clear();
        auto const stream = session_.message_stream_id();
        auto append = [&](rtmp::MessageHeader header, base::ByteView body) {
            header.message_stream_id = stream;
            rtmp::append_message(wire_, header, body, chunk_size_);
        };
        append({rtmp::MessageType::data_amf0, rtmp::kDataChunkStream},
               rtmp::write_published_metadata(source().tracks()));
        for (auto const& track : source().tracks()) {
            bool const video = track.kind() == media::Kind::video;
            append(video ? rtmp::video_header(0) : rtmp::audio_header(0),
                   flv::write_sequence_header(track));
        }
        send(wire_);
        accepted_ = true;
    }

    void send_unit(MediaSource::Made const& made) {
        wire_.clear();
        append_rtmp(wire_, source().tracks(), made, session_.message_stream_id(), chunk_size_);
        send(wire_);
    }

    rtmp::ClientSession session_;
    std::uint32_t const chunk_size_;
    bool starting_ = false;
    bool accepted_ = false;
    base::Bytes wire_;
};

}  // namespace

std::unique_ptr<Publisher> make_rtmp_publisher(int epoll, LoadSettings const& settings,
                                               std::string const& path) {
    return std::make_unique<RtmpPublisher>(epoll, settings, path);
}

}  // namespace tidegate::bench
