#include "plane/routers.hpp"

#include <algorithm>
#include <boost/asio/read_until.hpp>
#include <boost/asio/streambuf.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <stdexcept>
#include <utility>

#include "base/number.hpp"

namespace tidegate::plane {

namespace {

// What media-router tells of a path with a picture and a sound.
std::string head_of(std::string const& name, std::string const& source_id) {
    std::string const time = "2026-01-02T10:00:07.123456789Z";
    return R"({"name":")" + name +
           R"(","confName":"~^live/([^/]+)/in$","source":{"type":"rtmpConn","id":")" + source_id +
           R"("},"ready":true,"readyTime":")" + time + R"(","available":true,"availableTime":")" +
           time + R"(","online":true,"onlineTime":")" + time +
           R"(","tracks":["H264","MPEG-4 Audio"],"tracks2":[{"codec":"H264","codecProps":{"width":1920,"height":1080,)"
           R"("profile":"High","level":"4.1"}},{"codec":"MPEG-4 Audio","codecProps":{"sampleRate":48000,)"
           R"("channelCount":2}}],"readers":[{"type":"rtspSession","id":")" +
           source_id +
           R"("}],"outboundBytes":123456789,"inboundFramesInError":0,"bytesReceived":123456789,)"
           R"("bytesSent":123456789,"inboundBytes":)";
}

std::size_t number_of(http::Request const& request, std::string_view key, std::size_t otherwise) {
    auto const text = request.query_value(key);
    return text ? base::parse_number<std::size_t>(*text).value_or(otherwise) : otherwise;
}

http::Response json_answer(std::string body) {
    return {.content_type = "application/json", .body = std::move(body)};
}

http::ServerSettings server_settings(std::string const& address, std::uint16_t port) {
    http::ServerSettings settings;
    settings.address = address + ":" + std::to_string(port);
    settings.limits.idle_deadline = std::chrono::hours{1};
    settings.refuse = [](http::Refusal, http::RefusalInfo const& info) {
        return http::Response{.status = info.status};
    };
    return settings;
}

}  // namespace

std::string address_of(unsigned router) {
    return "127.1." + std::to_string(router / 250) + "." + std::to_string(router % 250 + 1);
}

Router::Router(asio::io_context& io, unsigned number, Settings const& settings, Counts& counts)
    : io_(io),
      address_(address_of(number)),
      service_(settings.service),
      counts_(counts),
      server_(io, server_settings(address_, settings.port)),
      wake_(io) {
    server_.route("GET", "/v3/paths/list", [this](auto const& request) { return list(request); });
    server_.route("GET", "/v3/paths/get/{name...}",
                  [this](auto const& request) { return one(request); });
    server_.route("GET", "/v3/config/global/get", [](auto const&) {
        return json_answer(R"({"rtmp":true,"rtmpAddress":":1935"})");
    });
    server_.route("GET", "/v3/config/paths/list",
                  [](auto const&) { return json_answer(R"({"items":[]})"); });
}

void Router::start() {
    if (auto const started = server_.start(); !started) throw std::runtime_error(started.error());
}

void Router::publish(std::string const& id, std::string const& source_id, bool with_hook) {
    auto const name = "live/" + id + "/in";
    paths_[name] = {head_of(name, source_id), source_id, 0};
    if (with_hook) hook("ready", id, source_id);
}

void Router::end(std::string const& id) {
    auto const node = paths_.extract("live/" + id + "/in");
    if (!node.empty()) hook("not-ready", id, node.mapped().source_id);
}

void Router::append(std::string& text, Path& path) {
    path.bytes += 500'000;  // media goes on
    text += path.head;
    text += std::to_string(path.bytes);
    text += '}';
}

http::Response Router::list(http::Request const& request) {
    ++counts_.lists;
    auto const per_page = std::max<std::size_t>(1, number_of(request, "itemsPerPage", 100));
    auto const page = number_of(request, "page", 0);
    auto const pages = (paths_.size() + per_page - 1) / per_page;
    std::string text = "{\"itemCount\":" + std::to_string(paths_.size()) +
                       ",\"pageCount\":" + std::to_string(pages) + ",\"items\":[";
    std::size_t number = 0;
    for (auto& [name, path] : paths_) {
        auto const here = number++ / per_page;
        if (here < page) continue;
        if (here > page) break;
        if (text.back() == '}') text += ',';
        append(text, path);
    }
    return json_answer(text + "]}");
}

http::Response Router::one(http::Request const& request) {
    ++counts_.looks;
    auto const found = paths_.find(request.params.at("name"));
    if (found == paths_.end()) return {.status = 404};
    std::string text;
    append(text, found->second);
    return json_answer(std::move(text));
}

void Router::hook(std::string_view type, std::string const& id, std::string const& source_id) {
    auto const body = R"({"path":"live/)" + id +
                      R"(/in","query":"","sourceType":"rtmpConn","sourceId":")" + source_id + "\"}";
    hooks_.push_back(
        "POST /v1/mediamtx/events/" + std::string(type) + " HTTP/1.1\r\nHost: " + service_ +
        "\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) +
        "\r\n\r\n" + body);
    wake_.cancel();
}

// From the router's own address, by which media-service knows it. (A real router starts a process
// for each hook.)
asio::awaitable<void> Router::send_hooks() {
    auto const colon = service_.rfind(':');
    tcp::endpoint const service(asio::ip::make_address(service_.substr(0, colon)),
                                base::parse_port(service_.substr(colon + 1)).value());
    std::unique_ptr<tcp::socket> socket;
    boost::beast::flat_buffer buffer;
    while (true) {
        if (hooks_.empty()) {
            wake_.expires_at(Clock::time_point::max());
            co_await wake_.async_wait(kAsTuple);
            continue;
        }
        if (!socket) {
            socket = std::make_unique<tcp::socket>(io_);
            socket->open(tcp::v4());
            socket->bind({asio::ip::make_address(address_), 0});
            auto const [refused] = co_await socket->async_connect(service, kAsTuple);
            buffer.clear();
            if (refused) {
                socket.reset();
                hooks_.clear();
                ++counts_.failed_hooks;
                continue;
            }
            socket->set_option(tcp::no_delay(true));
        }
        auto const request = std::move(hooks_.front());
        hooks_.pop_front();
        ++counts_.hooks;
        auto const [unsent, sent] =
            co_await asio::async_write(*socket, asio::buffer(request), kAsTuple);
        boost::beast::http::response<boost::beast::http::string_body> answer;
        if (!unsent) {
            auto const [failed, read] =
                co_await boost::beast::http::async_read(*socket, buffer, answer, kAsTuple);
            if (!failed && answer.result_int() == 200) continue;
        }
        ++counts_.failed_hooks;
        socket.reset();
    }
}

}  // namespace tidegate::plane
