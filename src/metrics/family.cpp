#include "metrics/family.hpp"

#include <prometheus/text_serializer.h>

namespace tidegate::metrics {

namespace {

prometheus::ClientMetric to_metric(Sample const& sample, FamilyType type) {
    prometheus::ClientMetric metric;
    metric.label.reserve(sample.labels.size());
    for (auto const& [name, value] : sample.labels) metric.label.push_back({name, value});
    (type == FamilyType::counter ? metric.counter.value : metric.gauge.value) = sample.value;
    return metric;
}

}  // namespace

std::string text(std::vector<Family> const& families) {
    std::vector<prometheus::MetricFamily> shown;
    for (auto const& [name, help, type, samples] : families) {
        if (samples.empty()) continue;
        auto& family = shown.emplace_back();
        family.name = name;
        family.help = help;
        family.type = type == FamilyType::counter ? prometheus::MetricType::Counter
                                                  : prometheus::MetricType::Gauge;
        family.metric.reserve(samples.size());
        for (auto const& sample : samples) family.metric.push_back(to_metric(sample, type));
    }
    return prometheus::TextSerializer().Serialize(shown);
}

}  // namespace tidegate::metrics
