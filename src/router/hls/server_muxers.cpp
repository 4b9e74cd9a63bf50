// The life of the HLS server's muxers: when they are made, and when they go.
#include <algorithm>
#include <boost/asio/post.hpp>
#include <utility>

#include "net/first_of.hpp"
#include "router/hls/server.hpp"

namespace tidegate::router {

namespace asio = boost::asio;

namespace {

// How often is looked at what has a deadline: an idle muxer goes at most this long after its time.
constexpr std::chrono::seconds kSweepPeriod{1};
// An automatic muxer that has failed is made again after this time.
constexpr std::chrono::seconds kMakeAgain{10};

}  // namespace

HlsServer::MuxerPtr HlsServer::make_muxer(std::shared_ptr<Stream> const& stream,
                                          std::string const& requested_by) {
    auto const& path = stream->path();
    HlsMuxer::Listener listener{
        .publisher_left = [this, path] { on_publisher_left(path); },
        .failed = [this, path](std::string const& why) { on_failed(path, why); }};
    if (directory_ != nullptr) {
        listener.changed = [this, path](std::shared_ptr<hls::Edition const> const& edition) {
            directory_->put(path, edition);
        };
    }
    auto muxer = std::make_shared<HlsMuxer>(context_, path, requested_by, std::move(listener));
    muxers_[path] = muxer;
    if (auto const begun = muxer->read(stream); !begun) {
        on_failed(path, begun.error());
        return nullptr;
    }
    return muxer;
}

HlsServer::MuxerPtr HlsServer::muxer_for(std::string const& path,
                                         std::shared_ptr<Stream> const& stream,
                                         std::string const& requested_by, std::string& refusal) {
    if (stopped_) {
        refusal = "terminated";
        return nullptr;
    }
    auto const found = muxers_.find(path);
    if (found == muxers_.end() && context_.conf.always_remux) {
        refusal = "muxer is waiting to be created";
        return nullptr;
    }
    auto const muxer = found != muxers_.end() ? found->second : make_muxer(stream, requested_by);
    if (muxer != nullptr && muxer->works()) return muxer;
    refusal = "muxer instance not available";
    return nullptr;
}

// What the publisher sends before the web loop gets there, its first key frame above all, waits.
void HlsServer::stream_began(std::shared_ptr<Stream> const& stream) {
    auto& outlet = *stream->outlet(context_.services.web.index());
    outlet.expect();
    asio::post(context_.io(), [weak = weak_from_this(), stream, &outlet] {
        if (auto const self = weak.lock()) self->on_stream(stream);
        outlet.expect_no_more();
    });
}

void HlsServer::on_stream(std::shared_ptr<Stream> const& stream) {
    if (stopped_) return;
    auto const found = muxers_.find(stream->path());
    if (found == muxers_.end()) {
        if (context_.conf.always_remux) make_muxer(stream, {});
        return;
    }
    auto const muxer = found->second;
    if (muxer->stream() == stream) return;
    if (muxer->stream() != nullptr) sessions_.leave_seats(*muxer);
    if (auto const begun = muxer->read(stream); !begun) {
        return on_failed(stream->path(), begun.error());
    }
    sessions_.take_seats(*muxer);
}

// It stays, and so do its sessions, for the publisher may come back. Meanwhile nobody reads.
void HlsServer::on_publisher_left(std::string const& path) {
    auto const found = muxers_.find(path);
    if (found == muxers_.end()) return;
    found->second->leave();
    sessions_.leave_seats(*found->second);
}

void HlsServer::on_failed(std::string const& path, std::string const& why) {
    auto const found = muxers_.find(path);
    if (found == muxers_.end()) return;
    auto const muxer = found->second;
    if (!muxer->automatic() || why == hls::kNoSupportedCodec) return destroy(path, why);
    muxer->log(log::Level::error, "hls.muxer_crashed", "muxer instance crashed: " + why);
    muxer->close();
    sessions_.end_of(*muxer, "muxer instance crashed");
    muxers_.erase(found);
    if (directory_ != nullptr) directory_->remove(path);
    again_at_[path] = HlsClock::now() + kMakeAgain;
}

void HlsServer::destroy(std::string const& path, std::string_view reason) {
    auto const found = muxers_.find(path);
    auto const muxer = std::move(found->second);
    if (directory_ != nullptr) directory_->remove(path);
    muxers_.erase(found);
    muxer->close();
    sessions_.end_of(*muxer, "muxer destroyed");
    muxer->log(log::Level::info, "hls.muxer_destroyed", "destroyed: " + std::string(reason));
}

asio::awaitable<void> HlsServer::sweep() {
    while (!co_await net::sleep_for(kSweepPeriod)) {
        auto const now = HlsClock::now();
        sessions_.end_idle(now);
        sweep_muxers(now);
    }
}

void HlsServer::sweep_muxers(HlsClock::time_point now) {
    std::vector<std::pair<std::string, std::string_view>> ending;
    for (auto const& [path, muxer] : muxers_) {
        bool const away = muxer->stream() == nullptr;
        bool const unused = now - muxer->last_request(now) >= context_.conf.muxer_close_after;
        if (away && now - muxer->left_at() >= kHlsPublisherGap) {
            ending.emplace_back(path, "terminated");
        } else if (!muxer->automatic() && unused) {
            ending.emplace_back(path, "not used anymore");
        }
    }
    for (auto const& [path, reason] : ending) destroy(path, reason);
    while (true) {
        auto const due =
            std::ranges::find_if(again_at_, [&](auto const& entry) { return entry.second <= now; });
        if (due == again_at_.end()) return;
        auto const stream = context_.services.paths.live(due->first);
        again_at_.erase(due);
        if (stream != nullptr) on_stream(stream);
    }
}

}  // namespace tidegate::router
