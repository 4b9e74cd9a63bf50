#include "net/handshake_limit.hpp"

#include <algorithm>
#include <iterator>

#include "net/address.hpp"

namespace tidegate::net {

namespace {

namespace ip = boost::asio::ip;

// Whoever has an IPv6 address has a network of them, which begins with these bytes.
constexpr std::size_t kNetworkBytes = 8;

ip::address plain(ip::address const& peer) {
    if (!peer.is_v6() || !peer.to_v6().is_v4_mapped()) return peer;
    return ip::make_address_v4(ip::v4_mapped, peer.to_v6());
}

ip::address counted_as(ip::address const& peer) {
    if (peer.is_v4()) return peer;
    auto bytes = peer.to_v6().to_bytes();
    std::fill(bytes.begin() + kNetworkBytes, bytes.end(), std::uint8_t{0});
    return ip::address_v6(bytes);
}

}  // namespace

HandshakeLimit& HandshakeLimit::of_program() {
    static HandshakeLimit limit(std::chrono::steady_clock::now());
    return limit;
}

HandshakeLimit::HandshakeLimit(Time now) : all_(kHandshakes, kHandshakeBurst, now) {}

bool HandshakeLimit::admit(ip::address const& peer, Time now) {
    auto const address = plain(peer);
    if (address.is_loopback()) return true;
    std::lock_guard const lock(mutex_);
    if (take(counted_as(address), now)) return true;
    last_ = to_string(address);
    return false;
}

// An address that has used up its own share takes nothing from the others'.
bool HandshakeLimit::take(ip::address const& peer, Time now) {
    auto found = by_address_.find(peer);
    if (found != by_address_.end() && found->second.until(1, now).count() > 0) {
        ++of_address_;
        return false;
    }
    if (found == by_address_.end() && by_address_.size() >= kMaxHandshakeAddresses) {
        forget_idle(now);
    }
    bool const room = found != by_address_.end() || by_address_.size() < kMaxHandshakeAddresses;
    if (!room || !all_.take(1, now)) {
        ++in_all_;
        return false;
    }
    if (found == by_address_.end()) {
        base::Allowance const fresh(kHandshakesOfAddress, kHandshakeBurstOfAddress, now);
        found = by_address_.emplace(peer, fresh).first;
    }
    return found->second.take(1, now);
}

void HandshakeLimit::forget_idle(Time now) {
    for (auto at = by_address_.begin(); at != by_address_.end();) {
        at = at->second.is_full(now) ? by_address_.erase(at) : std::next(at);
    }
}

std::optional<std::string> HandshakeLimit::complaint(Time now) {
    std::lock_guard const lock(mutex_);
    auto const refused = of_address_ + in_all_;
    if (refused == told_ || (told_ != 0 && now - told_at_ < kHandshakeComplaintPeriod)) {
        return std::nullopt;
    }
    auto const count = refused - told_;
    told_ = refused;
    told_at_ = now;
    return std::to_string(count) +
           " TLS handshakes were refused because there were too many, the last from " + last_;
}

}  // namespace tidegate::net
