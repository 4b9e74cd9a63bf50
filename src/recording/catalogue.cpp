#include "recording/catalogue.hpp"

#include <dirent.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <utility>

#include "base/file_problem.hpp"

namespace tidegate::recording {

namespace fs = std::filesystem;

namespace {

struct DirectoryCloser {
    void operator()(DIR* opened) const { ::closedir(opened); }
};

// Folders tell what their entries are, so that nobody has to ask the disk for each; some file
// systems do not.
unsigned char type_of(dirent const& entry, std::string const& name) {
    if (entry.d_type != DT_UNKNOWN) return entry.d_type;
    struct stat about{};
    if (::lstat(name.c_str(), &about) != 0) return DT_UNKNOWN;
    return S_ISREG(about.st_mode) ? DT_REG : S_ISDIR(about.st_mode) ? DT_DIR : DT_LNK;
}

// Calls visit(name) for each regular file below a folder. A folder below it that cannot be read, or
// that goes away meanwhile, is left out. Names are texts: a folder may have 100,000 of them.
template <class Visit>
class Walk {
public:
    explicit Walk(Visit const& visit) : visit_(visit) {}

    std::expected<void, std::string> run(fs::path const& folder) {
        struct stat about{};
        if (::stat(folder.c_str(), &about) != 0)
            return std::unexpected(base::file_problem("lstat", folder.native(), errno));
        auto const error = look_into(folder.native(), 0);
        if (error != 0 && error != EACCES)
            return std::unexpected(base::file_problem("open", folder.native(), error));
        if (seen_ > kMaxEntries) return std::unexpected("too many files in " + folder.string());
        return {};
    }

private:
    // Returns why the folder cannot be opened.
    int look_into(std::string const& folder, int depth) {
        std::unique_ptr<DIR, DirectoryCloser> const opened(::opendir(folder.c_str()));
        if (!opened) return errno;
        auto file = folder.ends_with('/') ? folder : folder + '/';
        auto const before = file.size();
        while (auto const* const entry = ::readdir(opened.get())) {
            std::string_view const name = entry->d_name;
            if (name == "." || name == "..") continue;
            if (++seen_ > kMaxEntries) return 0;
            file.resize(before);
            file += name;
            auto const type = type_of(*entry, file);
            if (type == DT_REG) visit_(file);
            if (type == DT_DIR && depth < kMaxFolderDepth) look_into(file, depth + 1);
        }
        return 0;
    }

    Visit const& visit_;
    std::size_t seen_ = 0;  // entries
};

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

// From the segment that may contain the start on: of those before it only the last one is kept.
std::expected<std::vector<StoredSegment>, CatalogueError> find_segments(PathTemplate const& files,
                                                                        std::string_view path_name,
                                                                        Window const& window) {
    std::vector<StoredSegment> segments;
    std::optional<std::pair<FileTime, std::string>> before;
    auto const take = [&](std::string const& file) {
        auto const found = files.match(file);
        if (!found || found->path_name != path_name) return;
        if (window.end && found->start > *window.end) return;
        if (!window.start || found->start > *window.start) {
            segments.push_back({file, found->start});
        } else if (!before || found->start > before->first) {
            before.emplace(found->start, file);
        }
    };
    if (auto const walked = Walk(take).run(files.folder(path_name)); !walked) {
        return std::unexpected(CatalogueError{CatalogueError::Kind::failed, walked.error()});
    }
    if (before) segments.push_back({std::move(before->second), before->first});
    if (segments.empty()) return std::unexpected(no_segments());
    std::ranges::sort(segments, {}, &StoredSegment::start);
    return segments;
}

std::expected<StoredSegment, CatalogueError> find_segment(PathTemplate const& files,
                                                          std::string_view path_name,
                                                          FileTime start) {
    auto file = files.file(path_name, start);
    std::error_code error;
    bool const is_there =
        is_inside(files.folder(), file) && fs::is_regular_file(fs::symlink_status(file, error));
    auto const found = files.match(file.native());
    // With some settings a file may have the name of another path's.
    if (!is_there || !found || found->path_name != path_name) {
        return std::unexpected(no_segments());
    }
    return StoredSegment{std::move(file), found->start};
}

std::map<std::string, std::vector<FileTime>, std::less<>> find_all(PathTemplate const& files) {
    std::map<std::string, std::vector<FileTime>, std::less<>> all;
    auto const take = [&](std::string const& file) {
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
