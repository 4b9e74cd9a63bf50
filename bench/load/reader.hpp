// A playing client: the dialogue is the project's own client's, then the scanner alone looks at the
// bytes. One thread.
#pragma once

#include <memory>
#include <string>

#include "load/histogram.hpp"
#include "load/peer.hpp"
#include "load/settings.hpp"
#include "load/unit_sink.hpp"

namespace tidegate::bench {

// What all readers together measured. Delays are those of what arrived while `measuring` was set;
// frames are counted by when they were sent, for a server may deliver them in bursts.
struct Measured {
    bool measuring = false;
    Nanoseconds counted_from = 0, counted_to = 0;  // sent within; 0 and 0: not yet
    std::uint64_t bytes = 0;
    std::uint64_t units = 0;
    Histogram video, audio;
    Histogram start_up;  // from the connection to the first whole picture; always measured
};

class Reader : public Peer, protected UnitSink {
public:
    bool started() const { return started_; }
    // Whole frames of those that were sent within the window.
    std::uint64_t frames() const { return frames_; }
    // From now on this reader takes nothing more.
    void stall() { stop_reading(); }

protected:
    Reader(int epoll, LoadSettings const& settings, Measured& measured)
        : Peer(epoll, settings.host, settings.read_port, settings.read == Target::rtmps),
          measured_(measured) {}

    // A kernel that has sent something as an answer delays its TCP acknowledgements until the peer
    // pauses for 40 ms, which a stream does not; on loopback the server then pays for them. So what
    // a protocol's reader has to say now and then would make its server dearer by chance.
    void reply(base::ByteView bytes) {
        if (bytes.empty()) return;
        send(bytes);
        acknowledge_at_once();
    }

    void count(base::ByteView bytes) {
        if (measured_.measuring) measured_.bytes += bytes.size();
        now_ = now_ns();
    }
    void on_unit(TimeCode const& code) final;

private:
    Measured& measured_;
    Nanoseconds const created_ = now_ns();
    Nanoseconds now_ = 0;
    std::uint64_t frames_ = 0;
    bool started_ = false;
};

std::unique_ptr<Reader> make_rtmp_reader(int epoll, LoadSettings const& settings,
                                         std::string const& path, Measured& measured);
std::unique_ptr<Reader> make_rtsp_reader(int epoll, LoadSettings const& settings,
                                         std::string const& path, Measured& measured);
std::unique_ptr<Reader> make_live_reader(int epoll, LoadSettings const& settings,
                                         std::string const& path, Measured& measured);
std::unique_ptr<Reader> make_floor_reader(int epoll, LoadSettings const& settings,
                                          std::string const& path, Measured& measured);

}  // namespace tidegate::bench
