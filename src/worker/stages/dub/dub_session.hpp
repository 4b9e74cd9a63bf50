// One language of a dubbed stream, as the loop sees it: its session with the speech service, what
// that has answered for the helper, and its account. Languages know nothing of each other: each
// falls back by itself. The worker's loop.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "log/log.hpp"
#include "media/caption.hpp"
#include "worker/stage.hpp"
#include "worker/stages/dub/dub_account.hpp"
#include "worker/stages/dub/helper.hpp"
#include "worker/stages/dub/settings.hpp"
#include "worker/stages/dub/speech_service.hpp"

namespace tidegate::worker {

class DubSession final : sts::ClientHandler {
public:
    DubSession(std::shared_ptr<StageSettings const> run, DubTarget target,
               std::chrono::milliseconds delay);
    DubSession(DubSession const&) = delete;
    DubSession& operator=(DubSession const&) = delete;

    // As tracks and captions have it.
    std::string const& language_tag() const { return tag_; }

    // format: of the sound that is sent.
    void connect(net::EventLoop& loop, ServiceFactory const& make_service, DubSettings const& dub,
                 media::AudioFormat format);
    // It cannot be dubbed at all. The reason is a word, the detail a sentence.
    void give_up(std::string reason, std::string detail);
    // The source has ended.
    void end() { service_->end(); }

    void take(Cut&& cut);
    // `at` is when the fragment's place goes out.
    void take(Settled const& settled, std::chrono::system_clock::time_point at);
    // What the helper is to know. REQUIRES: connect() was called.
    Work::Language take_work();

    // Captions of what the service has said since the last call, with the times of the output. They
    // are ahead of their time by what is left of the delay. What is said too late has none.
    std::vector<media::Caption> take_spoken() { return std::exchange(spoken_, {}); }

    // Of the whole stream: what all of its languages tell.
    void note_units(std::uint64_t dropped, std::uint64_t damaged);
    DubStatus const& status();
    std::vector<DubCaption> take_captions() { return account_.take_captions(); }

private:
    // sts::ClientHandler
    void on_state(sts::ClientState state, std::string const& reason) override;
    void on_result(std::uint64_t fragment, sts::Outcome&& outcome) override;

    void speak(std::uint64_t fragment, std::string const& translation);
    void log_mode() const;
    void log(log::Level level, std::string_view event, std::string const& message) const;

    std::shared_ptr<StageSettings const> const run_;
    // A fragment that the service has, on the line of the source.
    struct Place {
        base::Timestamp at{};
        base::Timestamp duration{};
    };

    DubTarget const target_;
    std::string const tag_;
    std::chrono::milliseconds const delay_;
    DubAccount account_;
    std::map<std::uint64_t, Place> places_;  // by fragment, until they go out
    std::vector<media::Caption> spoken_;
    Work::Language work_;                     // that the helper does not have yet
    std::unique_ptr<SpeechService> service_;  // last: it calls until it is destroyed
};

}  // namespace tidegate::worker
