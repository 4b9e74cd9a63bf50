#include "worker/stages/dub/helper.hpp"

#include <boost/asio/post.hpp>

namespace tidegate::worker {

Helper::Helper(net::EventLoop& loop, LineSettings settings, OnMade on_made)
    : loop_(loop),
      settings_(std::move(settings)),
      on_made_(std::move(on_made)),
      self_(std::make_shared<Helper*>(this)),
      thread_([this](std::stop_token const& stop) { run(stop); }) {}

Helper::~Helper() {
    *self_ = nullptr;
    {
        std::lock_guard const lock(mutex_);  // otherwise it might look before, and wait after
        thread_.request_stop();
    }
    given_.notify_one();
    thread_.join();
}

void Helper::give(Work work) {
    {
        std::lock_guard const lock(mutex_);
        for (auto& sound : work.sounds) {
            if (waiting_bytes_ + sound.payload.size() > kMaxHelperBytes) sound.payload = {};
            waiting_bytes_ += sound.payload.size();
        }
        waiting_.push_back(std::move(work));
    }
    given_.notify_one();
}

void Helper::hand_over() {
    std::vector<Made> made;
    {
        std::lock_guard const lock(mutex_);
        waking_ = false;
        made.swap(made_);
    }
    for (auto& one : made) on_made_(std::move(one));
}

void Helper::run(std::stop_token const& stop) {
    SoundLine line(settings_);
    std::vector<Work> taken;
    while (true) {
        taken.clear();
        {
            std::unique_lock lock(mutex_);
            given_.wait(lock, [&] { return stop.stop_requested() || !waiting_.empty(); });
            if (stop.stop_requested()) return;
            taken.swap(waiting_);
            waiting_bytes_ = 0;
        }
        for (auto& work : taken) {
            if (stop.stop_requested()) return;
            do_work(line, work);
        }
    }
}

void Helper::do_work(SoundLine& line, Work& work) {
    for (std::size_t i = 0; i < work.languages.size(); ++i) {
        line.line(i).set_sending(work.languages[i].not_sending);
    }
    for (auto const& sound : work.sounds) {
        if (sound.track) line.set_track(*sound.track);
        if (sound.encode_original) line.encode_original();
        if (!sound.payload.empty()) line.take(sound.payload.view(), sound.pts);
    }
    if (work.newest) line.note_time(*work.newest);
    if (work.end_source) line.end_source();
    for (std::size_t i = 0; i < work.languages.size(); ++i) {
        auto& [answers, fallbacks, not_sending] = work.languages[i];
        auto& dubbed = line.line(i);
        for (auto const& [fragment, reason] : fallbacks) dubbed.fall_back(fragment, reason);
        for (auto& [fragment, dub] : answers) dubbed.answer(fragment, std::move(dub));
    }
    if (work.advance) line.advance(*work.advance);
    if (work.finish) line.finish();
    auto made = line.take_made();
    if (!made.empty()) keep(std::move(made), work.wake_loop);
}

void Helper::keep(Made made, bool wake_loop) {
    bool const wake = wake_loop || !made.cuts.empty() || made.complete;
    {
        std::lock_guard const lock(mutex_);
        made_.push_back(std::move(made));
        if (!wake || waking_) return;
        waking_ = true;
    }
    // The handler looks at self_ on the loop only, where the destructor empties it.
    boost::asio::post(loop_.io(), [self = self_] {
        if (*self != nullptr) (*self)->hand_over();
    });
}

}  // namespace tidegate::worker
