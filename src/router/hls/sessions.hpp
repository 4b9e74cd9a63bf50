// The viewers of the HLS server. A session begins with index.m3u8 and ends when its player has
// asked for nothing for a while. Whoever knows its secret uses it, from whichever address: phones
// change theirs. It is a reader of the path, except while the publisher is away. The web loop only.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "router/hls/context.hpp"
#include "router/hls/muxer.hpp"
#include "router/paths/reader_seat.hpp"
#include "router/session/admission.hpp"

namespace tidegate::router {

// A session ends when no request of it has come for this long.
inline constexpr std::chrono::seconds kHlsSessionIdle{30};
// The same for one that has never asked for more than its index, while there are more sessions than
// half of the limit: so nobody keeps others out who only begins sessions.
inline constexpr std::chrono::seconds kHlsSessionUnused{5};
// Sessions at once. Each takes about 2 KB, and each is a reader that hooks may run for.
inline constexpr std::size_t kMaxHlsSessions = 20'000;
// Of one address. A household or an office has a few, a proxy that is not in hlsTrustedProxies has
// thousands; whoever asks for more does not want to watch.
inline constexpr std::size_t kMaxHlsSessionsOfAddress = 5'000;

enum class HlsSessionKind : unsigned char { player, cdn };

class HlsSession {
public:
    struct Client {
        std::string id;
        std::string remote_ip;
        Admitted admitted;  // for another seat at the same path
        std::shared_ptr<HlsMuxer> muxer;
        HlsSessionKind kind = HlsSessionKind::player;
    };
    HlsSession(Client client, std::shared_ptr<HlsSessionRecord> record, ReaderSeat seat);

    std::string const& id() const { return client_.id; }
    std::string const& secret() const { return secret_; }
    std::string const& remote_ip() const { return client_.remote_ip; }
    bool is_cdn() const { return client_.kind == HlsSessionKind::cdn; }
    std::shared_ptr<HlsMuxer> const& muxer() const { return client_.muxer; }
    std::shared_ptr<HlsSessionRecord> const& record() const { return record_; }
    std::string log_prefix() const;

    void touch() { last_request_ = HlsClock::now(); }
    // It has asked for a file.
    void use() { used_ = true; }
    bool idle(HlsClock::time_point now, bool crowded) const {
        auto const most = crowded && !used_ ? kHlsSessionUnused : kHlsSessionIdle;
        return now - last_request_ >= most;
    }
    // Stops and begins to be a reader of the path. False: the path takes no more readers.
    void leave_seat() { seat_.reset(); }
    bool take_seat(Paths& paths);

private:
    void start_reading(ReaderSeat seat);

    Client client_;
    std::string const secret_;
    std::shared_ptr<HlsSessionRecord> record_;
    std::optional<ReaderSeat> seat_;
    HlsClock::time_point last_request_ = HlsClock::now();
    bool used_ = false;
};

class HlsSessions {
public:
    explicit HlsSessions(HlsContext const& context) : context_(context) {}

    // Why no session of this address may begin now; empty: one may.
    std::string_view refusal(std::string const& remote_ip);
    HlsSession& add(std::unique_ptr<HlsSession> session);
    // The session of that secret, if it is one of this path; null: there is none.
    HlsSession* find(std::string_view secret, std::string_view path);
    // The session that all requests of a CDN for the path share; null: there is none.
    HlsSession* find_cdn(std::string_view path);

    void end(HlsSession& session, std::string_view reason);
    void end_by_id(std::string_view id, std::string_view reason);
    void end_of(HlsMuxer const& muxer, std::string_view reason);
    void end_idle(HlsClock::time_point now);
    // Of the muxer's sessions, while its publisher is away, and when it is back.
    void leave_seats(HlsMuxer const& muxer);
    void take_seats(HlsMuxer const& muxer);

private:
    template <class Which>
    void end_where(Which which, std::string_view reason);

    HlsContext const& context_;
    std::unordered_map<std::string_view, std::unique_ptr<HlsSession>> by_secret_;
    std::unordered_map<std::string, std::size_t> of_address_;
    std::unordered_map<std::string, HlsSession*> cdn_;  // by path
};

}  // namespace tidegate::router
