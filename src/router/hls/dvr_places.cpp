#include "router/hls/dvr_places.hpp"

namespace tidegate::router {

struct DvrPlaces::Shared {
    std::mutex mutex;
    std::map<std::string, std::size_t> of_address;
    std::size_t requests = 0;
    std::size_t bytes = 0;
};

DvrPlaces::DvrPlaces() : shared_(std::make_shared<Shared>()) {}

std::shared_ptr<DvrPlaces::Place> DvrPlaces::take(std::string const& address) {
    std::scoped_lock const lock(shared_->mutex);
    if (shared_->requests >= kMaxDvrRequests) return nullptr;
    auto& of_address = shared_->of_address[address];
    if (of_address >= kMaxDvrRequestsOfAddress) return nullptr;
    ++of_address;
    ++shared_->requests;
    return std::make_shared<Place>(shared_, address);
}

DvrPlaces::Place::~Place() {
    std::scoped_lock const lock(shared_->mutex);
    auto const entry = shared_->of_address.find(address_);
    if (--entry->second == 0) shared_->of_address.erase(entry);
    --shared_->requests;
    shared_->bytes -= bytes_;
}

bool DvrPlaces::Place::hold(std::size_t bytes) {
    std::scoped_lock const lock(shared_->mutex);
    if (shared_->bytes + bytes > kMaxDvrBytes) return false;
    shared_->bytes += bytes;
    bytes_ += bytes;
    return true;
}

}  // namespace tidegate::router
