// What the tests of the io folders share: an event loop that runs until a condition holds, and a
// directory for each test.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <future>
#include <string>

namespace tidegate::orchestrator {

namespace asio = boost::asio;

// How long a test waits for a condition. Only a failing test waits that long.
inline constexpr std::chrono::seconds kPatience{20};

class LoopTest : public testing::Test {
protected:
    asio::io_context io_{1};
    std::filesystem::path dir_;

    LoopTest() {
        static int count = 0;
        dir_ = std::filesystem::temp_directory_path() /
               ("tidegate-io-" + std::to_string(::getpid()) + "-" + std::to_string(++count));
        std::filesystem::create_directories(dir_);
    }
    ~LoopTest() override { std::filesystem::remove_all(dir_); }

    // Runs the loop until the condition holds. False: it did not within kPatience.
    bool run_until(std::function<bool()> const& holds) {
        auto const end = std::chrono::steady_clock::now() + kPatience;
        while (!holds() && std::chrono::steady_clock::now() < end) {
            io_.restart();
            io_.run_for(std::chrono::milliseconds{5});
        }
        return holds();
    }

    template <class T>
    T run(asio::awaitable<T> task) {
        auto result = asio::co_spawn(io_, std::move(task), asio::use_future);
        run_until(
            [&] { return result.wait_for(std::chrono::seconds{0}) == std::future_status::ready; });
        return result.get();
    }

    std::string script(std::string const& name, std::string const& body) {
        auto const path = dir_ / name;
        std::ofstream(path) << "#!/bin/bash\n" << body << "\n";
        std::filesystem::permissions(path, std::filesystem::perms::owner_all);
        return path.string();
    }
    std::string content(std::string const& name) {
        std::ifstream file(dir_ / name);
        return {std::istreambuf_iterator<char>(file), {}};
    }
};

}  // namespace tidegate::orchestrator
