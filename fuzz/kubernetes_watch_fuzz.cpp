// A watch of Pods from its bytes to what the keeper reports of one worker: cut in two, they say the
// same, and of each worker there is one start and at most one end.
#include <boost/json/parse.hpp>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "checks.hpp"
#include "kubernetes/core/list_watch.hpp"
#include "kubernetes/core/members.hpp"
#include "kubernetes/core/watch_lines.hpp"
#include "orchestrator/core/pod_keeper.hpp"

using namespace tidegate;
using fuzz::require;
namespace json = boost::json;

namespace {

orchestrator::PodKeeperSettings keeper_settings() {
    orchestrator::PodKeeperSettings settings;
    settings.base.pod = json::parse(R"({"spec":{"containers":[{"name":"worker","image":"w"}]}})");
    settings.argv = [](std::string const&, orchestrator::action::Spawn const&) {
        return std::vector<std::string>{"w"};
    };
    return settings;
}

// What becomes of the bytes, as text.
class Reader {
public:
    Reader() {
        keeper_.advance(orchestrator::Time{std::chrono::hours{1}}, {});
        keeper_.start("demo", {.generation = 1, .run_id = "r", .attempt = 1, .params = {}});
        watch_.next({}, 0);
        watch_.on_page(json::parse(R"({"metadata":{"resourceVersion":"1"},"items":[]})"));
        watch_.next({}, 0);
        take();
    }
    void feed(std::string_view bytes) {
        if (over_) return;
        auto const fed = lines_.feed(bytes, [this](std::string_view line) {
            bool const more = watch_.on_line(line);
            take();
            return more;
        });
        over_ = fed != kubernetes::WatchLines::Fed::more;
    }
    std::string const& heard() const { return heard_; }

private:
    void take() {
        auto const effects = keeper_.take();
        for (auto const& request : effects.requests) {
            heard_ += "ask " + std::to_string(request.what.index()) + "\n";
        }
        for (auto const& [name, event] : effects.reports) {
            heard_ += name + " " + std::string(orchestrator::name(event)) + "\n";
            if (auto const* const found = std::get_if<orchestrator::event::Adopted>(&event)) {
                require(living_.emplace(name, ++generation_).second);
                keeper_.adopt(name, {.generation = generation_, .handle = found->handle});
            } else if (std::holds_alternative<orchestrator::event::SpawnFailed>(event)) {
                require(std::exchange(starting_, false));
            } else if (auto const* const exited =
                           std::get_if<orchestrator::event::WorkerExited>(&event)) {
                auto const living = living_.extract(name);
                require(!living.empty() && living.mapped() == exited->generation);
            }
        }
        require(keeper_.running() == living_.size() + (starting_ ? 1 : 0));
    }

    orchestrator::PodKeeper keeper_{keeper_settings(), 1};
    kubernetes::ListWatch watch_{{.path = "/pods"}, keeper_};
    kubernetes::WatchLines lines_;
    std::string heard_;
    std::map<std::string, orchestrator::Generation> living_;
    orchestrator::Generation generation_ = 1;
    bool starting_ = true;
    bool over_ = false;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    std::string_view const bytes(reinterpret_cast<char const*>(data), size);
    Reader whole;
    whole.feed(bytes);
    Reader cut;
    cut.feed(bytes.substr(0, size / 3));
    cut.feed(bytes.substr(size / 3));
    require(whole.heard() == cut.heard());
    return 0;
}
