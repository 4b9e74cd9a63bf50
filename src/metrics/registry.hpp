// The metrics of a program, over prometheus-cpp: series are created with their labels at value 0
// when the program starts, so that a dashboard never misses one. Any thread; references stay valid
// as long as the registry lives or until remove().
#pragma once

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace tidegate::metrics {

using Counter = prometheus::Counter;
using Gauge = prometheus::Gauge;
using Histogram = prometheus::Histogram;
using Labels = std::map<std::string, std::string>;

inline constexpr std::string_view kContentType = "text/plain; version=0.0.4; charset=utf-8";

// Seconds, from a loopback answer to a hung one.
inline std::vector<double> latency_buckets() {
    return {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10};
}

class Registry {
public:
    // The same name and labels give the same series. A name is of one kind, with one help text.
    // Throws std::invalid_argument or std::runtime_error for a name that Prometheus refuses: a bug.
    Counter& counter(std::string const& name, std::string const& help, Labels const& labels = {});
    Gauge& gauge(std::string const& name, std::string const& help, Labels const& labels = {});
    // upper_bounds ascend; the bucket +Inf is added.
    Histogram& histogram(std::string const& name, std::string const& help,
                         std::vector<double> const& upper_bounds, Labels const& labels = {});

    // Ends a series (a stream that has gone). REQUIRES: made by this registry; the reference dies.
    void remove(Counter& series);
    void remove(Gauge& series);
    void remove(Histogram& series);

    // Exposition format 0.0.4, families in order of creation, series in order of their labels.
    std::string text() const;

private:
    // Which family a series belongs to, for remove().
    template <class Series>
    using Owners = std::map<Series*, prometheus::Family<Series>*>;

    template <class Series>
    void remove_from(Owners<Series>& owners, Series& series);

    prometheus::Registry registry_;
    std::mutex mutex_;  // guards the owners
    Owners<Counter> counters_;
    Owners<Gauge> gauges_;
    Owners<Histogram> histograms_;
};

}  // namespace tidegate::metrics
