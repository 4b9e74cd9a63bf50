#include "router/stream/picture_watch.hpp"

#include <fmt/format.h>

#include <utility>

namespace tidegate::router {

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

}  // namespace tidegate::router
