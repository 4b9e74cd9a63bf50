// Many players of low-latency HLS in one thread: each begins a session, then asks for playlists
// that wait for the next part, and for that part, with one connection for the picture and one for
// the sound. One epoll set.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "hls/answer_reader.hpp"

namespace tidegate::bench {

struct ViewerSettings {
    std::uint16_t port = 0;
    std::string path;  // "live/bench/in"
    unsigned viewers = 0;
    double rate = 200;  // viewers begin, per second
    bool sound = true;
    std::chrono::milliseconds settle{2000};
    std::chrono::milliseconds window{5000};
};

struct ViewerReport {
    std::uint64_t bytes = 0;     // of bodies, within the window
    std::uint64_t requests = 0;  // answered within the window
    std::uint64_t failed = 0;    // lines that ended, over all
    std::uint64_t behind = 0;    // viewers that were not at the live edge at the end
    // Milliseconds from the first viewer's first byte of a playlist with a new part of the picture
    // to the last viewer's, for each part of the window that all viewers got. Bytes are there when
    // the kernel has them, which says when: this one thread reads them later.
    std::vector<double> spreads;
    double cpu_percent = 0;
};

class Viewers {
public:
    explicit Viewers(ViewerSettings settings);
    ~Viewers();
    // Prints window_begin and window_end when they come.
    ViewerReport run();

private:
    using Clock = std::chrono::steady_clock;
    enum class Asked : unsigned char { index, playlist, part };
    // One connection: the picture or the sound of one viewer.
    struct Line {
        int fd = -1;
        bool sound = false;
        bool ready = false;  // has caught up with the live edge once
        Asked asked = Asked::index;
        std::string playlist;            // its URI
        std::vector<std::string> parts;  // to be fetched, the next one last
        std::string next;                // directives of the next playlist
        std::uint64_t newest = 0;        // part
        bool has_newest = false;
        std::chrono::nanoseconds first_byte{};  // since 1970; 0: none has come
        AnswerReader reader;
        std::string request;
    };
    struct Seen {
        std::chrono::nanoseconds first, last;
        unsigned viewers = 0;
    };

    void begin_line(bool sound, std::string const& target, Asked asked);
    bool open(Line& line);
    void ask(Line& line, std::string const& target, Asked asked);
    void on_ready(Line& line);
    void on_answer(Line& line);
    void on_playlist(Line& line);
    void next(Line& line);
    void fail(Line& line);
    void note(Line const& line, std::uint64_t part);

    ViewerSettings const settings_;
    int epoll_ = -1;
    std::vector<std::unique_ptr<Line>> lines_;
    std::map<std::uint64_t, Seen> seen_;  // parts of the picture
    bool measuring_ = false;
    ViewerReport report_;
};

}  // namespace tidegate::bench
