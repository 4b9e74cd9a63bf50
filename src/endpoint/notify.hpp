// Reports to whoever started us, by systemd's notification protocol (sd_notify(3)): datagrams of
// NAME=value lines to the socket that NOTIFY_SOCKET names. If NOTIFY_SOCKET is not set, nothing is
// sent. What was told can also be remembered, for whoever asks over HTTP (health_routes.hpp). One
// thread.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "endpoint/told.hpp"

namespace tidegate::endpoint {

class Notify {
public:
    // Reads NOTIFY_SOCKET and WATCHDOG_USEC. A socket name that is neither an absolute path nor
    // abstract ("@...") is ignored, as systemd's own library does.
    Notify();
    ~Notify();
    Notify(Notify const&) = delete;
    Notify& operator=(Notify const&) = delete;

    // From now on, what is told is kept in told().
    void remember() { remembers_ = true; }
    Told const& told() const { return told_; }

    // Somebody wants reports.
    bool enabled() const { return descriptor_ >= 0 || remembers_; }
    // How often to call watchdog(): half the time that WATCHDOG_USEC allows. nullopt: nobody
    // watches.
    std::optional<std::chrono::microseconds> watchdog_interval() const { return watchdog_; }

    void ready(Told::Time now);
    void watchdog(Told::Time now);
    void stopping();
    // For so long there is nothing to send at the beginning: the delay of a dub.
    void expect_delay(std::chrono::milliseconds delay) { told_.delay = delay; }
    // What the operator is told; what is empty is not sent.
    struct Report {
        std::string_view text;          // STATUS=: one line
        std::string_view trouble = {};  // X_DEGRADED=: what is wrong
        std::string_view holding = {};  // X_HOLDING=: why the output goes on without the source
        std::string_view figures = {};  // X_FIGURES=: what is measured
    };
    // dubs: JSON (X_DUB=, worker/dub_status.hpp), of each language. forward: JSON (X_FORWARD=,
    // forwarder/situation.hpp); empty: none.
    void status(Report const& report, std::vector<std::string> const& dubs = {},
                std::string_view forward = {});
    // What was said (X_DUB_CAPTION=), as JSON.
    void caption(std::string_view json) const { send("X_DUB_CAPTION=" + std::string(json)); }

private:
    void send(std::string message) const;

    std::string address_;
    int descriptor_ = -1;
    // READY=1 could not be sent, because the receiver's queue was full. It is sent with the next
    // report.
    mutable bool ready_unsent_ = false;
    std::optional<std::chrono::microseconds> watchdog_;
    bool remembers_ = false;
    Told told_;
};

}  // namespace tidegate::endpoint
