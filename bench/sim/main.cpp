// tidegate-sim: a simulated day, as JSON. bench/sim.py makes the report of it.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <string>
#include <string_view>

#include "sim/world.hpp"

namespace {

using namespace tidegate;
namespace json = boost::json;

constexpr std::array<std::string_view, 6> kWork{"list",   "look",  "hook",
                                                "worker", "timer", "restart"};

double at(std::vector<float>& values, double share) {
    if (values.empty()) return 0;
    auto const place = static_cast<std::ptrdiff_t>(share * static_cast<double>(values.size() - 1));
    std::nth_element(values.begin(), values.begin() + place, values.end());
    return values[static_cast<std::size_t>(place)];
}

double memory_mb() {
    std::ifstream file("/proc/self/status");
    for (std::string line; std::getline(file, line);) {
        if (line.starts_with("VmHWM:")) return std::stod(line.substr(6)) / 1024;
    }
    return 0;
}

json::object minute_json(sim::Minute& minute) {
    return {{"live", minute.live},
            {"workers", minute.workers},
            {"badRouters", minute.degraded_routers},
            {"arrivals", minute.arrivals},
            {"departures", minute.departures},
            {"flaps", minute.flaps},
            {"moves", minute.moves},
            {"conflicts", minute.conflicts},
            {"starts", minute.starts},
            {"crashes", minute.crashes},
            {"replaced", minute.replaced},
            {"unserved", minute.unserved},
            {"down", minute.service_down},
            {"askedP50", at(minute.asked_ms, 0.5)},
            {"askedP99", at(minute.asked_ms, 0.99)},
            {"asked", minute.asked_ms.size()}};
}

json::object report_json(sim::Settings const& settings, sim::Report& report, double seconds) {
    json::array minutes;
    std::vector<float> all;
    for (auto& minute : report.minutes) {
        all.insert(all.end(), minute.asked_ms.begin(), minute.asked_ms.end());
        minutes.push_back(minute_json(minute));
    }
    json::object costs;
    for (std::size_t i = 0; i < kWork.size(); ++i) {
        auto const& cost = report.costs[i];
        costs[kWork[i]] =
            json::object{{"calls", cost.calls}, {"things", cost.things}, {"ns", cost.ns}};
    }
    json::array examples(report.examples.begin(), report.examples.end());
    return {{"seed", settings.seed},
            {"mostLive", settings.most_live},
            {"routers", settings.routers},
            {"hours", settings.length.count()},
            {"listSeconds", settings.lists.count()},
            {"wallSeconds", seconds},
            {"peakMb", memory_mb()},
            {"events", report.events},
            {"doubles", report.doubles},
            {"lost", report.lost},
            {"ghosts", report.ghosts},
            {"wrongRouter", report.wrong_router},
            {"examples", std::move(examples)},
            {"routerCrashes", report.router_crashes},
            {"partitions", report.partitions},
            {"nodeCrashes", report.node_crashes},
            {"serviceCrashes", report.service_crashes},
            {"workerCrashes", report.worker_crashes},
            {"failedSpawns", report.failed_spawns},
            {"lostHooks", report.lost_hooks},
            {"adopted", report.adopted},
            {"asked", json::object{{"n", all.size()},
                                   {"p50", at(all, 0.5)},
                                   {"p99", at(all, 0.99)},
                                   {"p999", at(all, 0.999)}}},
            {"digest", report.digest},
            {"costs", std::move(costs)},
            {"minutes", std::move(minutes)}};
}

}  // namespace

int main(int argc, char** argv) {
    sim::Settings settings;
    std::int64_t hours = settings.length.count(), lists = settings.lists.count();
    CLI::App app("A simulated day of many streams");
    app.add_option("--seed", settings.seed);
    app.add_option("--streams", settings.most_live);
    app.add_option("--routers", settings.routers);
    app.add_option("--hours", hours);
    app.add_option("--list-seconds", lists);
    CLI11_PARSE(app, argc, argv);
    settings.channels = settings.most_live + settings.most_live / 4;
    settings.length = std::chrono::hours{hours};
    settings.lists = std::chrono::seconds{lists};
    auto const began = std::chrono::steady_clock::now();
    auto report = sim::World(settings).run();
    std::chrono::duration<double> const took = std::chrono::steady_clock::now() - began;
    std::printf("%s\n", json::serialize(report_json(settings, report, took.count())).c_str());
    return report.doubles + report.lost + report.ghosts + report.wrong_router == 0 ? 0 : 1;
}
