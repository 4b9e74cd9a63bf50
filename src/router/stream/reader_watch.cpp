#include "router/stream/reader_watch.hpp"

#include <fmt/format.h>

#include <utility>

namespace tidegate::router {

std::optional<std::string> SlowReader::report(Time now) {
    if (unreported_ == 0 || now - last_report_ < std::chrono::seconds{1}) return std::nullopt;
    last_report_ = now;
    auto const frames = std::exchange(unreported_, 0);
    return fmt::format("reader is too slow, discarding {} {}", frames,
                       frames == 1 ? "frame" : "frames");
}

void PictureWatch::resumed() {
    withheld_ = keyframes_ = seen_ = 0;
    withheld_since_.reset();
    had_one_ = true;
}

std::optional<PictureWatch::News> PictureWatch::judge(Time now) {
    if (missing_since_ && !withheld_since_) {
        auto const gap = now - *std::exchange(missing_since_, std::nullopt);
        auto const seconds = std::chrono::duration_cast<std::chrono::seconds>(gap).count();
        return News{false, fmt::format("gets pictures again, after {} s", seconds)};
    }
    seen_ = withheld_;
    if (!withheld_since_) withheld_since_ = now;
    if (missing_since_ || now - *withheld_since_ < kPictureDue) return std::nullopt;
    missing_since_ = withheld_since_;
    return News{true, "gets no picture: " + reason()};
}

std::string PictureWatch::reason() const {
    if (keyframes_ != 0) {
        return fmt::format("the reader is too slow, {} {} dropped", keyframes_,
                           keyframes_ == 1 ? "key frame was" : "key frames were");
    }
    return had_one_
               ? "the stream has sent no key frame since pictures were dropped, for the reader "
                 "was too slow"
               : "the stream has sent no key frame since the reader joined";
}

std::vector<ReaderWatch::Line> ReaderWatch::look(std::chrono::steady_clock::time_point now,
                                                 std::atomic<bool>& without_picture) {
    std::vector<Line> lines;
    if (auto line = slow.report(now)) {
        lines.push_back({log::Level::warn, "reader.slow", std::move(*line)});
    }
    if (auto news = pictures.look(now)) {
        without_picture.store(news->missing, std::memory_order_relaxed);
        lines.push_back({news->missing ? log::Level::warn : log::Level::info,
                         news->missing ? "reader.no_picture" : "reader.picture",
                         std::move(news->text)});
    }
    return lines;
}

}  // namespace tidegate::router
