// Counts the clients that get something of a recording, and what is held in memory for them. The
// web loop only; a place may be given back on any thread.
#pragma once

#include <atomic>
#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

namespace tidegate::router {

// How many requests for recordings are answered at the same time. Each has one or two descriptors.
inline constexpr std::size_t kMaxDvrRequests = 1024;
// Of one address, so that nobody keeps all others out. A browser has six connections.
inline constexpr std::size_t kMaxDvrRequestsOfAddress = 256;
// What playlists and descriptions of samples that are being sent may take. The longest playlist
// with the longest query takes 40 MB, a usual one 300 KB.
inline constexpr std::size_t kMaxDvrBytes = std::size_t{256} << 20;

class DvrPlaces {
    struct Shared;

public:
    DvrPlaces();

    // Is given back when it goes.
    class Place {
    public:
        Place(std::shared_ptr<Shared> shared, std::string address)
            : shared_(std::move(shared)), address_(std::move(address)) {}
        ~Place();
        Place(Place const&) = delete;
        Place& operator=(Place const&) = delete;

        // False: there is no memory left for so much.
        bool hold(std::size_t bytes);

    private:
        std::shared_ptr<Shared> const shared_;
        std::string const address_;
        std::size_t bytes_ = 0;
    };
    // Null: there is none.
    std::shared_ptr<Place> take(std::string const& address);

private:
    std::shared_ptr<Shared> const shared_;
};

}  // namespace tidegate::router
