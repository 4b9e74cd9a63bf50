// A protocol that no other file knows: it is in the Control API and in the metrics, and ends with
// the router.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/random.hpp"
#include "router/api/items.hpp"
#include "router/api/metrics_table.hpp"
#include "router/app/test_router.hpp"
#include "router/session/media_listener.hpp"
#include "router/session/test_services.hpp"

namespace tidegate::router {
namespace {

using testing::HasSubstr;
using testing::Not;
namespace asio = boost::asio;
using asio::ip::tcp;

// The toy begins here: whoever connects is a reader until they hang up.
struct ToyInfo {
    std::string id;
    WallTime created;
};
struct ToyRecord final : Record<ToyInfo> {
    using Record::Record;
    void read_counters(ToyInfo&) const override {}
};
constexpr Metric<ToyInfo> kMetrics[] = {{"toy_readers"}};
constexpr MetricsTable<ToyInfo> kTable{"# Toy readers", kMetrics, {}, [](ToyInfo const& reader) {
                                           return label_text({{"id", reader.id}});
                                       }};

class ToyModule final : public ProtocolModule {
public:
    ToyModule(Services& services, unsigned short port)
        : address_(local(port)),
          listener_(
              "TOY", Security::clear, services.loops,
              [this](tcp::socket socket, net::EventLoop&) { return serve(std::move(socket)); },
              [this] { close_sessions(); }) {}
    std::string_view name() const override { return "toy"; }
    bool enabled(config::mediamtx::Global const&) const override { return true; }
    std::expected<void, std::string> start(config::mediamtx::Conf const&) override {
        return listener_.start(address_);
    }
    asio::awaitable<void> configure(config::mediamtx::Conf const&) override { co_return; }
    asio::awaitable<void> stop() override { co_return listener_.stop(); }
    void close_sessions() override { readers_.close_all(); }

    std::vector<ApiEndpoint> endpoints() override {
        std::vector<ApiEndpoint> endpoints;
        add_endpoints(endpoints, readers_,
                      {"toys", "toy not found", true, [](std::string& text, ToyInfo const& reader) {
                           JsonObject(text).add("id", reader.id).end();
                       }});
        return endpoints;
    }
    std::vector<MetricsBlock> metrics() override {
        return {table_block("toys", "toy", kTable, readers_)};
    }

private:
    asio::awaitable<void> serve(tcp::socket accepted) {
        auto const socket = std::make_shared<tcp::socket>(std::move(accepted));
        auto const record = std::make_shared<ToyRecord>(
            ToyInfo{base::random_uuid(), std::chrono::system_clock::now()}, [socket](auto const&) {
                asio::post(socket->get_executor(), [socket] { socket->close(); });
            });
        readers_.add(record);
        co_await socket->async_wait(tcp::socket::wait_read, asio::as_tuple(asio::use_awaitable));
        readers_.remove(record->id());
    }

    std::string const address_;
    Registry<ToyRecord> readers_;
    MediaListener listener_;
};
// The toy ends here.

TEST(ToyModule, IsInTheApiAndTheMetricsAndEndsWithTheRouter) {
    auto const toy = free_port();
    auto const api = free_port();
    auto const metrics = free_port();
    RunningRouter router(
        "api: yes\nmetrics: yes\napiAddress: " + local(api) + "\nmetricsAddress: " + local(metrics),
        [toy](Services& services) {
            ProtocolModules modules;
            modules.push_back(std::make_unique<ToyModule>(services, toy));
            return modules;
        });
    auto first = std::make_unique<Caller>(toy);
    Caller second(toy);
    EXPECT_TRUE(wait_for_answer(api, "/v3/toys/list", R"({"itemCount":2,"pageCount":1,)"));
    auto const page = http_get(metrics, "/metrics?type=toys");
    EXPECT_THAT(page, HasSubstr("# Toy readers\ntoy_readers{id=\""));
    EXPECT_THAT(http_get(metrics, "/metrics"), HasSubstr(page.substr(page.find("# Toy"))));
    first.reset();
    EXPECT_TRUE(wait_for_answer(api, "/v3/toys/list", R"({"itemCount":1,"pageCount":1,)"));
    EXPECT_THAT(http_get(api, "/v3/rtmpconns/list"), HasSubstr("404"));
    router.stop();
    EXPECT_EQ(second.rest(), "");
}

}  // namespace
}  // namespace tidegate::router
