#include "kubernetes/core/lease.hpp"

#include <array>
#include <cstdio>

#include "base/go_time.hpp"
#include "kubernetes/core/members.hpp"

namespace tidegate::kubernetes {

namespace json = boost::json;

namespace {

// A holder that would need longer to be missed is a mistake. The value is far from every overflow.
constexpr std::int64_t kLongestLease = 24L * 3600;

json::object object_of(std::map<std::string, std::string> const& texts) {
    json::object object;
    for (auto const& [name, text] : texts) object.emplace(name, text);
    return object;
}

std::optional<MicroTime> time_at(json::value const& object, std::string_view name) {
    auto const time = base::parse_go_time(text_at(object, {"spec", name}));
    if (!time) return std::nullopt;
    return *time;
}

}  // namespace

json::value to_json(Lease const& lease, std::string_view name_space) {
    json::object metadata{{"name", lease.name}, {"namespace", name_space}};
    if (!lease.uid.empty()) metadata.emplace("uid", lease.uid);
    if (!lease.resource_version.empty()) {
        metadata.emplace("resourceVersion", lease.resource_version);
    }
    if (!lease.labels.empty()) metadata.emplace("labels", object_of(lease.labels));
    if (!lease.annotations.empty()) metadata.emplace("annotations", object_of(lease.annotations));
    json::object spec{{"holderIdentity", lease.holder},
                      {"leaseDurationSeconds", lease.duration.count()},
                      {"leaseTransitions", lease.transitions}};
    if (lease.acquired) spec.emplace("acquireTime", to_micro_time(*lease.acquired));
    if (lease.renewed) spec.emplace("renewTime", to_micro_time(*lease.renewed));
    return json::object{{"apiVersion", "coordination.k8s.io/v1"},
                        {"kind", "Lease"},
                        {"metadata", std::move(metadata)},
                        {"spec", std::move(spec)}};
}

std::expected<Lease, std::string> parse_lease(json::value const& object) {
    Lease lease;
    lease.name = text_at(object, {"metadata", "name"});
    lease.uid = text_at(object, {"metadata", "uid"});
    lease.resource_version = text_at(object, {"metadata", "resourceVersion"});
    if (lease.name.empty() || lease.uid.empty() || lease.resource_version.empty()) {
        return std::unexpected("the answer is no Lease: name, uid or resourceVersion is missing");
    }
    lease.holder = text_at(object, {"spec", "holderIdentity"});
    auto const seconds = number_at(object, {"spec", "leaseDurationSeconds"});
    if (seconds && (*seconds < 1 || *seconds > kLongestLease)) {
        return std::unexpected("the Lease " + lease.name + " has a duration of " +
                               std::to_string(*seconds) + " s");
    }
    if (seconds) lease.duration = std::chrono::seconds{*seconds};
    lease.acquired = time_at(object, "acquireTime");
    lease.renewed = time_at(object, "renewTime");
    lease.transitions =
        static_cast<int>(number_at(object, {"spec", "leaseTransitions"}).value_or(0));
    lease.labels = texts_at(object, {"metadata", "labels"});
    lease.annotations = texts_at(object, {"metadata", "annotations"});
    return lease;
}

std::string to_micro_time(MicroTime time) {
    auto const day = std::chrono::floor<std::chrono::days>(time);
    std::chrono::year_month_day const date(day);
    std::chrono::hh_mm_ss const clock(time - day);
    std::array<char, 48> text{};
    auto const length = std::snprintf(
        text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%06dZ",
        static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
        static_cast<unsigned>(date.day()), static_cast<int>(clock.hours().count()),
        static_cast<int>(clock.minutes().count()), static_cast<int>(clock.seconds().count()),
        static_cast<int>(clock.subseconds().count()));
    return {text.data(), static_cast<std::size_t>(length)};
}

}  // namespace tidegate::kubernetes
