// Pods as the API server sends them, for tests: JSON with just the members that matter.
#pragma once

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <string>

#include "base/crypto/label_name.hpp"

namespace tidegate::orchestrator {

struct PodObject {
    std::string stream = "demo";
    std::string uid = "uid-1";
    int version = 10;
    std::string start_id = "none";
    std::string phase = "Pending";
    std::string node = {};
    std::string state = {};       // of the container worker, as JSON; empty: it has no status
    std::string conditions = {};  // JSON objects, with commas between them
    std::string pod_reason = {};  // status.reason
    int deleting = -1;            // the grace that it was given; -1: it is not being deleted
    std::string name = {};        // empty: that of the stream
    std::string run = "run-1";
    std::string params = R"({\"lang\":\"es\"})";
};

inline boost::json::value to_json(PodObject const& pod) {
    auto const name = pod.name.empty() ? base::label_name("worker-", pod.stream) : pod.name;
    std::string text = R"({"kind":"Pod","metadata":{"name":")" + name + R"(","uid":")" + pod.uid +
                       R"(","resourceVersion":")" + std::to_string(pod.version) +
                       R"(","creationTimestamp":"2026-01-02T10:00:00Z","annotations":{)" +
                       R"("tidegate/stream":")" + pod.stream + R"(","tidegate/run":")" + pod.run +
                       R"(","tidegate/start":")" + pod.start_id + R"(","tidegate/params":")" +
                       pod.params + R"("})";
    if (pod.deleting >= 0) {
        text += R"(,"deletionTimestamp":"2026-01-02T10:01:00Z","deletionGracePeriodSeconds":)" +
                std::to_string(pod.deleting);
    }
    text += R"(},"spec":{"nodeName":")" + pod.node + R"("},"status":{"phase":")" + pod.phase +
            R"(","podIP":")" + (pod.node.empty() ? "" : "10.0.0.7") + R"(","reason":")" +
            pod.pod_reason + R"(","conditions":[)" + pod.conditions + "]";
    if (!pod.state.empty()) {
        text += R"(,"containerStatuses":[{"name":"side","state":{"running":{}}},)"
                R"({"name":"worker","state":)" +
                pod.state + "}]";
    }
    return boost::json::parse(text + "}}");
}

inline constexpr char kRunningState[] = R"({"running":{}})";
inline constexpr char kReadyCondition[] = R"({"type":"Ready","status":"True"})";

inline std::string terminated(int code, std::string const& reason) {
    return R"({"terminated":{"exitCode":)" + std::to_string(code) + R"(,"reason":")" + reason +
           "\"}}";
}

inline std::string waiting(std::string const& reason, std::string const& message = "m") {
    return R"({"waiting":{"reason":")" + reason + R"(","message":")" + message + "\"}}";
}

}  // namespace tidegate::orchestrator
