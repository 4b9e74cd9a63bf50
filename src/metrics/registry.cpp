#include "metrics/registry.hpp"

#include <prometheus/text_serializer.h>

#include <algorithm>

namespace tidegate::metrics {

Counter& Registry::counter(std::string const& name, std::string const& help, Labels const& labels) {
    auto& family = prometheus::BuildCounter().Name(name).Help(help).Register(registry_);
    auto& series = family.Add(labels);
    std::lock_guard const lock(mutex_);
    counters_[&series] = &family;
    return series;
}

Gauge& Registry::gauge(std::string const& name, std::string const& help, Labels const& labels) {
    auto& family = prometheus::BuildGauge().Name(name).Help(help).Register(registry_);
    auto& series = family.Add(labels);
    std::lock_guard const lock(mutex_);
    gauges_[&series] = &family;
    return series;
}

Histogram& Registry::histogram(std::string const& name, std::string const& help,
                               std::vector<double> const& upper_bounds, Labels const& labels) {
    auto& family = prometheus::BuildHistogram().Name(name).Help(help).Register(registry_);
    auto& series = family.Add(labels, upper_bounds);
    std::lock_guard const lock(mutex_);
    histograms_[&series] = &family;
    return series;
}

template <class Series>
void Registry::remove_from(Owners<Series>& owners, Series& series) {
    std::lock_guard const lock(mutex_);
    auto const found = owners.find(&series);
    if (found == owners.end()) return;
    found->second->Remove(&series);
    owners.erase(found);
}

void Registry::remove(Counter& series) {
    remove_from(counters_, series);
}
void Registry::remove(Gauge& series) {
    remove_from(gauges_, series);
}
void Registry::remove(Histogram& series) {
    remove_from(histograms_, series);
}

std::string Registry::text() const {
    auto families = registry_.Collect();
    for (auto& family : families) {
        std::ranges::sort(family.metric, {}, &prometheus::ClientMetric::label);
    }
    return prometheus::TextSerializer().Serialize(families);
}

}  // namespace tidegate::metrics
