#include "router/record/module.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

#include "net/first_of.hpp"

namespace tidegate::router {

namespace asio = boost::asio;

namespace {

// How often is looked whether the disks have everything, at the end.
constexpr std::chrono::milliseconds kDiskLook{10};

bool is_written_now(Recorders const& recorders, std::filesystem::path const& file) {
    bool found = false;
    recorders.each([&](RecorderInfo const& info) { found = found || info.file == file; });
    return found;
}

}  // namespace

RecordModule::RecordModule(Services& services)
    : services_(services),
      context_{services, *recorders_, disks_},
      collect_timer_(services.web.io()) {}

RecordModule::~RecordModule() = default;

std::expected<void, std::string> RecordModule::start(config::mediamtx::Conf const& conf) {
    retention_.emplace(conf, [recorders = recorders_](std::filesystem::path const& file) {
        return is_written_now(*recorders, file);
    });
    watching_ = true;
    services_.paths.watch(*this);
    return {};
}

// Paths are locked: the web loop begins the recorder. What the publisher sends meanwhile, its first
// key frame above all, waits there. One post is enough for all streams that come meanwhile.
void RecordModule::stream_began(std::shared_ptr<Stream> const& stream) {
    auto const match = services_.paths.find(stream->path());
    bool const recorded = match && match->conf->recording.enabled;
    if (recorded) stream->outlet(services_.web.index())->expect();
    std::unique_lock lock(mutex_);
    arrived_.push_back({stream, recorded});
    bool const first = arrived_.size() == 1;
    lock.unlock();
    if (first) asio::post(context_.io(), [this] { take_arrived(); });
}

void RecordModule::take_arrived() {
    std::unique_lock lock(mutex_);
    auto const streams = std::exchange(arrived_, {});
    lock.unlock();
    for (auto const& [stream, expected] : streams) {
        if (!stopped_) follow(stream);
        if (expected) stream->outlet(services_.web.index())->expect_no_more();
    }
}

void RecordModule::follow(std::shared_ptr<Stream> const& stream) {
    auto const& path = stream->path();
    auto match = services_.paths.find(path);
    auto const found = running_.find(path);
    if (found != running_.end()) {
        if (found->second->stream() == stream) return;
        running_.erase(found);
    }
    if (!match || !match->conf->recording.enabled) return;
    HookSubject subject{
        match->conf,
        {path, rtsp_port_of(services_.config.get()->global.rtsp_address), match->groups},
        {},
        {}};
    // The stream that the recorder has then may be another one already.
    auto ended = [this, path, raw = stream.get()] {
        auto const recorder = running_.find(path);
        if (recorder != running_.end() && recorder->second->stream().get() == raw) {
            running_.erase(recorder);
        }
    };
    running_.emplace(
        path, std::make_unique<Recorder>(context_, stream, std::move(subject), std::move(ended)));
    if (!std::exchange(collecting_, true)) collect_later();
}

// As long as something is recorded.
void RecordModule::collect_later() {
    collect_timer_.expires_after(kCollectInterval);
    collect_timer_.async_wait([this](boost::system::error_code error) {
        collecting_ = !error && !running_.empty();
        if (!collecting_) return;
        for (auto const& [path, recorder] : running_) recorder->collect();
        collect_later();
    });
}

// Those whose settings are others now.
void RecordModule::drop_changed() {
    std::erase_if(running_, [&](auto const& entry) {
        auto const match = services_.paths.find(entry.first);
        return !match || match->conf->recording != entry.second->settings();
    });
}

void RecordModule::end_all() {
    stopped_ = true;
    running_.clear();
    collect_timer_.cancel();
}

asio::awaitable<void> RecordModule::on_web(void (RecordModule::*what)()) {
    auto const run = [](RecordModule* self, void (RecordModule::*that)()) -> asio::awaitable<void> {
        (self->*that)();
        co_return;
    };
    co_await asio::co_spawn(context_.io(), run(this, what), asio::use_awaitable);
}

// Streams whose path is recorded from now on are found among those that are live.
asio::awaitable<void> RecordModule::configure(config::mediamtx::Conf const& conf) {
    retention_->configure(conf);
    co_await on_web(&RecordModule::drop_changed);
    services_.paths.unwatch(*this);
    services_.paths.watch(*this);
    co_await on_web(&RecordModule::take_arrived);
}

asio::awaitable<void> RecordModule::stop() {
    if (!std::exchange(watching_, false)) co_return;
    services_.paths.unwatch(*this);
    co_await on_web(&RecordModule::end_all);
    auto const end = std::chrono::steady_clock::now() + kDiskGrace;
    while (!disks_.idle() && std::chrono::steady_clock::now() < end) {
        if (co_await net::sleep_for(kDiskLook)) break;
    }
    if (!disks_.idle()) {
        log::write(log::Level::error, "record.disk_hangs",
                   "[recorder] the disk hangs: what it has not taken is lost");
    }
}

// What stop() has not ended. The loop runs until that is done.
void RecordModule::close_sessions() {
    if (!std::exchange(watching_, false)) return;
    services_.paths.unwatch(*this);
    asio::post(context_.io(), [this] { end_all(); });
}

}  // namespace tidegate::router
