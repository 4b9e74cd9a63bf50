// What the recorders of all paths work with. References to objects that outlive them. The web loop,
// which also runs the players over HTTP: what a recorder does there for a unit is less than what
// a viewer costs, and the media loops do nothing for it.
#pragma once

#include <boost/asio/io_context.hpp>
#include <cstddef>
#include <filesystem>
#include <map>
#include <memory>

#include "recording/disk.hpp"
#include "router/record/items.hpp"
#include "router/session/services.hpp"

namespace tidegate::router {

// How many folders have threads of their own. Recordings below further ones share the last threads.
inline constexpr std::size_t kMaxDisks = 16;

// The threads for each folder that recordings are below.
class Disks {
public:
    // Throws std::system_error when there can be no further thread.
    recording::Disk& of(std::filesystem::path const& folder) {
        auto const found = disks_.find(folder);
        if (found != disks_.end()) return *found->second;
        if (disks_.size() >= kMaxDisks) return *disks_.rbegin()->second;
        return *disks_.emplace(folder, std::make_unique<recording::Disk>()).first->second;
    }
    bool idle() const {
        for (auto const& [folder, disk] : disks_) {
            if (!disk->idle()) return false;
        }
        return true;
    }

private:
    std::map<std::filesystem::path, std::unique_ptr<recording::Disk>> disks_;
};

struct RecordContext {
    Services& services;
    Recorders& recorders;
    Disks& disks;

    boost::asio::io_context& io() const { return services.web.io(); }
};

}  // namespace tidegate::router
