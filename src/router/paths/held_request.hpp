// A reader's request that is held until the path's command has brought a publisher (runOnDemand).
// Made by Paths::hold() and owned by the session that asks, which keeps it until it has become a
// reader: as long as it lives, the path counts as wanted. Paths settles it once, from any thread.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <string>
#include <utility>

namespace tidegate::router {

class Paths;

// How often a held session looks by itself, should a wake-up not have reached it.
inline constexpr std::chrono::seconds kHoldCheck{1};

class HeldRequest {
public:
    // wake: called when the request is settled; any thread.
    HeldRequest(Paths& paths, std::string path, std::function<void()> wake)
        : paths_(paths), path_(std::move(path)), wake_(std::move(wake)) {}
    ~HeldRequest();
    HeldRequest(HeldRequest const&) = delete;
    HeldRequest& operator=(HeldRequest const&) = delete;

    // False once there is a publisher, or no hope of one.
    bool held() const { return state_.load(std::memory_order_acquire) == State::held; }
    // Why there is no publisher, as a sentence for the client; empty when there is one.
    // REQUIRES: !held().
    std::string const& refusal() const { return refusal_; }
    std::string const& path() const { return path_; }

    // Paths only.
    void settle(std::string refusal) {
        if (!held()) return;
        refusal_ = std::move(refusal);
        state_.store(State::settled, std::memory_order_release);
        wake_();
    }

private:
    enum class State { held, settled };

    Paths& paths_;
    std::string const path_;
    std::function<void()> const wake_;
    std::string refusal_;  // written before state_ says settled
    std::atomic<State> state_{State::held};
};

}  // namespace tidegate::router
