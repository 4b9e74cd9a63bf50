// The service's half of a connection against a client that does what it likes. Fragments come to
// the service in order and once each, and no more of them wait than the policy allows.
#include <deque>
#include <string>

#include "checks.hpp"
#include "script.hpp"
#include "sts/core/server_session.hpp"
#include "sts_grammar.hpp"

namespace {

using namespace tidegate;
using namespace std::chrono_literals;
using fuzz::require;
using fuzz::Script;

struct Service final : sts::ServerSink {
    void on_fragment(sts::FragmentData&& fragment) override {
        require(fragment.sequence_number > last);
        last = fragment.sequence_number;
        waiting.push_back(fragment.fragment_id);
    }
    void on_error_simulation(sts::ErrorSimulation&& simulation) override {
        require(simulation.problem.empty());
    }
    void on_simulate_disconnect(sts::SimulateDisconnect const& request) override {
        require(request.delay <= 60s);
    }

    std::int64_t last = -1;
    std::deque<std::string> waiting;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    Script script(data, size);
    Service service;
    sts::Now now{.time = sts::Time{1h}};
    sts::ServerPolicy const policy{.queue = 3, .buffer = 100, .backpressure = true};
    sts::ServerSession session(policy, [] { return std::string("id"); }, now);
    while (!script.done()) {
        switch (script.below(6)) {
            case 0:
                now.time += std::chrono::milliseconds{script.number() % 20'000};
                session.check(now);
                break;
            case 1:
                if (service.waiting.empty()) break;
                if (script.flag()) {
                    session.answer({.fragment_id = service.waiting.front(),
                                    .audio = sts::AudioData{.base64 = "AAEC"}},
                                   now);
                } else {
                    session.drop(service.waiting.front(), now);
                }
                service.waiting.pop_front();
                break;
            default:
                session.on_message(fuzz::message_of(script, fuzz::kClientMessages), now, service);
        }
        require(session.in_flight() <= 3);
        if (script.byte() < 200) session.output().clear();
    }
    return 0;
}
