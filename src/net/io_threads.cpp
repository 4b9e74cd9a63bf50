#include "net/io_threads.hpp"

#include <pthread.h>

#include <algorithm>

namespace tidegate::net {
namespace {

constexpr std::size_t kMaxThreadName = 15;  // pthread_setname_np refuses more

void name_this_thread(std::string const& name) {
    auto const shortened = name.substr(0, kMaxThreadName);
    ::pthread_setname_np(::pthread_self(), shortened.c_str());
}

}  // namespace

IoThreads::IoThreads(std::string const& name, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) loops_.push_back(std::make_unique<Loop>());
    for (std::size_t i = 0; i < count; ++i) {
        loops_[i]->thread =
            std::thread([&io = loops_[i]->io, label = name + "-" + std::to_string(i)] {
                name_this_thread(label);
                io.run();
            });
    }
}

IoThreads::~IoThreads() {
    for (auto const& loop : loops_) loop->io.stop();
    join();
}

void IoThreads::join() {
    for (auto const& loop : loops_) loop->work.reset();
    for (auto const& loop : loops_) {
        if (loop->thread.joinable()) loop->thread.join();
    }
}

}  // namespace tidegate::net
