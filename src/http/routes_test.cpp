#include "http/routes.hpp"

#include <gtest/gtest.h>

namespace tidegate::http {
namespace {

class RoutesTest : public ::testing::Test {
protected:
    void SetUp() override {
        for (auto const* route :
             {"GET /", "GET /v1/streams", "GET /v1/streams/{id}", "POST /v1/streams/{id}/restart",
              "GET /v3/paths/get/{name...}", "POST /v1/streams", "DELETE /v1/streams/{id}",
              "POST /v1/streams/all", "GET /v1/{kind}/{id}/log"}) {
            std::string_view const text(route);
            auto const space = text.find(' ');
            routes_.add(text.substr(0, space), text.substr(space + 1),
                        [route](Request const&) { return Response{.body = route}; });
        }
    }

    // "GET /pattern id=x" of the route taken, else "405 <allow>" or "404".
    std::string find(std::string_view method, std::string_view path) {
        auto const match = routes_.find(method, path);
        if (match.handler == nullptr) return match.allow.empty() ? "404" : "405 " + match.allow;
        auto text = std::get<Response>((*match.handler)(Request{})).body;
        for (auto const& [name, value] : match.params) text += " " + name + "=" + value;
        return text;
    }

    Routes routes_;
};

TEST_F(RoutesTest, FindsTheHandlerAndItsParameters) {
    struct Case {
        char const* method;
        char const* path;
        char const* found;
    };
    for (auto const& [method, path, found] : {
             Case{"GET", "/", "GET /"},
             Case{"GET", "/v1/streams", "GET /v1/streams"},
             Case{"HEAD", "/v1/streams", "GET /v1/streams"},
             Case{"POST", "/v1/streams", "POST /v1/streams"},
             Case{"GET", "/v1/streams/demo", "GET /v1/streams/{id} id=demo"},
             Case{"DELETE", "/v1/streams/demo", "DELETE /v1/streams/{id} id=demo"},
             Case{"POST", "/v1/streams/demo/restart", "POST /v1/streams/{id}/restart id=demo"},
             Case{"GET", "/v3/paths/get/live/s1/in", "GET /v3/paths/get/{name...} name=live/s1/in"},
             Case{"GET", "/v3/paths/get/x/", "GET /v3/paths/get/{name...} name=x/"},
             Case{"POST", "/v1/streams/all", "POST /v1/streams/all"},
             Case{"GET", "/v1/streams/all", "GET /v1/streams/{id} id=all"},
             Case{"GET", "/v1/a/b/log", "GET /v1/{kind}/{id}/log id=b kind=a"},
             Case{"GET", "/v1/streams/", "404"},
             Case{"GET", "/v1/streams/a/b", "404"},
             Case{"GET", "/v3/paths/get/", "404"},
             Case{"GET", "/v3/paths/get", "404"},
             Case{"GET", "", "404"},
             Case{"GET", "*", "404"},
             Case{"GET", "v1/streams", "404"},
             Case{"PUT", "/v1/streams", "405 GET, HEAD, POST"},
             Case{"POST", "/v1/streams/demo", "405 DELETE, GET, HEAD"},
             Case{"PUT", "/v1/streams/all", "405 DELETE, GET, HEAD, POST"},
             Case{"GET", "/v1/streams/demo/restart", "405 POST"},
             Case{"get", "/v1/streams", "405 GET, HEAD, POST"},
         }) {
        EXPECT_EQ(find(method, path), found) << method << " " << path;
    }
}

}  // namespace
}  // namespace tidegate::http
