// `forward` as a part of the router: pushes the streams of paths to other servers. It follows the
// configuration of each path while streams go on. The control loop; destinations live on the web
// loop.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "router/api/protocol_module.hpp"
#include "router/forward/path_forward.hpp"
#include "router/paths/paths.hpp"

namespace tidegate::router {

// Paths that are forwarded at once. A destination that is this router itself, on a path that is
// forwarded too, makes a path, which makes a path; so the number must have an end.
inline constexpr std::size_t kMaxForwardedPaths = 1000;

class ForwardModule final : public ProtocolModule, public StreamWatcher {
public:
    explicit ForwardModule(Services& services);
    ~ForwardModule() override;

    std::string_view name() const override { return "forward"; }
    // Each path says for itself whether it is forwarded.
    bool enabled(config::mediamtx::Global const&) const override { return true; }
    std::expected<void, std::string> start(config::mediamtx::Conf const& conf) override;
    boost::asio::awaitable<void> configure(config::mediamtx::Conf const& conf) override;
    boost::asio::awaitable<void> stop() override;
    void close_sessions() override;
    std::vector<ApiEndpoint> endpoints() override {
        return forward_endpoints(*records_, services_.paths);
    }
    std::vector<MetricsBlock> metrics() override { return forward_metrics(*records_); }

    void stream_began(std::shared_ptr<Stream> const& stream) override;

private:
    // On the web loop.
    void take_arrived();
    void follow(std::shared_ptr<Stream> const& stream);
    void on_ended(std::string const& path, Stream const* stream);
    void update();
    PathForward* forward_of(std::string const& path);
    void end_all();

    boost::asio::awaitable<void> on_web(void (ForwardModule::*what)());

    Services& services_;
    std::shared_ptr<ForwardRecords> const records_ = std::make_shared<ForwardRecords>();
    bool watching_ = false;

    std::mutex mutex_;
    std::vector<std::shared_ptr<Stream>> arrived_;  // guarded by mutex_

    // The web loop's.
    std::map<std::string, std::unique_ptr<PathForward>> forwards_;  // by path
    bool stopped_ = false;
    bool told_full_ = false;
};

}  // namespace tidegate::router
