// How long a publisher's turn takes while the Control API and the metrics are read all the time,
// and while nobody reads them. There are 1,000 paths with 10,000 readers, half of them on one path.
// In a turn, one picture is put into its wire forms and handed to the readers. Writes JSON to
// stdout.
#include <sched.h>

#include <CLI/CLI.hpp>
#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <chrono>
#include <cstdio>
#include <deque>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "base/random.hpp"
#include "load/histogram.hpp"
#include "load/media_source.hpp"
#include "log/log.hpp"
#include "router/api/handlers.hpp"
#include "router/api/metrics_page.hpp"
#include "router/auth/access_control.hpp"
#include "router/paths/reader_seat.hpp"
#include "router/rtmp/conns.hpp"

namespace tidegate::bench {

namespace {

namespace json = boost::json;
namespace mediamtx = config::mediamtx;
using namespace std::chrono_literals;

struct Settings {
    std::size_t paths = 1000;
    std::size_t readers = 10'000;
    std::size_t rounds = 6;
    std::size_t milliseconds = 1000;  // of a window; each round has one without reads, one with
};

// After so many turns one reader comes and another one goes, so that the list of readers changes.
constexpr std::size_t kTurnsPerVisit = 1000;

// A reader that only looks at the bytes. A real one would send them, and the cost of that would be
// the kernel's.
struct LookingReader final : router::Reader {
    explicit LookingReader(router::WireForm form) : form(form) {}
    bool offer(router::FanoutItem const&) override { return true; }
    void flush() override {}
    std::uint64_t deliver(router::FanoutBatch& batch) override {
        seen += batch.joined(form).bytes.size();
        return batch.rtp_bytes();
    }
    void stream_ended() override {}
    router::WireForm form;
    std::size_t seen = 0;
};

struct Seated {
    router::ReaderSeat seat;
    std::unique_ptr<LookingReader> reader;
    std::shared_ptr<router::RtmpConnRecord> record;
};

class House {
public:
    explicit House(Settings const& settings) : settings_(settings) {
        paths_.apply(*config_.get());
        static_cast<void>(source_.next_video(1));
        picture_.payload = base::SharedBytes::copy_of(source_.next_video(2).payload);
        for (std::size_t i = 0; i < settings.paths; ++i) open(name_of(i), i);
        for (std::size_t i = 0; i < settings.readers; ++i) seat(path_of_reader(i));
    }
    ~House() {
        while (!seats_.empty()) leave();
    }

    // Publishes one picture on the next path.
    void turn() {
        auto& stream = *streams_[turns_ % streams_.size()];
        picture_.pts = picture_.dts = std::chrono::milliseconds(33 * (turns_ / streams_.size()));
        stream.publish(picture_);
        loop_.restart();
        loop_.poll();
        ++turns_;
    }
    bool visitor_due() const { return turns_ % kTurnsPerVisit == 0; }
    void visit() {
        seat(0);
        leave();
    }
    // Reads everything that operators and Prometheus ask for. Another thread calls this.
    void read_all() {
        http::Request request;
        request.method = "GET";
        auto const page = router::metrics_page(blocks_, request);
        request.query = {{"itemsPerPage", "1000"}};
        auto const list = router::list_paths(context_, request);
        auto const conns = endpoints_.front().handle(request);
        if (page.empty() || !list || !conns) throw std::logic_error("no answer");
        bytes_read_ = page.size() + list->size() + conns->size();
    }
    std::size_t bytes_read() const { return bytes_read_; }

private:
    static std::string name_of(std::size_t path) { return "live/" + std::to_string(path) + "/in"; }
    std::size_t path_of_reader(std::size_t reader) const {
        return reader % 2 == 0 ? 0 : (reader / 2) % settings_.paths;
    }
    void open(std::string const& name, std::size_t number) {
        router::Publisher publisher{{"rtmpConn", base::random_uuid()}, "", "", [](auto const&) {}};
        auto stream =
            paths_.publish(name, *paths_.find(name), std::move(publisher), source_.tracks());
        if (!stream) throw std::logic_error(stream.error() + std::to_string(number));
        streams_.push_back(std::move(*stream));
    }
    void seat(std::size_t path) {
        auto const name = name_of(path);
        auto const form = seats_.size() % 2 == 0 ? router::WireForm::rtmp_message
                                                 : router::WireForm::interleaved_rtp;
        router::RtmpConnInfo info;
        info.id = base::random_uuid();
        info.created = std::chrono::system_clock::now();
        info.remote_address = "192.0.2.1:40000";
        info.state = router::ConnState::read;
        info.path = name;
        auto seat = router::ReaderSeat::take(paths_, name, *paths_.find(name), "",
                                             {"rtmpConn", info.id}, form);
        if (!seat) throw std::logic_error(seat.error().message);
        auto record = std::make_shared<router::RtmpConnRecord>(info, [](auto const&) {});
        conns_.add(record);
        auto reader = std::make_unique<LookingReader>(form);
        seat->stream()->outlet(0)->add(*reader);
        seats_.push_back({std::move(*seat), std::move(reader), std::move(record)});
    }
    void leave() {
        auto& oldest = seats_.front();
        conns_.remove(oldest.record->id());
        oldest.seat.stream()->outlet(0)->remove(*oldest.reader);
        seats_.pop_front();
    }
    static router::ConfPtr configuration() {
        return std::make_shared<mediamtx::Conf const>(
            *mediamtx::parse("paths: {'~^live/([^/]+)/(in|out)$': }", {}));
    }

    Settings const settings_;
    boost::asio::io_context loop_{1};
    router::Hooks hooks_{loop_, {}};
    router::ConfigStore config_{configuration()};
    router::AccessControl auth_{loop_};
    router::Paths paths_{hooks_, loop_, {&loop_}};
    router::RtmpConns conns_;
    net::FileThreads files_{1};
    router::ApiContext context_{paths_, config_, auth_, files_, {}};
    std::vector<router::ApiEndpoint> endpoints_ =
        router::rtmp_endpoints(conns_, router::Security::clear);
    std::vector<router::MetricsBlock> blocks_ = [this] {
        auto blocks = router::rtmp_metrics(conns_, router::Security::clear);
        blocks.push_back(router::paths_block(paths_));
        return blocks;
    }();
    MediaSource source_{{}};
    media::Unit picture_;
    std::vector<std::shared_ptr<router::Stream>> streams_;
    std::deque<Seated> seats_;
    std::size_t turns_ = 0;
    std::atomic<std::size_t> bytes_read_{0};
};

struct Figures {
    Histogram turns, visits;

    json::object shown() const {
        auto const us = [](Nanoseconds ns) { return static_cast<double>(ns) / 1000; };
        return {{"turn p50, us", us(turns.percentile(50))},
                {"turn p99, us", us(turns.percentile(99))},
                {"visit p50, us", us(visits.percentile(50))},
                {"visit p99, us", us(visits.percentile(99))},
                {"turns", turns.count()}};
    }
};

template <class Act>
void timed(Histogram& histogram, Act act) {
    auto const begin = now_ns();
    act();
    histogram.add(now_ns() - begin);
}

void publish(House& house, Settings const& settings, Figures& figures) {
    auto const end = now_ns() + static_cast<Nanoseconds>(settings.milliseconds) * kMillisecond;
    while (now_ns() < end) {
        if (house.visitor_due()) timed(figures.visits, [&] { house.visit(); });
        timed(figures.turns, [&] { house.turn(); });
    }
}

void stay_on(int cpu) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(static_cast<std::size_t>(cpu), &set);
    sched_setaffinity(0, sizeof set, &set);
}

// Reads on another core than the publisher's, for as long as it lives.
class Scraper {
public:
    Scraper(House& house, Histogram& reads)
        : thread_([this, &house, &reads] {
              stay_on(1);
              while (!stop_) timed(reads, [&] { house.read_all(); });
          }) {}
    ~Scraper() {
        stop_ = true;
        thread_.join();
    }

private:
    std::atomic<bool> stop_{false};
    std::thread thread_;
};

int run(Settings const& settings) {
    log::Settings quiet;
    quiet.level = log::Level::error;
    static_cast<void>(log::start(quiet));
    House house(settings);
    stay_on(0);
    Figures alone, scraped, unused;
    Histogram reads;
    publish(house, settings, unused);  // so that the caches are warm
    for (std::size_t round = 0; round < settings.rounds; ++round) {
        publish(house, settings, alone);
        Scraper const scraper(house, reads);
        publish(house, settings, scraped);
    }
    auto const ratio = static_cast<double>(scraped.turns.percentile(99)) /
                       static_cast<double>(alone.turns.percentile(99));
    json::object const result{
        {"turns", {{"alone", alone.shown()}, {"while everything is read", scraped.shown()}}},
        {"p99, read / alone", ratio},
        {"reads", reads.count()},
        {"read p50, ms", static_cast<double>(reads.percentile(50)) / kMillisecond},
        {"megabytes a read", static_cast<double>(house.bytes_read()) / 1e6}};
    std::puts(json::serialize(result).c_str());
    return 0;
}

}  // namespace

}  // namespace tidegate::bench

int main(int argc, char** argv) {
    tidegate::bench::Settings settings;
    CLI::App app("A publisher's turn while the Control API and the metrics are read");
    app.add_option("--paths", settings.paths)->check(CLI::PositiveNumber)->capture_default_str();
    app.add_option("--readers", settings.readers)
        ->check(CLI::PositiveNumber)
        ->capture_default_str();
    app.add_option("--rounds", settings.rounds)->check(CLI::PositiveNumber)->capture_default_str();
    app.add_option("--milliseconds", settings.milliseconds, "of a window")->capture_default_str();
    CLI11_PARSE(app, argc, argv);
    return tidegate::bench::run(settings);
}
