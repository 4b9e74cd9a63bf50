#include "recording/catalogue.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/file_problem.hpp"

namespace tidegate::recording {

namespace fs = std::filesystem;

namespace {

// Calls visit(name) for each regular file below the folder. A folder below it that cannot be read
// is left out.
template <class Visit>
std::expected<void, std::string> walk(fs::path const& folder, Visit visit) {
    std::error_code error;
    if (!fs::exists(folder, error) && !error) {
        error = std::make_error_code(std::errc::no_such_file_or_directory);
    }
    if (error) return std::unexpected(base::file_problem("lstat", folder.native(), error.value()));
    fs::recursive_directory_iterator entry(folder, fs::directory_options::skip_permission_denied,
                                           error);
    if (error) return std::unexpected(base::file_problem("open", folder.native(), error.value()));
    for (std::size_t count = 0; entry != fs::recursive_directory_iterator(); ++count) {
        if (count == kMaxEntries) return std::unexpected("too many files in " + folder.string());
        if (entry.depth() >= kMaxFolders) entry.disable_recursion_pending();
        std::error_code unknown;
        if (entry->symlink_status(unknown).type() == fs::file_type::regular) visit(entry->path());
        // What goes away meanwhile ends the walk of its folder only.
        entry.increment(error);
        if (error) break;
    }
    return {};
}

// From the segment that may contain the start on.
void drop_before(std::vector<StoredSegment>& segments, FileTime start) {
    auto const after = std::ranges::upper_bound(segments, start, {}, &StoredSegment::start);
    if (after == segments.begin()) return;
    segments.erase(segments.begin(), std::prev(after));
}

// Whether no folder between the folder of the recordings and the file is a link, nor the file.
bool is_inside(fs::path const& folder, fs::path const& file) {
    auto const relative = file.lexically_relative(folder);
    if (relative.empty() || *relative.begin() == "..") return false;
    auto part = folder;
    return std::ranges::all_of(relative, [&](fs::path const& name) {
        part /= name;
        std::error_code error;
        return !fs::is_symlink(fs::symlink_status(part, error));
    });
}

}  // namespace

CatalogueError no_segments() {
    return {CatalogueError::Kind::none_found, "no recording segments found"};
}

std::expected<std::vector<StoredSegment>, CatalogueError> find_segments(PathTemplate const& files,
                                                                        std::string_view path_name,
                                                                        Window const& window) {
    std::vector<StoredSegment> segments;
    auto const walked = walk(files.folder(path_name), [&](fs::path const& file) {
        auto const found = files.match(file);
        if (!found || found->path_name != path_name) return;
        if (!window.end || found->start <= *window.end) segments.push_back({file, found->start});
    });
    if (!walked) {
        return std::unexpected(CatalogueError{CatalogueError::Kind::failed, walked.error()});
    }
    if (segments.empty()) return std::unexpected(no_segments());
    std::ranges::sort(segments, {}, &StoredSegment::start);
    if (window.start) drop_before(segments, *window.start);
    return segments;
}

std::map<std::string, std::vector<FileTime>, std::less<>> find_all(PathTemplate const& files) {
    std::map<std::string, std::vector<FileTime>, std::less<>> all;
    // A folder that is not there has no recordings.
    std::ignore = walk(files.folder(), [&](fs::path const& file) {
        if (auto found = files.match(file)) {
            all[std::move(found->path_name)].push_back(found->start);
        }
    });
    for (auto& [name, starts] : all) std::ranges::sort(starts);
    return all;
}

std::expected<void, std::string> delete_segment(PathTemplate const& files,
                                                std::string_view path_name, FileTime start) {
    auto const file = files.file(path_name, start);
    if (!is_inside(files.folder(), file)) {
        return std::unexpected("remove " + file.string() + ": the path escapes the folder");
    }
    std::error_code error;
    if (fs::is_directory(fs::symlink_status(file, error))) {
        return std::unexpected("remove " + file.string() + ": is a directory");
    }
    error.clear();
    if (fs::remove(file, error)) return {};
    if (!error) error = std::make_error_code(std::errc::no_such_file_or_directory);
    return std::unexpected(base::file_problem("remove", file.native(), error.value()));
}

}  // namespace tidegate::recording
