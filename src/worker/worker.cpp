#include "worker/worker.hpp"

#include <algorithm>
#include <utility>
#include <variant>

#include "worker/notify.hpp"
#include "worker/run.hpp"

namespace tidegate::worker {

namespace {

// Whoever writes a user into the URL means that one.
void use(Credentials const& credentials, auto& url) {
    if (credentials.password.empty() || !url.user.empty()) return;
    url.user = credentials.user;
    url.password = credentials.password;
    if constexpr (requires { url.has_user; }) url.has_user = !url.user.empty();
}

}  // namespace

std::expected<SourceUrl, std::string> parse_input(std::string_view text) {
    return parse_source_url(text);
}

std::expected<rtmp::ClientUrl, std::string> parse_output(std::string_view text) {
    auto url = rtmp::parse_client_url(text);
    if (url && url->tls) return std::unexpected("the scheme is not rtmp");
    return url;
}

net::WatchClock watch_clock() {
    using std::chrono::milliseconds;
    static constexpr milliseconds kUsual{500}, kShortest{20};
    // With the period that follows it: silence is still noticed within half a second.
    static constexpr milliseconds kWhileReading{2000};
    auto const asked = Notify().watchdog_interval();
    if (!asked) return {kUsual, kWhileReading};
    auto const period = std::chrono::duration_cast<milliseconds>(*asked) / 2;
    return {std::clamp(period, kShortest, kUsual), kWhileReading};
}

Worker::Worker(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Worker::~Worker() = default;

std::expected<std::unique_ptr<Worker>, std::string> Worker::create(net::EventLoop& loop,
                                                                   WorkerSettings settings,
                                                                   StageFactory const& make_stage) {
    auto input = parse_input(settings.input);
    if (!input) return std::unexpected("input: " + input.error());
    auto output = parse_output(settings.output);
    if (!output) return std::unexpected("output: " + output.error());
    std::visit([&](auto& url) { use(settings.input_credentials, url); }, *input);
    use(settings.output_credentials, *output);
    return std::unique_ptr<Worker>(new Worker(std::make_unique<Impl>(
        loop, std::move(settings), std::move(*input), std::move(*output), make_stage)));
}

boost::asio::awaitable<ExitCode> Worker::run() {
    return impl_->run();
}

void Worker::stop() {
    impl_->stop();
}

Statistics const& Worker::statistics() const {
    return impl_->statistics();
}

StageSettings const& Worker::stage_settings() const {
    return impl_->stage_settings();
}

bool Worker::input_playing() const {
    return impl_->input_playing();
}

bool Worker::output_accepted() const {
    return impl_->output_accepted();
}

std::string const& Worker::trouble() const {
    return impl_->trouble();
}

}  // namespace tidegate::worker
