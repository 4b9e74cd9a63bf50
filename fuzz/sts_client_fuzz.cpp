// A client of the speech service with everything that decides, against a service and a network that
// do what they like. Each fragment has exactly one outcome, and the limits hold at each step.
#include <map>
#include <string>

#include "checks.hpp"
#include "script.hpp"
#include "sts/core/dispatcher.hpp"
#include "sts_grammar.hpp"

namespace {

using namespace tidegate;
using namespace std::chrono_literals;
using fuzz::require;
using fuzz::Script;

class Client {
public:
    explicit Client(Script& script)
        : script_(script),
          dispatcher_({.stream_id = "s", .worker_id = "w"}, "token",
                      {.breaker = {.failures = 2, .open = 5s}},
                      {[this] { return "id" + std::to_string(ids_++ % 16); }, [] { return 7U; }}) {}

    void run() {
        while (!script_.done()) {
            step(script_.below(8));
            look();
        }
        dispatcher_.stop(now_);
        look();
        require(outcomes_.size() == sent_ && dispatcher_.done());
        require(dispatcher_.in_flight() == 0 && dispatcher_.waiting() == 0);
    }

private:
    void step(std::size_t choice) {
        switch (choice) {
            case 0:
                if (connected_) return;
                dispatcher_.on_connecting(now_);
                dispatcher_.on_connected(now_);
                connected_ = true;
                return;
            case 1:
                if (!connected_ || !script_.flag()) return;
                require(dispatcher_.on_disconnected({sts::SessionEnd::Kind::lost, "lost"}, now_) <=
                        32s);
                connected_ = false;
                return;
            case 2:
                now_.time += std::chrono::milliseconds{script_.number() % 20'000};
                return dispatcher_.check(now_);
            case 3:
                if (script_.below(64) == 63) dispatcher_.end(now_);
                return;
            case 4:
            case 5:
                return dispatcher_.send({.id = sent_++, .audio = {.base64 = "AAEC"}}, now_);
            default:
                if (!connected_) return;
                auto const text = fuzz::message_of(script_, fuzz::kServiceMessages);
                return dispatcher_.on_message(text, now_);
        }
    }

    void look() {
        bool const takes = script_.byte() < 200;
        while (takes && dispatcher_.next_message()) dispatcher_.check(now_);
        while (auto report = dispatcher_.next_report()) {
            auto* const outcome = std::get_if<sts::FragmentOutcome>(&*report);
            if (outcome != nullptr) require(outcomes_.emplace(outcome->fragment, true).second);
        }
        require(dispatcher_.in_flight() <= sts::kDefaultInFlight);
        require(dispatcher_.waiting() <= sts::kMostWaiting);
    }

    Script& script_;
    sts::Now now_{.time = sts::Time{1h}};
    int ids_ = 0;
    std::uint64_t sent_ = 0;
    bool connected_ = false;
    std::map<std::uint64_t, bool> outcomes_;
    sts::Dispatcher dispatcher_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    Script script(data, size);
    Client(script).run();
    return 0;
}
