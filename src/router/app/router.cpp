#include "router/app/router.hpp"

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <ranges>
#include <stdexcept>
#include <utility>
#include <vector>

#include "base/control_group.hpp"
#include "log/log.hpp"
#include "net/event_loop.hpp"
#include "net/file_threads.hpp"
#include "net/file_watch.hpp"
#include "net/io_threads.hpp"
#include "net/task_group.hpp"
#include "router/app/drain.hpp"
#include "router/app/log_settings.hpp"
#include "router/app/memory_watch.hpp"
#include "router/app/servers.hpp"

namespace tidegate::router {

namespace asio = boost::asio;
namespace mediamtx = config::mediamtx;

namespace {

// Threads for reading recordings. A disk answers several questions at once.
constexpr std::size_t kFileThreads = 4;

std::size_t thread_count(std::size_t asked) {
    return asked != 0 ? asked : base::usable_processors();
}

void log_task_failure(std::string const& name, std::string const& what) {
    log::write(log::Level::error, "task.failed", "[" + name + "] internal error: " + what);
}

void log_not_watched(std::string const& why) {
    log::write(log::Level::warn, "config.not_watched",
               "changes of the configuration file will not be noticed: " + why);
}

void info(std::string const& message) {
    log::write(log::Level::info, "router", message);
}

}  // namespace

class Router::Impl {
public:
    Impl(asio::io_context& control, mediamtx::Loaded loaded, config::Environment environment,
         RouterOptions const& options, MakeModules const& make_modules)
        : file_(std::move(loaded.file)),
          memory_limit_(options.memory_limit != 0 ? options.memory_limit : default_memory_limit()),
          environment_(environment),
          config_(std::make_shared<mediamtx::Conf const>(std::move(loaded.conf))),
          auth_(control),
          hooks_(control, std::move(environment)),
          threads_("media", thread_count(options.threads)),
          loops_(make_loops(threads_)),
          web_threads_("web", 1),
          web_(web_threads_.at(0), loops_.size(), log_task_failure),
          paths_(hooks_, control, contexts(), {options.audio_wait, options.merge_window},
                 options.gop_cache),
          services_{control, loops_, web_, paths_, hooks_, config_, auth_, files_},
          modules_(make_modules(services_)),
          servers_(services_, ApiContext{.paths = paths_,
                                         .config = config_,
                                         .auth = auth_,
                                         .files = files_,
                                         .started = std::chrono::system_clock::now(),
                                         .modules = modules_,
                                         .accept_config =
                                             [this](boost::json::object document) {
                                                 return accept(std::move(document));
                                             }}),
          tasks_(control, log_task_failure),
          drain_(control, paths_, options.drain_time) {
        if (auto configured = auth_.configure(config_.get()->global); !configured) {
            throw std::runtime_error(configured.error());
        }
    }

    std::expected<void, std::string> start() {
        tasks_.spawn("memory watch", watch_memory(memory_limit_));
        auto started = servers_.start([this] { paths_.apply(*config_.get()); });
        if (started && !file_.empty()) {
            tasks_.spawn("config watch",
                         net::watch_file(file_, [this] { reload_file(); }, &log_not_watched));
        }
        return started;
    }

    Drain& drain() { return drain_; }

    asio::awaitable<void> stop() {
        tasks_.stop();
        co_await tasks_.join();
        co_await servers_.stop();
        paths_.close_all();
        close_sessions();
        co_await join_loops();
        if (!files_.end()) {
            log::write(log::Level::error, "playback.disk_hangs",
                       "[playback] the disk hangs: what reads from it is not waited for");
        }
        co_await auth_.stop();
        info("waiting for running hooks");
        co_await hooks_.drain(kHookShutdownGrace);
    }

private:
    static std::vector<std::unique_ptr<net::EventLoop>> make_loops(net::IoThreads& threads) {
        std::vector<std::unique_ptr<net::EventLoop>> loops;
        loops.reserve(threads.size());
        for (std::size_t i = 0; i < threads.size(); ++i) {
            loops.push_back(std::make_unique<net::EventLoop>(threads.at(i), i, log_task_failure));
        }
        return loops;
    }

    // By the loops' indices.
    Paths::Loops contexts() {
        Paths::Loops all;
        for (auto const& loop : loops_) all.push_back(&loop->io());
        all.push_back(&web_.io());
        return all;
    }

    // A bad file changes nothing: MediaMTX stops (deliberate difference).
    void reload_file() {
        info("reloading configuration (file changed)");
        auto loaded = mediamtx::load(file_, environment_);
        if (!loaded) return refuse_file(loaded.error());
        if (auto configured = auth_.configure(loaded->conf.global); !configured) {
            return refuse_file(configured.error());
        }
        log_deprecated(loaded->conf);
        if (loaded->conf.no_effect != config_.get()->no_effect) log_no_effect(loaded->conf);
        use(std::move(loaded->conf));
    }

    static void refuse_file(std::string const& why) {
        log::write(log::Level::error, "config.refused", why + " (the running configuration stays)");
    }

    std::expected<void, std::string> accept(boost::json::object document) {
        auto conf = mediamtx::build(std::move(document));
        if (!conf) return std::unexpected(conf.error());
        if (auto configured = auth_.configure(conf->global); !configured) return configured;
        info("reloading configuration (API request)");
        use(std::move(*conf));
        return {};
    }

    // New connections find it at once, paths follow here and now, listeners soon.
    void use(mediamtx::Conf conf) {
        auto const before = config_.get();
        auto const now = std::make_shared<mediamtx::Conf const>(std::move(conf));
        auto settings = log_settings_of(now->global);
        if (settings != log_settings_of(before->global)) {
            auto const changed = log::start(std::move(settings));
            if (!changed) log::write(log::Level::error, "log.refused", changed.error());
        }
        config_.set(now);
        paths_.apply(*now);
        servers_.reconfigure();
    }

    void close_sessions() {
        for (auto const& module : modules_ | std::views::reverse) module->close_sessions();
    }

    // Every loop's sessions end by themselves, since their connections were closed; those that do
    // not within the grace are cancelled.
    asio::awaitable<void> join_loops() {
        for (auto const& loop : loops_) co_await join(*loop);
        co_await join(web_);
        threads_.join();
        web_threads_.join();
        loops_joined_ = true;
    }

    // Without stop(), as when an exception ends the program: nothing that sessions use may go
    // before them, and the control loop, on which they could be waited for, runs no more.
    void end_loops() {
        if (loops_joined_) return;
        close_sessions();
        for (auto const& loop : loops_) {
            asio::co_spawn(loop->io(), cancel_tasks(*loop), asio::detached);
        }
        asio::co_spawn(web_.io(), cancel_tasks(web_), asio::detached);
        threads_.join();
        web_threads_.join();
    }

    static asio::awaitable<void> cancel_tasks(net::EventLoop& loop) {
        loop.tasks().stop();
        co_await end_tasks(loop);
    }

    struct LoopsEnd {
        ~LoopsEnd() { impl.end_loops(); }
        Impl& impl;
    };

    asio::awaitable<void> join(net::EventLoop& loop) {
        auto const executor = co_await asio::this_coro::executor;
        asio::steady_timer done(executor, kShutdownGrace);
        // Spawned on the media loop, told back on ours.
        asio::co_spawn(
            loop.io(), end_tasks(loop),
            asio::bind_executor(executor, [&done](std::exception_ptr) { done.cancel(); }));
        boost::system::error_code cancelled;
        co_await done.async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
        if (cancelled) co_return;
        log::write(log::Level::warn, "loop.slow", "some sessions did not end in time");
        asio::post(loop.io(), [&loop] { loop.tasks().stop(); });
        done.expires_at(asio::steady_timer::time_point::max());
        co_await done.async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
    }

    static asio::awaitable<void> end_tasks(net::EventLoop& loop) {
        co_await loop.tasks().join();
        loop.stop();
    }

    std::string const file_;
    std::size_t const memory_limit_;
    config::Environment const environment_;
    ConfigStore config_;
    AccessControl auth_;
    Hooks hooks_;
    net::IoThreads threads_;
    std::vector<std::unique_ptr<net::EventLoop>> loops_;
    net::IoThreads web_threads_;
    net::EventLoop web_;
    Paths paths_;
    Services services_;
    ProtocolModules modules_;
    Servers servers_;
    net::FileThreads files_{kFileThreads};  // goes before what its jobs work on
    net::TaskGroup tasks_;
    Drain drain_;
    bool loops_joined_ = false;
    LoopsEnd loops_end_{*this};  // the first to go, also when the constructor throws
};

Router::Router(asio::io_context& control, mediamtx::Loaded loaded, config::Environment environment,
               RouterOptions const& options, MakeModules const& make_modules)
    : impl_(std::make_unique<Impl>(control, std::move(loaded), std::move(environment), options,
                                   make_modules)) {}

Router::~Router() = default;

std::expected<void, std::string> Router::start() {
    return impl_->start();
}

asio::awaitable<void> Router::drain() {
    return impl_->drain().run();
}

void Router::hurry() {
    impl_->drain().hurry();
}

asio::awaitable<void> Router::stop() {
    return impl_->stop();
}

}  // namespace tidegate::router
