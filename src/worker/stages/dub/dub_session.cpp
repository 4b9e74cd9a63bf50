#include "worker/stages/dub/dub_session.hpp"

#include <algorithm>
#include <utility>

#include "media/language.hpp"

namespace tidegate::worker {

namespace {

sts::ClientSettings client_settings(StageSettings const& run, DubSettings const& dub,
                                    DubTarget const& target, media::AudioFormat format) {
    sts::ClientSettings made;
    made.url = dub.service;
    made.token = dub.token;
    made.ca_file = dub.ca_file;
    auto& stream = made.stream;
    stream.stream_id = run.stream_id;
    stream.worker_id = "worker-" + run.stream_id;
    stream.source_language = dub.source_language;
    stream.target_language = target.language;
    stream.voice_profile = target.voice;
    stream.chunk_duration = dub.longest();
    stream.sample_rate = format.sample_rate;
    stream.channels = format.channel_count;
    stream.format = dub.format;
    // Later than this even the shortest fragment's place has gone out.
    made.policy.fragment_deadline = std::clamp<std::chrono::milliseconds>(
        dub.delay - dub.shortest(), 500ms, sts::kFragmentDeadline);
    stream.timeout = std::max<std::chrono::milliseconds>(made.policy.fragment_deadline, 1s);
    return made;
}

}  // namespace

DubSession::DubSession(std::shared_ptr<StageSettings const> run, DubTarget target,
                       std::chrono::milliseconds delay)
    : run_(std::move(run)),
      target_(std::move(target)),
      tag_(media::language_tag(target_.language)),
      delay_(delay),
      account_(target_.language, delay) {}

void DubSession::connect(net::EventLoop& loop, ServiceFactory const& make_service,
                         DubSettings const& dub, media::AudioFormat format) {
    service_ = make_service(loop, client_settings(*run_, dub, target_, format), *this);
}

void DubSession::give_up(std::string reason, std::string detail) {
    log(log::Level::warn, "dub.impossible", detail + ": it passes through");
    account_.on_no_dub(std::move(reason), std::move(detail));
}

void DubSession::take(Cut&& cut) {
    account_.on_cut();
    if (!cut.sound) return;
    if (service_->can_send()) {
        if (places_.size() >= kMaxTexts) places_.erase(places_.begin());
        places_[cut.number] = {cut.at, cut.duration};
        return service_->send({cut.number, cut.at, std::move(*cut.sound)});
    }
    work_.fallbacks.emplace_back(cut.number, fallback_for(service_->state()));
}

void DubSession::take(Settled const& settled, std::chrono::system_clock::time_point at) {
    places_.erase(settled.number);
    auto const reason = account_.status().reason;
    bool const changed = account_.on_settled(settled, service_->state(), at);
    if (changed || account_.status().reason != reason) log_mode();
}

Work::Language DubSession::take_work() {
    if (!service_->can_send()) work_.not_sending = fallback_for(service_->state());
    return std::exchange(work_, {});
}

void DubSession::on_state(sts::ClientState state, std::string const& reason) {
    auto const bad = state == sts::ClientState::waiting || state == sts::ClientState::refused ||
                     state == sts::ClientState::breaker_open;
    log(bad ? log::Level::warn : log::Level::info, "dub.service",
        std::string(sts::name_of(state)) + (reason.empty() ? "" : ": " + reason));
}

void DubSession::on_result(std::uint64_t fragment, sts::Outcome&& outcome) {
    if (outcome) {
        account_.on_dub(fragment, *outcome);
        speak(fragment, outcome->translation);
        work_.answers.emplace_back(fragment, std::move(*outcome));
        return;
    }
    work_.fallbacks.emplace_back(fragment, fallback_for(outcome.error().reason, service_->state()));
}

void DubSession::speak(std::uint64_t fragment, std::string const& translation) {
    auto const place = places_.find(fragment);
    auto text = media::caption_text(translation);
    if (place == places_.end() || text.empty() || tag_.empty()) return;
    if (spoken_.size() >= kMaxTexts) return;
    spoken_.push_back({.language = tag_,
                       .start = place->second.at + delay_,
                       .duration = place->second.duration,
                       .text = std::move(text)});
}

// --- what is told ---

void DubSession::note_units(std::uint64_t dropped, std::uint64_t damaged) {
    account_.status().units_dropped = dropped;
    account_.status().units_damaged = damaged;
}

DubStatus const& DubSession::status() {
    auto& status = account_.status();
    if (!service_) return status;
    auto const& counters = service_->counters();
    status.sent = counters.fragments_sent;
    status.in_flight = service_->in_flight();
    status.reconnections = counters.reconnections;
    status.backpressure = {{"slow_down", counters.slow_downs},
                           {"pause", counters.pauses},
                           {"none", counters.all_clears}};
    status.breaker = static_cast<int>(service_->breaker());
    status.detail = service_->reason();
    return status;
}

void DubSession::log_mode() const {
    auto const& status = account_.status();
    log(status.dubbed ? log::Level::info : log::Level::warn, "dub.mode",
        status.dubbed ? "the dub is heard" : "the original is heard: " + status.reason);
}

void DubSession::log(log::Level level, std::string_view event, std::string const& message) const {
    log::write(level, event, message,
               {{"streamId", std::string_view(run_->stream_id)},
                {"runId", std::string_view(run_->run_id)},
                {"language", std::string_view(target_.language)}});
}

}  // namespace tidegate::worker
