#include "router/forward/module.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

namespace tidegate::router {

namespace asio = boost::asio;

ForwardModule::ForwardModule(Services& services) : services_(services) {}

ForwardModule::~ForwardModule() = default;

std::expected<void, std::string> ForwardModule::start(config::mediamtx::Conf const&) {
    watching_ = true;
    services_.paths.watch(*this);
    asio::post(services_.web.io(), [this] { update(); });
    return {};
}

// Paths are locked: the web loop goes on.
void ForwardModule::stream_began(std::shared_ptr<Stream> const& stream) {
    std::unique_lock lock(mutex_);
    arrived_.push_back(stream);
    bool const first = arrived_.size() == 1;
    lock.unlock();
    if (first) asio::post(services_.web.io(), [this] { take_arrived(); });
}

void ForwardModule::take_arrived() {
    std::unique_lock lock(mutex_);
    auto const streams = std::exchange(arrived_, {});
    lock.unlock();
    for (auto const& stream : streams) {
        if (!stopped_) follow(stream);
    }
}

void ForwardModule::follow(std::shared_ptr<Stream> const& stream) {
    auto* const forward = forward_of(stream->path());
    if (forward != nullptr) forward->follow(stream);
}

// Null: the path is not forwarded.
PathForward* ForwardModule::forward_of(std::string const& path) {
    auto const match = services_.paths.find(path);
    if (!match || match->conf->forward.empty()) return nullptr;
    auto found = forwards_.find(path);
    if (found == forwards_.end()) {
        if (forwards_.size() >= kMaxForwardedPaths) {
            if (!std::exchange(told_full_, true)) {
                log::write(log::Level::error, "forward.too_many",
                           "[path " + path + "] is not forwarded: " +
                               std::to_string(kMaxForwardedPaths) + " paths are already");
            }
            return nullptr;
        }
        auto ended = [this, path](Stream const* stream) { on_ended(path, stream); };
        auto made = std::make_unique<PathForward>(services_, *records_,
                                                  ForwardNames{path, match->groups}, ended);
        found = forwards_.emplace(path, std::move(made)).first;
        found->second->configure(match->conf->forward);
    }
    return found->second.get();
}

// The path of an entry without a regular expression stays, and shows its destinations as idle.
void ForwardModule::on_ended(std::string const& path, Stream const* stream) {
    auto const found = forwards_.find(path);
    if (found == forwards_.end() || found->second->stream().get() != stream) return;
    found->second->leave();
    auto const match = services_.paths.find(path);
    if (!match || match->conf->is_regex()) forwards_.erase(found);
}

// Another configuration is in force.
void ForwardModule::update() {
    if (stopped_) return;
    std::erase_if(forwards_, [&](auto const& entry) {
        auto const match = services_.paths.find(entry.first);
        if (!match || match->conf->forward.empty()) return true;
        entry.second->configure(match->conf->forward);
        return false;
    });
    for (auto const& path : services_.config.get()->paths) {
        if (!path->is_regex()) forward_of(path->name);
    }
}

void ForwardModule::end_all() {
    stopped_ = true;
    forwards_.clear();
}

asio::awaitable<void> ForwardModule::on_web(void (ForwardModule::*what)()) {
    auto const run = [](ForwardModule* self,
                        void (ForwardModule::*that)()) -> asio::awaitable<void> {
        (self->*that)();
        co_return;
    };
    co_await asio::co_spawn(services_.web.io(), run(this, what), asio::use_awaitable);
}

// Streams whose path is forwarded from now on are found among those that are live.
asio::awaitable<void> ForwardModule::configure(config::mediamtx::Conf const&) {
    co_await on_web(&ForwardModule::update);
    services_.paths.unwatch(*this);
    services_.paths.watch(*this);
    co_await on_web(&ForwardModule::take_arrived);
}

asio::awaitable<void> ForwardModule::stop() {
    if (!std::exchange(watching_, false)) co_return;
    services_.paths.unwatch(*this);
    co_await on_web(&ForwardModule::end_all);
}

// What stop() has not ended. The loop runs until that is done.
void ForwardModule::close_sessions() {
    if (!std::exchange(watching_, false)) return;
    services_.paths.unwatch(*this);
    asio::post(services_.web.io(), [this] { end_all(); });
}

}  // namespace tidegate::router
