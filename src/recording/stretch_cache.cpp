#include "recording/stretch_cache.hpp"

#include <utility>

namespace tidegate::recording {

std::expected<StretchCache::Found, std::string> StretchCache::get(
    std::filesystem::path const& path) {
    auto file = RecordedFile::open(path);
    if (!file) return std::unexpected(std::move(file.error()));
    auto const state = (*file)->state();
    auto const before = remembered(path.native(), state);
    if (before != nullptr && before->finished) return Found{before, state};
    auto reader = SegmentReader::open(*std::move(file), path);
    if (!reader) return std::unexpected(std::move(reader.error()));
    auto now =
        before == nullptr ? std::make_shared<Stretches>() : std::make_shared<Stretches>(*before);
    read_on(*now, *reader);
    Found const found{std::move(now), state};
    remember(path.native(), found);
    return found;
}

// Null when nothing is, or when another file has this name now.
std::shared_ptr<Stretches const> StretchCache::remembered(std::string const& path,
                                                          FileState const& file) {
    std::scoped_lock const lock(mutex_);
    auto const entry = entries_.find(path);
    if (entry == entries_.end()) return nullptr;
    auto const& known = entry->second.found;
    bool const same = known.file.device == file.device && known.file.inode == file.inode &&
                      known.file.size <= file.size &&
                      (!known.stretches->finished || known.file.size == file.size);
    if (!same) {
        forget(entry);
        return nullptr;
    }
    used_.splice(used_.begin(), used_, entry->second.used);
    return known.stretches;
}

void StretchCache::remember(std::string const& path, Found const& found) {
    std::scoped_lock const lock(mutex_);
    if (auto const old = entries_.find(path); old != entries_.end()) forget(old);
    used_.push_front(path);
    entries_.emplace(path, Entry{found, used_.begin()});
    stretches_ += found.stretches->count();
    while (entries_.size() > 1 &&
           (entries_.size() > kMaxRememberedFiles || stretches_ > kMaxRememberedStretches)) {
        forget(entries_.find(used_.back()));
    }
}

void StretchCache::forget(std::map<std::string, Entry>::iterator entry) {
    stretches_ -= entry->second.found.stretches->count();
    used_.erase(entry->second.used);
    entries_.erase(entry);
}

}  // namespace tidegate::recording
