// How many TLS handshakes a program takes on. A handshake is the dearest thing that a stranger can
// ask for: 0.7 ms of CPU time with a key on P-256, and 1.6 ms with RSA of 2048 bits, for a packet
// of 200 bytes (bench/handshakes.py; a connection in clear costs 0.1 ms). So a peer may begin only
// so many, and all peers together, too. It is asked before a connection has cost anything, and who
// is connected is not touched. Peers on this machine are not counted: they are our own programs, or
// could use the CPU anyhow. One object for all ports of a program; any thread.
#pragma once

#include <atomic>
#include <boost/asio/ip/address.hpp>
#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "base/allowance.hpp"

namespace tidegate::net {

// Of one address (IPv6: of one network /64). An office behind one address may have 500 viewers who
// come back at once after a restart of the router. An address that goes on takes 7 % of a core,
// or 16 % with RSA.
inline constexpr double kHandshakesOfAddress = 100;
inline constexpr double kHandshakeBurstOfAddress = 500;

// Of all together, a second: 35 % of a core, or 80 % with RSA. 5,000 viewers who come back at once
// are connected after 6 s.
inline constexpr double kHandshakes = 500;
inline constexpr double kHandshakeBurst = 2000;

// Addresses that are remembered. An address is forgotten when its burst is there again, which takes
// 5 s, and no more than 2000 + 5 * 500 can have begun a handshake in that time.
inline constexpr std::size_t kMaxHandshakeAddresses = 5000;

// The log hears of refusals this often.
inline constexpr std::chrono::seconds kHandshakeComplaintPeriod{10};

class HandshakeLimit {
public:
    using Time = std::chrono::steady_clock::time_point;

    // That of this program.
    static HandshakeLimit& of_program();

    explicit HandshakeLimit(Time now);

    // Whether a connection from this address may begin a handshake.
    bool admit(boost::asio::ip::address const& peer, Time now);
    // After a refusal: a sentence for the log; nullopt: it has heard of the last ones.
    std::optional<std::string> complaint(Time now);

    // Since the start of the program.
    std::uint64_t refused_of_address() const { return of_address_; }
    std::uint64_t refused_in_all() const { return in_all_; }

private:
    bool take(boost::asio::ip::address const& peer, Time now);
    void forget_idle(Time now);

    std::mutex mutex_;
    base::Allowance all_;
    std::map<boost::asio::ip::address, base::Allowance> by_address_;
    std::atomic<std::uint64_t> of_address_ = 0, in_all_ = 0;
    std::uint64_t told_ = 0;  // refusals that the log has heard of
    Time told_at_{};
    std::string last_;  // the address that was refused last
};

}  // namespace tidegate::net
