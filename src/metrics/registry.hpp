// The metrics of a program, by prometheus-cpp. A program makes its series, with their labels and
// the value 0, when it starts, so that a dashboard never misses one. A reference to a series is
// valid until remove(), and at most while the registry lives. Any thread.
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

// Upper bounds in seconds: from the time of an answer over loopback to that of a peer that hangs.
inline std::vector<double> latency_buckets() {
    return {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10};
}

class Registry {
public:
    // Makes a series, or returns the one of this name and these labels. All series of a name are of
    // one kind and have one help text. Throws std::invalid_argument or std::runtime_error if
    // Prometheus does not allow the name, which is a bug.
    Counter& counter(std::string const& name, std::string const& help, Labels const& labels = {});
    Gauge& gauge(std::string const& name, std::string const& help, Labels const& labels = {});
    // upper_bounds: in ascending order. The bucket +Inf is added.
    Histogram& histogram(std::string const& name, std::string const& help,
                         std::vector<double> const& upper_bounds, Labels const& labels = {});

    // Removes a series, for example of a stream that is gone. `series` is not valid afterwards.
    // REQUIRES: this registry has made it.
    void remove(Counter& series);
    void remove(Gauge& series);
    void remove(Histogram& series);

    // The text in Prometheus' exposition format 0.0.4. Names stand in the order of their creation,
    // the series of a name in the order of their labels.
    std::string text() const;

private:
    // The family of each series, for remove().
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
