// Recording as a part of the router: a recorder for each live stream whose path is recorded, the
// threads of the disks, and retention. It follows the configuration of each path while streams go
// on. The control loop; recorders live on the web loop.
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "router/api/protocol_module.hpp"
#include "router/paths/paths.hpp"
#include "router/record/recorder.hpp"
#include "router/record/retention.hpp"

namespace tidegate::router {

// How long the router waits at its end until the disks have what is recorded.
inline constexpr std::chrono::seconds kDiskGrace{10};

class RecordModule final : public ProtocolModule, public StreamWatcher {
public:
    explicit RecordModule(Services& services);
    ~RecordModule() override;

    std::string_view name() const override { return "record"; }
    // Each path says for itself whether it is recorded.
    bool enabled(config::mediamtx::Global const&) const override { return true; }
    std::expected<void, std::string> start(config::mediamtx::Conf const& conf) override;
    boost::asio::awaitable<void> configure(config::mediamtx::Conf const& conf) override;
    boost::asio::awaitable<void> stop() override;
    void close_sessions() override;
    std::vector<ApiEndpoint> endpoints() override { return recorder_endpoints(*recorders_); }
    std::vector<MetricsBlock> metrics() override { return recorder_metrics(*recorders_); }

    void stream_began(std::shared_ptr<Stream> const& stream) override;

private:
    struct Arrived {
        std::shared_ptr<Stream> stream;
        bool expected = false;  // its outlet keeps what comes until the recorder is there
    };

    // On the web loop.
    void take_arrived();
    void follow(std::shared_ptr<Stream> const& stream);
    void drop_changed();
    void end_all();
    void collect_later();

    boost::asio::awaitable<void> on_web(void (RecordModule::*what)());

    Services& services_;
    std::shared_ptr<Recorders> const recorders_ = std::make_shared<Recorders>();
    Disks disks_;
    RecordContext const context_;
    std::optional<Retention> retention_;
    bool watching_ = false;

    std::mutex mutex_;
    std::vector<Arrived> arrived_;  // guarded by mutex_

    // The web loop's.
    std::map<std::string, std::unique_ptr<Recorder>> running_;  // by path
    bool stopped_ = false;
    boost::asio::steady_timer collect_timer_;
    bool collecting_ = false;
};

}  // namespace tidegate::router
