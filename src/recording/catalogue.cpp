#include "recording/catalogue.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/file_problem.hpp"

namespace tidegate::recording {

namespace fs = std::filesystem;

namespace {

// Calls visit(name) for each regular file below a folder. A folder below it that cannot be read, or
// that goes away meanwhile, is left out.
template <class Visit>
class Walk {
public:
    explicit Walk(Visit const& visit) : visit_(visit) {}

    std::expected<void, std::string> run(fs::path const& folder) {
        std::error_code error;
        if (!fs::exists(folder, error) && !error) {
            error = std::make_error_code(std::errc::no_such_file_or_directory);
        }
        if (error) {
            return std::unexpected(base::file_problem("lstat", folder.native(), error.value()));
        }
        look_into(folder, 0, error);
        if (error) {
            return std::unexpected(base::file_problem("open", folder.native(), error.value()));
        }
        if (seen_ > kMaxEntries) return std::unexpected("too many files in " + folder.string());
        return {};
    }

private:
    // error: why the folder cannot be opened.
    void look_into(fs::path const& folder, int depth, std::error_code& error) {
        fs::directory_iterator entry(folder, fs::directory_options::skip_permission_denied, error);
        std::error_code ignored;
        for (; entry != fs::directory_iterator(); entry.increment(ignored)) {
            if (++seen_ > kMaxEntries) return;
            auto const type = entry->symlink_status(ignored).type();
            if (type == fs::file_type::regular) visit_(entry->path());
            if (type == fs::file_type::directory && depth < kMaxFolderDepth) {
                look_into(entry->path(), depth + 1, ignored);
            }
        }
    }

    Visit const& visit_;
    std::size_t seen_ = 0;  // entries
};

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
    auto const take = [&](fs::path const& file) {
        auto const found = files.match(file);
        if (!found || found->path_name != path_name) return;
        if (!window.end || found->start <= *window.end) segments.push_back({file, found->start});
    };
    if (auto const walked = Walk(take).run(files.folder(path_name)); !walked) {
        return std::unexpected(CatalogueError{CatalogueError::Kind::failed, walked.error()});
    }
    if (segments.empty()) return std::unexpected(no_segments());
    std::ranges::sort(segments, {}, &StoredSegment::start);
    if (window.start) drop_before(segments, *window.start);
    return segments;
}

std::expected<StoredSegment, CatalogueError> find_segment(PathTemplate const& files,
                                                          std::string_view path_name,
                                                          FileTime start) {
    auto file = files.file(path_name, start);
    std::error_code error;
    bool const is_there =
        is_inside(files.folder(), file) && fs::is_regular_file(fs::symlink_status(file, error));
    auto const found = files.match(file);
    // With some settings a file may have the name of another path's.
    if (!is_there || !found || found->path_name != path_name) {
        return std::unexpected(no_segments());
    }
    return StoredSegment{std::move(file), found->start};
}

std::map<std::string, std::vector<FileTime>, std::less<>> find_all(PathTemplate const& files) {
    std::map<std::string, std::vector<FileTime>, std::less<>> all;
    auto const take = [&](fs::path const& file) {
        if (auto found = files.match(file)) {
            all[std::move(found->path_name)].push_back(found->start);
        }
    };
    // A folder that is not there has no recordings.
    std::ignore = Walk(take).run(files.folder());
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
