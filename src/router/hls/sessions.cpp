#include "router/hls/sessions.hpp"

#include <utility>
#include <vector>

#include "base/random.hpp"

namespace tidegate::router {

HlsSession::HlsSession(Client client, std::shared_ptr<HlsSessionRecord> record, ReaderSeat seat)
    : client_(std::move(client)), secret_(base::random_uuid()), record_(std::move(record)) {
    start_reading(std::move(seat));
}

std::string HlsSession::log_prefix() const {
    return "[HLS] [session " + id().substr(0, 8) + "]";
}

void HlsSession::start_reading(ReaderSeat seat) {
    seat_.emplace(std::move(seat));
    seat_->start_reading(log_prefix());
}

bool HlsSession::take_seat(Paths& paths) {
    auto const& admitted = client_.admitted;
    auto seat = ReaderSeat::take(paths, admitted.path, admitted.match, admitted.query,
                                 PeerId{"hlsSession", id()}, std::nullopt);
    if (seat) start_reading(std::move(*seat));
    return seat.has_value();
}

std::string_view HlsSessions::refusal(std::string const& remote_ip) {
    auto& refusals = context_.items.refusals;
    if (by_secret_.size() >= kMaxHlsSessions) {
        refusals.sessions.fetch_add(1, std::memory_order_relaxed);
        return "too many sessions";
    }
    auto const of_address = of_address_.find(remote_ip);
    if (of_address == of_address_.end() || of_address->second < kMaxHlsSessionsOfAddress) return {};
    refusals.sessions_of_address.fetch_add(1, std::memory_order_relaxed);
    return "too many sessions of this address";
}

HlsSession& HlsSessions::add(std::unique_ptr<HlsSession> session) {
    if (session->is_cdn()) {
        auto* const before = find_cdn(session->muxer()->path());
        if (before != nullptr) end(*before, "replaced by new CDN session");
        cdn_[session->muxer()->path()] = session.get();
    }
    ++of_address_[session->remote_ip()];
    std::string_view const secret = session->secret();
    return *by_secret_.emplace(secret, std::move(session)).first->second;
}

HlsSession* HlsSessions::find(std::string_view secret, std::string_view path) {
    auto const found = by_secret_.find(secret);
    bool const fits = found != by_secret_.end() && found->second->muxer()->path() == path &&
                      !found->second->is_cdn();
    return fits ? found->second.get() : nullptr;
}

HlsSession* HlsSessions::find_cdn(std::string_view path) {
    auto const found = cdn_.find(std::string(path));
    return found == cdn_.end() ? nullptr : found->second;
}

void HlsSessions::end(HlsSession& session, std::string_view reason) {
    auto const found = by_secret_.find(session.secret());
    if (found == by_secret_.end()) return;
    auto const ended = std::move(found->second);
    by_secret_.erase(found);
    auto const of_address = of_address_.find(ended->remote_ip());
    if (--of_address->second == 0) of_address_.erase(of_address);
    if (ended->is_cdn()) cdn_.erase(ended->muxer()->path());
    context_.items.sessions.remove(ended->id());
    ended->leave_seat();
    log::write(log::Level::info, "hls.session_closed",
               ended->log_prefix() + " closed: " + std::string(reason));
}

template <class Which>
void HlsSessions::end_where(Which which, std::string_view reason) {
    std::vector<HlsSession*> ending;
    for (auto const& [secret, session] : by_secret_) {
        if (which(*session)) ending.push_back(session.get());
    }
    for (auto* const session : ending) end(*session, reason);
}

void HlsSessions::end_by_id(std::string_view id, std::string_view reason) {
    end_where([&](HlsSession const& session) { return session.id() == id; }, reason);
}

void HlsSessions::end_of(HlsMuxer const& muxer, std::string_view reason) {
    end_where([&](HlsSession const& session) { return session.muxer().get() == &muxer; }, reason);
}

void HlsSessions::end_idle(HlsClock::time_point now) {
    bool const crowded = by_secret_.size() > kMaxHlsSessions / 2;
    end_where([&](HlsSession const& session) { return session.idle(now, crowded); }, "inactive");
}

void HlsSessions::leave_seats(HlsMuxer const& muxer) {
    for (auto const& [secret, session] : by_secret_) {
        if (session->muxer().get() == &muxer) session->leave_seat();
    }
}

void HlsSessions::take_seats(HlsMuxer const& muxer) {
    std::vector<HlsSession*> refused;
    for (auto const& [secret, session] : by_secret_) {
        if (session->muxer().get() != &muxer) continue;
        if (!session->take_seat(context_.services.paths)) refused.push_back(session.get());
    }
    for (auto* const session : refused) end(*session, "maximum reader count reached");
}

}  // namespace tidegate::router
