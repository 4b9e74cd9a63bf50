// A client and a service that talk to each other. The messages arrive when the script likes, the
// service answers when and as it likes, and the connection may break. Neither ever finds fault with
// the other, and each dub is the sound of its own fragment.
#include <deque>
#include <map>
#include <string>

#include "checks.hpp"
#include "script.hpp"
#include "sts/core/dispatcher.hpp"
#include "sts/core/server_session.hpp"

namespace {

using namespace tidegate;
using namespace std::chrono_literals;
using fuzz::require;
using fuzz::Script;

class World final : sts::ServerSink {
public:
    explicit World(Script& script)
        : script_(script),
          client_({.stream_id = "s", .worker_id = "w"}, "",
                  {.breaker = {.failures = 3, .open = 1s}},
                  {[this] { return "id" + std::to_string(ids_++); }, [] { return 3U; }}) {}

    void run() {
        while (!script_.done()) step(script_.below(9));
        if (!service_) connect();
        client_.end(now_);
        for (int i = 0; i < 2000 && !client_.done(); ++i) wind_up();
        look();
        require(client_.done() && outcomes_.size() == sent_);
    }

private:
    void step(std::size_t choice) {
        switch (choice) {
            case 0:
                if (!service_) connect();
                break;
            case 1:
                if (service_ && script_.below(8) == 7) disconnect();
                break;
            case 2:
                pass(std::chrono::milliseconds{script_.number() % 9000});
                break;
            case 3:
                client_.send({.id = sent_, .audio = sound_of(sent_)}, now_);
                ++sent_;
                break;
            case 4:
                answer();
                break;
            case 5:
                carry_up();
                break;
            default:
                carry_down();
        }
        look();
    }

    static sts::AudioData sound_of(std::uint64_t id) {
        auto const text = std::to_string(id);
        return {.sample_rate = 8000,
                .channels = 1,
                .duration = 100ms,
                .base64 = sts::encode_sound(base::as_bytes(text))};
    }

    void connect() {
        service_.emplace(
            sts::ServerPolicy{.backpressure = true}, [] { return std::string("id"); }, now_);
        client_.on_connecting(now_);
        client_.on_connected(now_);
    }
    void disconnect() {
        client_.on_disconnected({sts::SessionEnd::Kind::lost, "cut"}, now_);
        service_.reset();
        up_.clear();
        down_.clear();
        received_.clear();
    }
    void pass(std::chrono::milliseconds time) {
        now_.time += time;
        client_.check(now_);
        if (service_) service_->check(now_);
    }
    void carry_up() {
        if (up_.empty() || !service_) return;
        service_->on_message(up_.front(), now_, *this);
        up_.pop_front();
    }
    void carry_down() {
        if (down_.empty()) return;
        client_.on_message(down_.front(), now_);
        down_.pop_front();
    }
    void answer() {
        if (received_.empty() || !service_) return;
        auto const at = script_.below(received_.size());
        auto fragment = std::move(received_[at]);
        received_.erase(received_.begin() + static_cast<std::ptrdiff_t>(at));
        sts::ProcessedAnswer answer{.fragment_id = fragment.fragment_id};
        switch (script_.below(4)) {
            case 0:
                return service_->drop(fragment.fragment_id, now_);
            case 1:
                answer.status = sts::ProcessedStatus::failed;
                answer.error = sts::ServiceError{.code = "MODEL_ERROR"};
                break;
            default:
                answer.audio = std::move(fragment.audio);
        }
        service_->answer(std::move(answer), now_);
    }

    // The end: everything arrives, and the service answers what it has.
    void wind_up() {
        while (!up_.empty()) carry_up();
        while (!received_.empty()) answer();
        look();
        while (!down_.empty()) carry_down();
        pass(100ms);
        look();
        if (client_.closing()) disconnect();
    }

    void look() {
        while (auto message = client_.next_message()) {
            up_.push_back(message->text());
            client_.check(now_);
        }
        while (service_ && !service_->output().empty()) {
            down_.push_back(service_->output().front().text());
            service_->output().pop_front();
        }
        using Kind = sts::SessionEnd::Kind;
        if (service_ && service_->closed()) require(service_->closed()->kind != Kind::hostile);
        if (client_.closing()) require(client_.closing()->kind != Kind::hostile);
        while (auto report = client_.next_report()) {
            auto* const told = std::get_if<sts::FragmentOutcome>(&*report);
            if (told == nullptr) continue;
            require(outcomes_.emplace(told->fragment, true).second);
            if (told->outcome) require(told->outcome->audio == sound_of(told->fragment));
        }
    }

    // sts::ServerSink
    void on_fragment(sts::FragmentData&& fragment) override {
        received_.push_back(std::move(fragment));
    }
    void on_error_simulation(sts::ErrorSimulation&&) override {}
    void on_simulate_disconnect(sts::SimulateDisconnect const&) override {}

    Script& script_;
    sts::Now now_{.time = sts::Time{1h}};
    int ids_ = 0;
    std::uint64_t sent_ = 0;
    std::map<std::uint64_t, bool> outcomes_;
    std::deque<std::string> up_, down_;
    std::deque<sts::FragmentData> received_;
    std::optional<sts::ServerSession> service_;
    sts::Dispatcher client_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    Script script(data, size);
    World(script).run();
    return 0;
}
