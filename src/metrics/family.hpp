// The text of metrics that nobody counts: they are read off something else when somebody asks, and
// what is gone has no series. Pure; any thread.
#pragma once

#include <string>
#include <vector>

#include "metrics/registry.hpp"

namespace tidegate::metrics {

struct Sample {
    Labels labels;
    double value;
};

enum class FamilyType { counter, gauge };

// All series of one name.
struct Family {
    std::string name, help;
    FamilyType type;
    std::vector<Sample> samples;
};

// The text in Prometheus' exposition format 0.0.4, to be put behind that of a Registry. A family
// without samples is left out. No name may be that of a series of this registry.
std::string text(std::vector<Family> const& families);

}  // namespace tidegate::metrics
