// systemd's notification protocol (sd_notify(3)): datagrams of NAME=value lines to the socket named
// by NOTIFY_SOCKET. Nothing happens when that is unset. One thread.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace tidegate::worker {

class Notify {
public:
    // Reads NOTIFY_SOCKET and WATCHDOG_USEC; a name that is no absolute path and not abstract
    // ("@…") is ignored, as systemd's own library does.
    Notify();
    ~Notify();
    Notify(Notify const&) = delete;
    Notify& operator=(Notify const&) = delete;

    bool enabled() const { return descriptor_ >= 0; }
    // Half of what the supervisor asked for; nullopt: it does not watch.
    std::optional<std::chrono::microseconds> watchdog_interval() const { return watchdog_; }

    void ready() const { send("READY=1"); }
    void watchdog() const { send("WATCHDOG=1"); }
    void stopping() const { send("STOPPING=1"); }
    // One line for the operator; trouble: why the run is of no full use, empty when it is.
    void status(std::string_view text, std::string_view trouble = {}) const;

private:
    void send(std::string message) const;

    std::string address_;
    int descriptor_ = -1;
    mutable bool ready_unsent_ = false;  // said, but the supervisor's queue was full
    std::optional<std::chrono::microseconds> watchdog_;
};

}  // namespace tidegate::worker
