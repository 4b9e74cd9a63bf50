// Random lives of a Timeline: sound with gaps and repetitions, fragments whose dubs come in time,
// late, twice, in another order, too short, broken or never. A listener knows what was laid when,
// and judges each sample that comes out. The environment variables TIDEGATE_MODEL_SEED and
// TIDEGATE_MODEL_FRAGMENTS choose other and longer lives.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <deque>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "dub/fit.hpp"
#include "dub/timeline.hpp"

namespace tidegate::dub {

namespace {

constexpr std::uint64_t kDefaultFragments = 1'000'000;
constexpr std::uint64_t kSeed = 20'261'129;

std::uint64_t of_environment(char const* name, std::uint64_t otherwise) {
    auto const* text = std::getenv(name);
    return text ? std::strtoull(text, nullptr, 10) : otherwise;
}

// A fast generator: most of the test's time is spent on its own arithmetic.
class Dice {
public:
    explicit Dice(std::uint64_t seed) : state_(seed * 2 + 1) {}
    // 0 .. below - 1
    std::int64_t operator()(std::int64_t below) {
        state_ = state_ * 6364136223846793005U + 1442695040888963407U;
        return std::int64_t((state_ >> 33) % std::uint64_t(below));
    }
    bool percent(std::int64_t chance) { return (*this)(100) < chance; }

private:
    std::uint64_t state_;
};

// Triangles, so that sound is continuous, and the original (0.3 to 0.4) is told from a dub (0.5 to
// 0.7) and from silence.
float triangle(std::int64_t k) {
    auto const phase = k & 31;
    return float(phase < 16 ? phase : 32 - phase) / 16;
}
float source_at(Position k) {
    return 0.3F + 0.1F * triangle(k);
}
float dub_sample(std::uint64_t fragment, Frames i) {
    return 0.5F + 0.2F * triangle(i + std::int64_t(fragment % 32) * 5);
}

// What the listener knows: the truth by the time of each read.
struct Run {
    Position first;
    Position end;
};
struct Laid {
    std::uint64_t number;
    Position first;
    Position end;
    Frames pause;
    Frames dub = 0;  // 0: none
};

// Judges samples one after the other. `fault` says what was wrong first.
class Listener {
public:
    Listener(Frames fade, Position start) : fade_(fade), at_(start), changed_(start) {
        // What one fade changes from a sample to the next, for both layers, and the triangles.
        steepest_ = float(1.571 / double(fade) * 2.2) + 0.02F;
    }

    std::deque<Run> runs;
    std::deque<Laid> laid;
    std::optional<std::string> fault;
    std::uint64_t exact = 0;  // samples that had to be equal

    void hear(float sample) {
        auto const source = source_wanted();
        auto const place = place_wanted();
        if (source != source_ || place != place_) changed_ = at_;
        source_ = source;
        place_ = place;
        judge(sample);
        last_ = sample;
        ++at_;
        forget();
    }

private:
    static constexpr std::int64_t kSilent = -1;    // of source_wanted()
    static constexpr std::int64_t kOriginal = -1;  // of place_wanted()
    static constexpr std::int64_t kPause = -2;

    // The end of the run that is wanted.
    std::int64_t source_wanted() {
        while (runs.size() > 1 && runs[1].first <= at_) runs.pop_front();
        if (runs.empty() || runs[0].first > at_) return kSilent;
        if (at_ < runs[0].end) return runs[0].end;
        auto const bridged = runs.size() > 1 && runs[1].first - runs[0].end <= fade_;
        return bridged ? runs[0].end : kSilent;
    }
    std::int64_t place_wanted() const {
        if (laid.empty() || laid[0].first > at_ || laid[0].dub == 0) return kOriginal;
        auto const dub_end = laid[0].first + laid[0].dub;
        if (at_ < dub_end || laid[0].end - dub_end <= fade_) return std::int64_t(laid[0].number);
        return kPause;
    }
    void forget() {
        while (!laid.empty() && laid[0].end <= at_) laid.pop_front();
    }

    void judge(float sample) {
        if (fault) return;
        if (!(sample >= 0 && sample <= 1)) return fail("is no sound that was put in", sample);
        if (std::abs(sample - last_) > steepest_) return fail("is a step", sample);
        auto const is_silent = place_ == kPause || source_ == kSilent;
        if (is_silent) silent_ = at_;
        if (at_ - silent_ > 2 * fade_ && sample < 0.29F) return fail("is silent", sample);
        // After a change there is a fade, which may have waited for another one.
        if (at_ - changed_ < 2 * fade_) return;
        if (auto const expected = steady_sample()) {
            ++exact;
            if (sample != *expected) fail("is not that of its place", sample);
        }
    }
    // nullopt: a mirrored one.
    std::optional<float> steady_sample() const {
        if (place_ == kPause) return 0.0F;
        if (place_ == kOriginal) {
            if (source_ == kSilent) return 0.0F;
            return at_ < source_ ? std::optional(source_at(at_)) : std::nullopt;
        }
        auto const into = at_ - laid[0].first;
        return into < laid[0].dub ? std::optional(dub_sample(laid[0].number, into)) : std::nullopt;
    }
    void fail(std::string_view what, float sample) {
        fault = "sample " + std::to_string(at_) + " " + std::string(what) + ": " +
                std::to_string(sample) + " after " + std::to_string(last_);
    }

    Frames fade_;
    Position at_;
    Position changed_;
    Position silent_ = std::numeric_limits<Position>::min() / 2;
    std::int64_t source_ = kSilent;
    std::int64_t place_ = kOriginal;
    float last_ = 0;
    float steepest_;
};

struct Scale {
    std::uint32_t sample_rate;  // so a fade has sample_rate / 50 frames
    Frames shortest;            // fragment
    Frames longest;
};

// A stream and its service.
class Life {
public:
    Life(Scale scale, std::uint64_t seed)
        : scale_(scale),
          fade_(scale.sample_rate / 50),
          delay_(scale.longest * 3),
          capacity_(delay_ * 3 + fade_ * 8),
          dice_(seed),
          timeline_({.format = {scale.sample_rate, 1}, .start = -delay_, .capacity = capacity_}),
          listener_(fade_, -delay_) {}

    // Changes what comes out, as a broken Timeline would.
    std::function<void(std::vector<float>&)> tamper;

    std::optional<std::string> run(std::uint64_t fragments) {
        while (number_ < fragments && !listener_.fault) {
            source_goes_on();
            cut_fragments();
            answers_come();
            read();
        }
        if (!listener_.fault && !expected_.empty() && expected_.size() > timeline_.waiting()) {
            return "fragments without an outcome";
        }
        return listener_.fault;
    }
    Timeline const& timeline() const { return timeline_; }
    std::uint64_t exact() const { return listener_.exact; }
    std::uint64_t dubbed() const { return dubbed_; }

private:
    struct Answer {
        Position due;
        std::uint64_t number;
    };

    void source_goes_on() {
        if (dice_.percent(6)) now_ += 1 + dice_(4 * fade_);  // a gap
        if (dice_.percent(1)) now_ += delay_;                // a long one
        auto const repeated = dice_.percent(5) ? dice_(20) : 0;
        auto const length = 1 + dice_(scale_.longest);
        samples_.clear();
        for (auto k = now_ - repeated; k < now_ + length; ++k) samples_.push_back(source_at(k));
        // Old sound is left out, unless there was a gap: it is filled, then.
        auto const end = timeline_.source_end();
        auto const taken = timeline_.put(now_ - repeated, samples_);
        now_ += length;
        if (taken == 0) return;
        auto const first = now_ - taken;
        if (first < end) listener_.fault = "sound was laid over other sound";
        if (!listener_.runs.empty() && listener_.runs.back().end == first) {
            listener_.runs.back().end = now_;
        } else {
            listener_.runs.push_back({first, now_});
        }
    }

    void cut_fragments() {
        for (;;) {
            auto const length = scale_.shortest + dice_(scale_.longest - scale_.shortest + 1);
            if (cut_ + length > now_) return;
            auto const first = cut_;
            cut_ += length;
            if (dice_.percent(4)) continue;  // not sent
            auto const number = number_++;
            auto const pause = dice_.percent(20) ? dice_(length + 1) : 0;  // the speaker's
            auto const known = timeline_.expect(number, first, length, pause);
            if (known != (first >= timeline_.position())) {
                listener_.fault = "expect() is wrong about what is late";
            }
            if (!known) continue;
            expected_.push_back({number, first, first + length, pause});
            plan(number);
        }
    }

    void plan(std::uint64_t number) {
        auto const soon = now_ + dice_(delay_ / 2);
        if (dice_.percent(78)) {
            pending_.push_back({soon, number});
        } else if (dice_.percent(40)) {
            pending_.push_back({soon + delay_ * 3 / 4, number});  // about as late as possible
        } else if (dice_.percent(30)) {
            timeline_.fall_back(number, Fallback::timed_out);
            if (dice_.percent(50)) pending_.push_back({soon, number});
        }
        if (dice_.percent(5)) pending_.push_back({soon + dice_(delay_), number});  // again
    }

    void answers_come() {
        for (std::size_t i = 0; i < pending_.size();) {
            if (pending_[i].due > now_) {
                ++i;
                continue;
            }
            lay(pending_[i].number);
            pending_[i] = pending_.back();
            pending_.pop_back();
        }
    }

    void lay(std::uint64_t number) {
        auto const found = std::ranges::lower_bound(expected_, number, {}, &Laid::number);
        auto const known = found != expected_.end() && found->number == number ? &*found : nullptr;
        auto const length = known ? known->end - known->first : scale_.longest;
        auto const pause = longest_pause(length, known ? known->pause : 0, scale_.sample_rate);
        auto frames = std::max<Frames>(1, length - pause + dice_(pause + 2 * fade_));
        auto const too_short = dice_.percent(2);
        if (too_short) frames = std::max<Frames>(0, length - pause - 1);
        media::Pcm dub{{scale_.sample_rate, 1}, {}};
        if (dice_.percent(1)) dub.format.channel_count = 2;
        for (Frames i = 0; i < frames; ++i) dub.samples.push_back(dub_sample(number, i));
        auto const in_time = known && known->first >= timeline_.position();
        auto const result = timeline_.lay(number, std::move(dub));
        if (!result) return;
        if (!in_time || known->dub != 0) listener_.fault = "a late or a second dub was taken";
        if (too_short) listener_.fault = "a dub was taken that is too short";
        known->dub = frames;
    }

    void read() {
        auto const until = now_ - delay_;
        // What is laid is settled when its place is read.
        for (auto const& place : expected_) {
            if (place.first < until && place.number >= told_) {
                listener_.laid.push_back(place);
                told_ = place.number + 1;
            }
        }
        while (timeline_.position() < until) {
            auto const next = std::min(until, timeline_.position() + 1 + dice_(2 * scale_.longest));
            out_.clear();
            timeline_.read(next, out_);
            if (tamper) tamper(out_);
            for (auto const sample : out_) listener_.hear(sample);
            check_outcomes();
        }
        check_memory();
    }

    void check_outcomes() {
        while (auto const outcome = timeline_.next_outcome()) {
            if (expected_.empty() || expected_.front().number != outcome->fragment) {
                listener_.fault = "an outcome that nobody waits for";
                return;
            }
            auto const dubbed = expected_.front().dub != 0;
            if (dubbed == outcome->fallback.has_value()) listener_.fault = "a wrong outcome";
            dubbed_ += dubbed;
            expected_.pop_front();
        }
    }

    void check_memory() {
        auto const frames = capacity_ + 4 * fade_ + capacity_ + 2 * scale_.longest;
        auto const fades = std::int64_t(timeline_.waiting()) * fade_;
        if (timeline_.memory() > std::size_t(frames + fades) * sizeof(float) ||
            std::int64_t(timeline_.waiting()) > capacity_ / scale_.shortest + 2) {
            listener_.fault = "too much memory";
        }
    }

    Scale scale_;
    Frames fade_;
    Frames delay_;
    Frames capacity_;
    Dice dice_;
    Timeline timeline_;
    Listener listener_;
    Position now_ = 0;
    Position cut_ = 0;
    std::uint64_t number_ = 0;
    std::uint64_t told_ = 0;
    std::uint64_t dubbed_ = 0;
    std::deque<Laid> expected_;  // without an outcome
    std::vector<Answer> pending_;
    std::vector<float> samples_;
    std::vector<float> out_;
};

constexpr Scale kTiny{100, 3, 13};      // a fade has 2 frames
constexpr Scale kSmall{1000, 15, 300};  // a fade has 20
constexpr Scale kDense{1000, 1, 30};    // many places are shorter than a fade

void expect_good(Scale scale, std::uint64_t fragments) {
    auto const seed = of_environment("TIDEGATE_MODEL_SEED", kSeed);
    Life life(scale, seed);
    auto const fault = life.run(fragments);
    EXPECT_FALSE(fault) << "seed " << seed << ": " << *fault;
    // Most samples were compared exactly, and most fragments were dubbed.
    auto const& heard = life.timeline().heard();
    EXPECT_GT(life.dubbed(), fragments / 3);
    if (scale.shortest > 1) {
        EXPECT_GT(life.exact(), std::uint64_t(heard.original + heard.dub) / 5);
    }
}

}  // namespace

TEST(TimelineModelTest, AMillionFragments) {
    expect_good(kTiny, of_environment("TIDEGATE_MODEL_FRAGMENTS", kDefaultFragments));
}

TEST(TimelineModelTest, LongerFades) {
    expect_good(kSmall, of_environment("TIDEGATE_MODEL_FRAGMENTS", kDefaultFragments) / 25);
}

TEST(TimelineModelTest, FragmentsShorterThanAFade) {
    expect_good(kDense, of_environment("TIDEGATE_MODEL_FRAGMENTS", kDefaultFragments) / 25);
}

// The listener has to find a broken line.
TEST(TimelineModelTest, TheListenerHearsWhatIsBroken) {
    auto const broken = [](std::function<void(std::vector<float>&)> tamper) {
        Life life(kSmall, 1);
        life.tamper = std::move(tamper);
        return life.run(2000).has_value();
    };
    EXPECT_FALSE(broken([](auto&) {}));
    std::size_t count = 0;
    EXPECT_TRUE(broken([&](auto& out) {  // one sample is lost
        if (++count == 50) out.pop_back();
    }));
    count = 0;
    EXPECT_TRUE(broken([&](auto& out) {  // one comes twice
        if (++count == 50) out.push_back(out.back());
    }));
    count = 0;
    EXPECT_TRUE(broken([&](auto& out) {  // a click
        if (++count == 50) out[out.size() / 2] = 0;
    }));
    count = 0;
    EXPECT_TRUE(broken([&](auto& out) {  // not exact
        if (++count % 50 == 0) out[out.size() / 2] *= 1.001F;
    }));
    EXPECT_TRUE(broken([&](auto& out) {  // no fades: the stronger sound is heard alone
        for (auto& sample : out) {
            if (sample < 0.29F) sample = 0;
        }
    }));
}

}  // namespace tidegate::dub
