#include "router/forward/destination.hpp"

#include <algorithm>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cctype>
#include <utility>

#include "base/backoff.hpp"
#include "base/random.hpp"
#include "config/mediamtx/forward_dest.hpp"
#include "endpoint/input.hpp"

namespace tidegate::router {

namespace asio = boost::asio;

namespace {

// Characters of an id in the log, as those of sessions.
constexpr std::size_t kShownId = 8;

void replace_all(std::string& text, std::string const& what, std::string const& by) {
    for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size())) {
        text.replace(at, what.size(), by);
    }
}

std::shared_ptr<ForwardRecord> make_record(ForwardNames const& names, std::size_t pos,
                                           config::mediamtx::ForwardDest const& conf) {
    ForwardInfo info;
    info.id = base::random_uuid();
    info.path = names.path;
    info.pos = pos;
    info.created = std::chrono::system_clock::now();
    info.conf = conf;
    return std::make_shared<ForwardRecord>(std::move(info));
}

std::string prefix_of(ForwardInfo const& info) {
    auto protocol = protocol_of(info.conf);
    std::ranges::transform(protocol, protocol.begin(),
                           [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    return "[path " + info.path + "] [" + protocol + " dest " + std::to_string(info.pos) + " " +
           info.id.substr(0, kShownId) + "] ";
}

// What stands behind '#' is the key, whatever characters it has; the app is all in front of it.
std::expected<endpoint::OutputUrl, std::string> parse_rtmp(std::string const& resolved) {
    auto const mark = resolved.find('#');
    auto url = rtmp::parse_client_url(resolved.substr(0, mark));
    if (!url) return std::unexpected(url.error());
    if (mark == std::string::npos) return std::move(*url);
    if (!url->key.empty()) {
        url->app += "/" + url->key;
        url->tc_url += "/" + url->key;
    }
    url->key = resolved.substr(mark + 1);
    return std::move(*url);
}

}  // namespace

// From the highest group down, so that "$G1" is not taken for the beginning of "$G12".
std::string resolved_dest(std::string const& dest, ForwardNames const& names) {
    auto resolved = dest;
    replace_all(resolved, "$MTX_PATH", names.path);
    for (auto i = names.groups.size(); i > 0; --i) {
        replace_all(resolved, "$G" + std::to_string(i), names.groups[i - 1]);
    }
    return resolved;
}

std::expected<endpoint::OutputUrl, std::string> parse_dest(std::string const& resolved) {
    if (resolved.starts_with("rtmp")) return parse_rtmp(resolved);
    auto url = endpoint::parse_source_url(resolved);
    if (!url) return std::unexpected(url.error());
    return std::move(*url);
}

std::shared_ptr<net::TlsClientContext const> trust_of_dest(endpoint::OutputUrl const& url,
                                                           std::string const& fingerprint) {
    if (!endpoint::is_secure(url)) return nullptr;
    if (fingerprint.empty()) return net::TlsClientContext::system();
    // The configuration is checked: this is a fingerprint.
    return net::TlsClientContext::make({.fingerprint = fingerprint}).value();
}

Destination::Destination(Services& services, ForwardRecords& records, ForwardNames const& names,
                         std::size_t pos, config::mediamtx::ForwardDest conf)
    : services_(services),
      records_(records),
      path_(names.path),
      conf_(std::move(conf)),
      url_(resolved_dest(conf_.dest, names)),
      record_(make_record(names, pos, conf_)),
      prefix_(prefix_of(record_->snapshot())),
      timer_(services.web.io()) {
    records_.add(record_);
}

Destination::~Destination() = default;

void Destination::start(media::Tracks tracks) {
    tell(log::Level::debug, "forward.starting", "starting");
    tracks_ = std::move(tracks);
    running_ = true;
    services_.web.tasks().spawn("forward", run(++number_));
}

void Destination::stop() {
    if (!std::exchange(running_, false)) return;
    tell(log::Level::debug, "forward.stopping", "stopping");
    if (auto const attempt = std::exchange(attempt_, nullptr)) attempt->output->stop();
    timer_.cancel();
    enter(ForwardState::idle);
}

void Destination::retire() {
    stop();
    records_.remove(record_->id());
}

asio::awaitable<void> Destination::run(std::uint64_t number) {
    auto const self = shared_from_this();
    base::Backoff backoff({});
    while (is_current(number)) {
        enter(ForwardState::forwarding);
        tell(log::Level::info, "forward.started",
             "forwarding to '" + config::mediamtx::masked_dest(url_) + "'");
        auto const began = std::chrono::steady_clock::now();
        auto const reason = config::mediamtx::without_dest_secrets(co_await attempt(), url_);
        if (!is_current(number)) break;
        if (std::chrono::steady_clock::now() - began >= kForwardSettled) backoff.forgive();
        enter(ForwardState::error, reason);
        tell(log::Level::error, "forward.failed", reason);
        co_await pause(backoff.next(base::random_bits()));
    }
}

asio::awaitable<std::string> Destination::attempt() {
    auto url = parse_dest(url_);
    if (!url) co_return url.error();
    auto const own = std::make_shared<Attempt>();
    own->begun.resize(tracks_.size());
    auto trust = trust_of_dest(*url, conf_.fingerprint);
    own->output = std::make_unique<endpoint::Output>(
        services_.web, std::move(*url), own->statistics,
        endpoint::Output::Events{.tracks_known = [] {}, .accepted = [] {}, .ended = [] {}},
        endpoint::OutputSettings{.trust = std::move(trust)});
    own->output->on_tracks(tracks_);
    attempt_ = own;
    auto const end = co_await own->output->run();
    if (attempt_ == own) attempt_.reset();
    co_return end.reason;
}

asio::awaitable<void> Destination::pause(std::chrono::milliseconds time) {
    timer_.expires_after(time);
    boost::system::error_code cancelled;
    co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
}

// Units count from when the destination has accepted: what came before is old by then. Each track
// begins with a key frame.
bool Destination::take(media::Unit const& unit) {
    if (!attempt_ || !attempt_->output->accepted() || unit.track >= attempt_->begun.size()) {
        return false;
    }
    auto& own = *attempt_;
    if (!own.begun[unit.track] && !unit.keyframe) return false;
    own.begun[unit.track] = true;
    if (!own.start) own.start = unit.dts - endpoint::kOutputLead;
    auto sent = unit;
    sent.dts -= *own.start;
    sent.pts -= *own.start;
    own.output->cork();
    own.output->on_unit(sent);
    return true;
}

void Destination::change_track(std::size_t index, media::Track const& track) {
    if (index >= tracks_.size()) return;
    tracks_[index] = track;
    if (attempt_) attempt_->output->on_tracks(tracks_);
}

void Destination::flush() {
    if (!attempt_) return;
    attempt_->output->uncork();
    std::uint64_t bytes = 0;
    for (auto const& track : attempt_->statistics.out()) bytes += track.bytes;
    record_->count(bytes - std::exchange(attempt_->counted, bytes));
}

void Destination::enter(ForwardState state, std::string const& error) {
    record_->change([&](ForwardInfo& info) {
        info.state = state;
        if (state != ForwardState::idle) info.last_error = error;
    });
}

void Destination::tell(log::Level level, std::string_view event, std::string const& text) const {
    log::write(level, event, prefix_ + text);
}

}  // namespace tidegate::router
