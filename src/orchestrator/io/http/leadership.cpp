#include "orchestrator/io/http/leadership.hpp"

#include <utility>

#include "http/json_text.hpp"
#include "orchestrator/io/http/stream_json.hpp"

namespace tidegate::orchestrator {

Leadership::Leadership(std::string name, bool elected)
    : name_(std::move(name)),
      elected_(elected),
      gauge_(registry_.gauge("tidegate_leader", "1: this replica leads; without others it does")),
      changes_(
          registry_.counter("tidegate_leader_changes_total",
                            "How often this replica saw that another one leads, or it itself")),
      passed_on_(registry_.counter("tidegate_leader_passed_on_total",
                                   "Requests that this replica has passed on to the one that "
                                   "leads")),
      leads_(!elected) {
    gauge_.Set(leads_ ? 1 : 0);
}

void Leadership::lead() {
    leads_ = true;
    gauge_.Set(1);
}

void Leadership::end() {
    leads_ = false;
    gauge_.Set(0);
}

bool Leadership::set_leader(std::optional<Leader> leader) {
    if (leader == leader_) return false;
    leader_ = std::move(leader);
    since_.reset();
    if (leader_) {
        since_ = std::chrono::system_clock::now();
        changes_.Increment();
    }
    return true;
}

std::string Leadership::text() const {
    std::string body;
    http::JsonObject object(body);
    object.add("replica", name_).add("elected", elected_).add("leading", leads_);
    if (leader_) {
        object.add("leader", leader_->name).add("url", leader_->url);
        object.add("since", to_text(*since_));
    } else {
        object.add_null("leader");
    }
    object.end();
    return body;
}

}  // namespace tidegate::orchestrator
