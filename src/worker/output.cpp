#include "worker/output.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <chrono>
#include <utility>

#include "flv/writer.hpp"
#include "net/connect.hpp"
#include "rtmp/core/media_message.hpp"
#include "rtmp/core/play_start.hpp"

namespace tidegate::worker {

namespace asio = boost::asio;

namespace {

constexpr std::chrono::milliseconds kConnectDeadline{5000};

std::int64_t milliseconds(base::Timestamp at) {
    return std::max<std::int64_t>(0, std::chrono::round<std::chrono::milliseconds>(at).count());
}

rtmp::MessageHeader header_for(media::Track const& track, base::Timestamp at,
                               std::uint32_t message_stream) {
    auto header = track.kind() == media::Kind::video ? rtmp::video_header(milliseconds(at))
                                                     : rtmp::audio_header(milliseconds(at));
    header.message_stream_id = message_stream;
    return header;
}

// How many unsent bytes may wait in the kernel: far more than a key frame, and far less than the
// megabytes that the kernel would take by itself, which are half a minute of media for a slow
// server.
constexpr int kMostUnsent = 256 * 1024;

// Little waits in the kernel, so a server that stops reading soon fills our own queue; and TCP
// gives up a server that has vanished after kOutputSilence.
void bound_kernel_buffer(asio::ip::tcp::socket& socket) {
    int const timeout = static_cast<int>(kOutputSilence.count());
    ::setsockopt(socket.native_handle(), IPPROTO_TCP, TCP_NOTSENT_LOWAT, &kMostUnsent,
                 sizeof kMostUnsent);
    ::setsockopt(socket.native_handle(), IPPROTO_TCP, TCP_USER_TIMEOUT, &timeout, sizeof timeout);
}

}  // namespace

Output::Output(net::EventLoop& loop, rtmp::ClientUrl url, Statistics& statistics, Events events)
    : loop_(loop), url_(std::move(url)), statistics_(statistics), events_(std::move(events)) {}

Output::~Output() {
    *alive_ = false;
}

asio::awaitable<Output::End> Output::run() {
    auto socket = co_await net::connect(url_.host, url_.port, kConnectDeadline);
    if (!socket) co_return End{false, socket.error()};
    if (stopped_) co_return End{false, "stopped"};
    bound_kernel_buffer(*socket);
    client_.emplace(std::move(*socket), loop_, url_, rtmp::ClientMode::publish,
                    rtmp::ClientTimeouts{}, static_cast<rtmp::ClientHandler&>(*this));
    auto const end = co_await client_->run();
    accepted_ = false;
    client_.reset();
    co_return End{end.refused, end.reason};
}

void Output::stop() {
    stopped_ = true;
    if (!client_) return;
    if (accepted_) flush();
    client_->stop();
}

void Output::on_tracks(media::Tracks const& tracks) {
    bool const first = tracks_.empty();
    tracks_ = tracks;
    ids_ = flv::track_ids(tracks_);
    waiting_keyframe_.resize(tracks_.size());
    if (first) events_.tracks_known();
    if (!accepted_ || first) return;
    send_headers(statistics_.newest_out().value_or(base::Timestamp{}));
    flush_soon();
}

std::string Output::left_out() const {
    std::string labels;
    for (std::size_t i = 0; i < tracks_.size(); ++i) {
        if (!ids_[i]) labels += (labels.empty() ? "" : ", ") + std::string(tracks_[i].label());
    }
    return labels;
}

void Output::on_accepted() {
    accepted_ = true;
    message_stream_ = client_->message_stream_id();
    send_metadata();
    send_headers({});
    // A track of which units were dropped resumes at a key frame, after the units that were kept.
    auto const overflowed = std::exchange(waiting_keyframe_, std::vector<bool>(tracks_.size()));
    for (auto const& unit : std::exchange(early_, {})) send(unit);
    for (std::size_t i = 0; i < overflowed.size(); ++i) {
        waiting_keyframe_[i] = waiting_keyframe_[i] || overflowed[i];
    }
    flush();
    events_.accepted();
    if (ended_) events_.ended();
}

void Output::send_metadata() {
    auto const metadata = rtmp::write_published_metadata(tracks_);
    rtmp::MessageHeader const header{rtmp::MessageType::data_amf0, rtmp::kDataChunkStream,
                                     message_stream_, 0};
    client_->media().push_reply(rtmp::write_media_message(header, {}, metadata));
}

void Output::send_headers(base::Timestamp at) {
    for (auto const& [track, id] : rtmp::numbered_tracks(tracks_)) {
        auto const body = flv::write_sequence_header(track, flv::Form::enhanced, id);
        if (body.empty()) continue;
        client_->media().push_reply(
            rtmp::write_media_message(header_for(track, at, message_stream_), {}, body));
    }
}

void Output::on_unit(media::Unit const& unit) {
    if (!accepted_) return keep_early(unit);
    send(unit);
    flush_soon();
}

void Output::on_end() {
    ended_ = true;
    if (!accepted_) return;
    flush();
    events_.ended();
}

void Output::keep_early(media::Unit const& unit) {
    if (waiting_keyframe_[unit.track] && !unit.keyframe) return drop(unit);
    if (early_.size() >= kMaxEarlyUnits || early_bytes_ >= kMaxEarlyBytes) return drop(unit);
    waiting_keyframe_[unit.track] = false;
    early_bytes_ += unit.payload.size();
    early_.push_back(unit);
}

void Output::send(media::Unit const& unit) {
    auto const& track = tracks_[unit.track];
    auto const id = ids_[unit.track];
    if (!id) return;
    if (waiting_keyframe_[unit.track] && !unit.keyframe) return drop(unit);
    auto const prefix = flv::write_frame_header(track, unit, flv::Form::enhanced, *id);
    auto const header = header_for(track, unit.dts, message_stream_);
    if (!queue(header, prefix.view(), unit.payload)) return drop(unit);
    waiting_keyframe_[unit.track] = false;
    statistics_.count_out(unit, track.kind());
}

// Nearly every unit fits into one chunk and is sent without being copied.
bool Output::queue(rtmp::MessageHeader const& header, base::ByteView prefix,
                   base::SharedBytes const& payload) {
    auto& media = client_->media();
    auto head = rtmp::write_message_head(header, prefix, payload.size());
    if (head.empty()) {
        return media.push(rtmp::write_media_message(header, prefix, payload.view()));
    }
    if (!media.push(std::move(head))) return false;
    media.push_rest(payload);
    return true;
}

// Pictures that refer to a dropped picture cannot be shown, so the track resumes at the next key
// frame.
void Output::drop(media::Unit const& unit) {
    waiting_keyframe_[unit.track] = tracks_[unit.track].kind() == media::Kind::video;
    ++statistics_.units_dropped;
}

// A posted handler runs at the end of the loop's turn, before the loop waits again.
void Output::flush_soon() {
    dirty_ = true;
    if (corked_ || std::exchange(flush_posted_, true)) return;
    asio::post(loop_.io(), [this, alive = alive_] {
        if (!*alive) return;
        flush_posted_ = false;
        if (dirty_ && !corked_) flush();
    });
}

void Output::uncork() {
    corked_ = false;
    if (dirty_) flush();
}

void Output::flush() {
    dirty_ = false;
    if (!client_) return;
    client_->media().flush();
    if (client_->media().empty()) statistics_.flushed(net::LoopClock::now());
}

}  // namespace tidegate::worker
