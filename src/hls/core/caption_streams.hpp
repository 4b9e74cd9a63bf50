// The streams of captions of a muxer, one for each language that a publication has had. They follow
// the leading stream: the muxer says where segments begin and end. One thread.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "hls/core/edition_maker.hpp"
#include "hls/core/subtitles.hpp"

namespace tidegate::hls {

class CaptionStreams {
public:
    // settings: must outlive this.
    explicit CaptionStreams(Settings const& settings) : settings_(settings) {}

    // A publication with captions in these languages begins. A language that comes back goes on in
    // its stream; a further one gets a new stream, with gaps where the leading one has segments.
    void begin(std::span<std::string const> languages, StreamMaker const& leading);
    // Its times are those of the output. See Muxer::add_caption().
    bool add(media::Caption&& caption);
    // The same before the first segment is open, with the publication's times.
    bool add_early(media::Caption&& caption);
    // What waits is of a time line that has ended.
    void forget();

    std::expected<void, media::Error> finish_segments(base::Timestamp end, WallTime wall);
    void open_segments(base::Timestamp begin, bool discontinuity);
    // The first segment of a time line is open. shift: from the publication's times to those of the
    // output.
    void begin_time_line(base::Timestamp shift);

    std::vector<EditionMaker::Captions> shown() const;

private:
    struct One {
        std::unique_ptr<Subtitles> maker;
        bool offered = false;  // by the present publication
    };
    std::vector<One>::iterator find(std::string_view language);

    Settings const& settings_;
    std::vector<One> all_;
    std::vector<media::Caption> early_;
};

}  // namespace tidegate::hls
