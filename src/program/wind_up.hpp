// How a program that handles one stream ends its loop, and how it tells a wrong command line. The
// main thread.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "config/flags.hpp"
#include "log/log.hpp"
#include "net/event_loop.hpp"

namespace tidegate::program {

// How long tasks may take to end after the run. A name server that does not answer must not delay
// the exit.
inline constexpr std::chrono::milliseconds kJoinDeadline{100};

// Ends the loop's tasks and clock, so that io.run() returns. If they take too long, the process
// exits with this code.
inline boost::asio::awaitable<void> wind_up(net::EventLoop& loop, int code) {
    loop.tasks().stop();
    boost::asio::steady_timer overdue(loop.io(), kJoinDeadline);
    overdue.async_wait([code](boost::system::error_code cancelled) {
        if (cancelled) return;
        log::stop();
        std::_Exit(code);
    });
    co_await loop.tasks().join();
    overdue.cancel();
    loop.stop();
}

// Puts all errors into one line, for whoever started us may keep the last line only.
inline std::string in_one_line(std::string_view program, std::string_view text) {
    while (text.ends_with('\n')) text.remove_suffix(1);
    std::string line(program);
    line += ": ";
    for (char const c : text) line += c == '\n' ? std::string("; ") : std::string(1, c);
    return line + "\n";
}

// config::leave() for such programs: help to standard output, errors in one line.
inline int leave_in_one_line(std::string_view program, config::Exit const& exit) {
    if (exit.code == 0) {
        std::fputs(exit.text.c_str(), stdout);
    } else {
        std::fputs(in_one_line(program, exit.text).c_str(), stderr);
    }
    return exit.code;
}

}  // namespace tidegate::program
