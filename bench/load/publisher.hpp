// A publishing client: once the server has accepted it, send() is called for each unit when it is
// due. One thread.
#pragma once

#include <memory>
#include <string>

#include "load/media_source.hpp"
#include "load/peer.hpp"
#include "load/settings.hpp"

namespace tidegate::bench {

class Publisher : public Peer {
public:
    virtual bool accepted() const = 0;
    MediaSource& source() { return source_; }
    virtual void send_video(Nanoseconds now) = 0;
    virtual void send_audio(Nanoseconds now) = 0;

protected:
    Publisher(int epoll, LoadSettings const& settings)
        : Peer(epoll, settings.host, settings.publish_port), source_(settings.media) {}

private:
    MediaSource source_;
};

std::unique_ptr<Publisher> make_rtmp_publisher(int epoll, LoadSettings const& settings,
                                               std::string const& path);
// Sends ready wire bytes to a floor program, framed (floor/protocol.hpp).
std::unique_ptr<Publisher> make_floor_publisher(int epoll, LoadSettings const& settings,
                                                std::string const& path);

}  // namespace tidegate::bench
