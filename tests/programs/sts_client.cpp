// A client of a speech service that sends fragments and prints what becomes of them, one JSON
// object a line.
//   sts-client --url ws://127.0.0.1:8000 --fragments 3
#include <sys/resource.h>

#include <boost/asio/io_context.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <chrono>
#include <cstdio>
#include <string>

#include "config/flags.hpp"
#include "net/event_loop.hpp"
#include "net/first_of.hpp"
#include "sts/io/client.hpp"

namespace {

using namespace tidegate;
namespace asio = boost::asio;
namespace json = boost::json;

struct Options {
    std::string url, token, ca_file;
    std::string stream = "demo";
    std::int64_t fragments = 1;
    std::int64_t bytes = 1000;        // of sound in each
    std::int64_t interval_ms = 0;     // between them; 0: the next follows the outcome
    std::int64_t deadline_ms = 8000;  // of a fragment
    std::int64_t retry_ms = 200;      // between attempts to connect
    std::int64_t in_flight = 3;
};

config::ParseResult parse(int argc, char** argv, Options& options) {
    config::Flags flags("sts-client", "Sends fragments to a speech service.", "0.1.0");
    flags.text("url", "", "the service", options.url).required().check([](auto const& text) {
        auto const url = sts::parse_service_url(text);
        return url ? std::nullopt : std::optional(url.error());
    });
    flags.secret("STS_TOKEN", "the token", options.token);
    flags.text("ca-file", "", "certificates to trust", options.ca_file);
    flags.text("stream", "", "the stream's id", options.stream);
    flags.number("fragments", "", "how many", options.fragments);
    flags.number("bytes", "", "of sound in each", options.bytes);
    flags.number("interval-ms", "", "between fragments", options.interval_ms);
    flags.number("deadline-ms", "", "of a fragment", options.deadline_ms);
    flags.number("retry-ms", "", "between attempts to connect", options.retry_ms);
    flags.number("in-flight", "", "how many fragments may be under way", options.in_flight);
    return flags.parse(argc, argv);
}

void print(json::object const& line) {
    std::printf("%s\n", json::serialize(line).c_str());
    std::fflush(stdout);
}

double milliseconds(std::chrono::nanoseconds value) {
    return std::chrono::duration<double, std::milli>(value).count();
}

double cpu_milliseconds() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    auto const of = [](timeval const& time) {
        return static_cast<double>(time.tv_sec) * 1000 + static_cast<double>(time.tv_usec) / 1000;
    };
    return of(usage.ru_utime) + of(usage.ru_stime);
}

sts::ClientSettings settings_of(Options const& options) {
    sts::ClientSettings settings;
    settings.url = *sts::parse_service_url(options.url);
    settings.token = options.token;
    settings.ca_file = options.ca_file;
    settings.stream.stream_id = options.stream;
    settings.stream.worker_id = "worker-" + options.stream;
    settings.stream.format = sts::kFormatPcm;
    settings.stream.max_in_flight = static_cast<std::uint32_t>(options.in_flight);
    settings.policy.fragment_deadline = std::chrono::milliseconds{options.deadline_ms};
    settings.policy.first_retry = settings.policy.longest_retry =
        std::chrono::milliseconds{options.retry_ms};
    return settings;
}

class Sender final : sts::ClientHandler {
public:
    Sender(net::EventLoop& loop, Options const& options)
        : loop_(loop), options_(options), client_(loop, settings_of(options), *this) {}

    asio::awaitable<void> run() {
        loop_.tasks().spawn("fragments", send_all());
        auto const before = cpu_milliseconds();
        co_await client_.run();
        auto const& counters = client_.counters();
        print({{"sent", counters.fragments_sent},
               {"dubbed", counters.dubbed},
               {"connections", counters.connections},
               {"slowDowns", counters.slow_downs},
               {"pauses", counters.pauses},
               {"lateAnswers", counters.late_answers},
               {"unknownEvents", counters.unknown_events},
               {"bytesReceived", counters.bytes_received},
               {"cpuMs", cpu_milliseconds() - before}});
        loop_.stop();
        loop_.tasks().stop();
    }

private:
    asio::awaitable<void> send_all() {
        auto const sound = sts::encode_sound(base::Bytes(static_cast<std::size_t>(options_.bytes)));
        for (std::int64_t id = 0; id < options_.fragments; ++id) {
            while (!client_.can_send()) co_await net::sleep_for(std::chrono::milliseconds{5});
            sts::Fragment fragment{.id = static_cast<std::uint64_t>(id)};
            fragment.audio = {.format = std::string(sts::kFormatPcm),
                              .sample_rate = 48'000,
                              .channels = 2,
                              .duration = std::chrono::milliseconds{options_.bytes / 192},
                              .base64 = sound};
            client_.send(std::move(fragment));
            if (options_.interval_ms > 0) {
                co_await net::sleep_for(std::chrono::milliseconds{options_.interval_ms});
            }
            while (options_.interval_ms == 0 && outcomes_ <= id) {
                co_await net::sleep_for(std::chrono::milliseconds{1});
            }
        }
        client_.end();
    }

    void on_state(sts::ClientState state, std::string const& reason) override {
        print({{"state", std::string(name_of(state))}, {"reason", reason}});
    }
    void on_result(std::uint64_t fragment, sts::Outcome&& outcome) override {
        ++outcomes_;
        if (!outcome) {
            auto const& failure = outcome.error();
            return print({{"fragment", fragment},
                          {"failure", std::string(name_of(failure.reason))},
                          {"code", failure.code},
                          {"detail", failure.detail}});
        }
        auto const sound = sts::decode_sound(outcome->audio);
        print({{"fragment", fragment},
               {"partial", outcome->partial},
               {"format", outcome->audio.format},
               {"durationMs", outcome->audio.duration.count()},
               {"bytes", sound ? static_cast<std::int64_t>(sound->size()) : -1},
               {"transcript", outcome->transcript},
               {"translation", outcome->translation},
               {"roundTripMs", milliseconds(outcome->round_trip)}});
    }

    net::EventLoop& loop_;
    Options const& options_;
    sts::Client client_;
    std::int64_t outcomes_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
    Options options;
    auto const parsed = parse(argc, argv, options);
    if (auto const* const exit = std::get_if<config::Exit>(&parsed)) {
        std::fputs(exit->text.c_str(), exit->code == 0 ? stdout : stderr);
        return exit->code;
    }
    asio::io_context io(1);
    net::EventLoop loop(io, 0, [](std::string const& name, std::string const& what) {
        print({{"task", name}, {"exception", what}});
    });
    Sender sender(loop, options);
    loop.tasks().spawn("client", sender.run());
    io.run();
    return 0;
}
