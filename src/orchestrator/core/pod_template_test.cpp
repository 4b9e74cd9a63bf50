#include "orchestrator/core/pod_template.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>

#include "kubernetes/core/members.hpp"
#include "orchestrator/core/pod.hpp"

namespace tidegate::orchestrator {
namespace {

namespace json = boost::json;
using kubernetes::find;
using kubernetes::text_at;
using testing::HasSubstr;

// `metadata`, `spec` and `container`: further members.
json::value manifest(std::string const& metadata = "", std::string const& spec = "",
                     std::string const& container = R"("image":"w:1")") {
    return json::parse(R"({"apiVersion":"v1","kind":"Pod","metadata":{)" + metadata +
                       R"(},"spec":{"containers":[{"name":"side","image":"s"},{"name":"worker",)" +
                       container + "}]" + spec + "}}");
}

json::value made(PodPlan const& plan, json::value const& from = manifest(),
                 std::string const& secret = "") {
    return make_pod({*read_pod_template(from), "media", secret}, plan);
}

PodPlan plan() {
    return {.pod_name = "worker-demo-1",
            .stream_id = "demo",
            .run_id = "r",
            .start_id = "s",
            .params = {{"lang", "es"}},
            .argv = {"stream-worker", "--stream-id", "demo"}};
}

json::value const& worker_of(json::value const& pod) {
    return *kubernetes::item_named(kubernetes::find_array(pod, {"spec", "containers"}), "name",
                                   "worker");
}

TEST(PodTemplate, IsFilledWithWhatTheWorkerIs) {
    auto const pod =
        made(plan(), manifest(R"("labels":{"team":"a"},"ownerReferences":[{"uid":"o"}])",
                              R"(,"tolerations":[{"key":"k"}])"));
    EXPECT_EQ(text_at(pod, {"metadata", "name"}), "worker-demo-1");
    EXPECT_EQ(text_at(pod, {"metadata", "namespace"}), "media");
    EXPECT_EQ(text_at(pod, {"metadata", "labels", "team"}), "a");
    EXPECT_EQ(text_at(pod, {"metadata", "labels", kRoleLabel}), kWorkerRole);
    EXPECT_EQ(text_at(pod, {"metadata", "labels", "tidegate/stream"}), "demo");
    EXPECT_EQ(text_at(pod, {"metadata", "annotations", kRunAnnotation}), "r");
    EXPECT_EQ(text_at(pod, {"metadata", "annotations", kStartAnnotation}), "s");
    EXPECT_EQ(text_at(pod, {"metadata", "annotations", kParamsAnnotation}), R"({"lang":"es"})");
    EXPECT_EQ(text_at(pod, {"spec", "restartPolicy"}), "Never");
    EXPECT_NE(find(pod, {"metadata", "ownerReferences"}), nullptr);
    EXPECT_NE(find(pod, {"spec", "tolerations"}), nullptr);
    EXPECT_EQ(worker_of(pod).at("command"), json::parse(R"(["stream-worker"])"));
    EXPECT_EQ(worker_of(pod).at("args"), json::parse(R"(["--stream-id","demo"])"));
    EXPECT_EQ(worker_of(pod).at("env"), json::parse(R"([{"name":"HEALTH_LISTEN","value":":8081"},
                  {"name":"LEASE_FILE","value":"kubernetes:worker-demo-1"},
                  {"name":"LEASE_DURATION","value":"3m0s"},
                  {"name":"POD_NAME","valueFrom":{"fieldRef":{"fieldPath":"metadata.name"}}},
                  {"name":"POD_UID","valueFrom":{"fieldRef":{"fieldPath":"metadata.uid"}}}])"));
    EXPECT_EQ(pod.at("spec").at("containers").at(0), json::parse(R"({"name":"side","image":"s"})"));
}

// $(NAME) in an argument is the value of a variable, such as a password.
TEST(PodTemplate, APublisherCannotNameAPassword) {
    auto wanted = plan();
    wanted.argv = {"w", "--param", "x=$(OUTPUT_PASSWORD)", "$$", "a$"};
    auto const pod = made(wanted);
    EXPECT_EQ(from_pod_argument(worker_of(pod).at("args").at(1).as_string()), wanted.argv[2]);
    EXPECT_EQ(worker_of(pod).at("args"),
              json::parse(R"J(["--param","x=$$(OUTPUT_PASSWORD)","$$$$","a$$"])J"));
}

TEST(PodTemplate, HasProbesUnlessTheTemplateHasOthers) {
    auto const pod = made(plan());
    EXPECT_EQ(text_at(worker_of(pod), {"readinessProbe", "httpGet", "path"}), "/readyz");
    EXPECT_EQ(text_at(worker_of(pod), {"livenessProbe", "httpGet", "path"}), "/livez");
    EXPECT_EQ(*find(pod, {"spec", "terminationGracePeriodSeconds"}), json::value(10));
    EXPECT_EQ(*find(pod, {"spec", "enableServiceLinks"}), json::value(false));
    auto const own =
        made(plan(), manifest("", R"(,"terminationGracePeriodSeconds":3)",
                              R"("image":"w","livenessProbe":{"exec":{"command":["true"]}})"));
    EXPECT_EQ(find(worker_of(own), {"livenessProbe", "httpGet"}), nullptr);
    auto const listens = R"([{"name":"HEALTH_LISTEN","value":"$(POD_IP):8081"}])";
    auto const elsewhere =
        made(plan(), manifest("", "", R"("image":"w","env":)" + std::string(listens)));
    auto const& environment = worker_of(elsewhere).at("env").as_array();
    EXPECT_EQ(environment.front(), json::parse(listens).as_array().front());
    EXPECT_EQ(std::ranges::count(environment, json::value("HEALTH_LISTEN"),
                                 [](json::value const& one) { return one.at("name"); }),
              1);
    EXPECT_EQ(*find(own, {"spec", "terminationGracePeriodSeconds"}), json::value(3));
}

TEST(PodTemplate, NamesTheSecretAndNothingOfIt) {
    auto const pod =
        made(plan(), manifest("", "", R"("image":"w","envFrom":[{"configMapRef":{"name":"c"}}])"),
             "logins");
    EXPECT_EQ(worker_of(pod).at("envFrom"),
              json::parse(R"([{"configMapRef":{"name":"c"}},{"secretRef":{"name":"logins"}}])"));
    EXPECT_EQ(worker_of(made(plan())).as_object().if_contains("envFrom"), nullptr);
}

TEST(PodTemplate, AnIdThatIsNoLabelIsAnAnnotationOnly) {
    for (auto const& id : {std::string("_x"), std::string("x-"), std::string(64, 'a')}) {
        auto wanted = plan();
        wanted.stream_id = id;
        auto const pod = made(wanted);
        EXPECT_EQ(find(pod, {"metadata", "labels", "tidegate/stream"}), nullptr) << id;
        EXPECT_EQ(text_at(pod, {"metadata", "annotations", kStreamAnnotation}), id);
    }
}

TEST(PodTemplate, SaysWhatIsWrongWithIt) {
    auto const problem = [](json::value const& value) {
        auto const read = read_pod_template(value);
        return read ? std::string() : read.error();
    };
    EXPECT_EQ(problem(manifest()), "");
    EXPECT_EQ(problem(manifest("", R"(,"restartPolicy":"Never")")), "");
    EXPECT_THAT(problem(json::value()), HasSubstr("it is no Pod"));
    EXPECT_THAT(problem(json::parse(R"({"apiVersion":"apps/v1","kind":"Deployment"})")),
                HasSubstr("it is no Pod"));
    EXPECT_THAT(problem(manifest(R"("name":"x")")), HasSubstr("metadata.name"));
    EXPECT_THAT(problem(manifest(R"("namespace":"x")")), HasSubstr("metadata.namespace"));
    EXPECT_THAT(problem(manifest(R"("labels":[])")), HasSubstr("metadata.labels is no object"));
    EXPECT_THAT(problem(manifest("", R"(,"restartPolicy":"Always")")), HasSubstr("must be Never"));
    EXPECT_THAT(problem(manifest("", "", R"("image":"w","args":["x"])")), HasSubstr("no args"));
    EXPECT_THAT(problem(manifest("", "", R"("image":"w","command":["x"])")),
                HasSubstr("no command"));
    EXPECT_THAT(problem(manifest("", "", R"("ports":[])")), HasSubstr("has no image"));
    EXPECT_THAT(
        problem(json::parse(R"({"apiVersion":"v1","kind":"Pod","spec":{"containers":[]}})")),
        HasSubstr("no container with the name worker"));
}

}  // namespace
}  // namespace tidegate::orchestrator
