#include "recording/cleaner.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <vector>

#include "config/path_name.hpp"

namespace tidegate::recording {

namespace fs = std::filesystem;

namespace {

struct FolderCloser {
    void operator()(DIR* folder) const { ::closedir(folder); }
};
using Folder = std::unique_ptr<DIR, FolderCloser>;

// at: the folder in which it is, or AT_FDCWD. flags: O_NOFOLLOW, if it may be no symbolic link.
Folder open_folder(int at, char const* name, int flags) {
    int const fd = ::openat(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | flags);
    if (fd < 0) return nullptr;
    Folder folder(::fdopendir(fd));
    if (folder == nullptr) ::close(fd);
    return folder;
}

// All names, because what is removed while a folder is read may hide others.
std::vector<std::string> names_in(DIR* folder) {
    std::vector<std::string> names;
    while (auto const* entry = ::readdir(folder)) {
        std::string_view const name = entry->d_name;
        if (name != "." && name != "..") names.emplace_back(name);
    }
    return names;
}

class Cleaning {
public:
    Cleaning(CleaningRules const& rules, FileTime now) : rules_(rules), now_(now) {}

    void run() {
        auto const root = rules_.names.folder();
        // The operator may have made the folder itself a link.
        if (auto const folder = open_folder(AT_FDCWD, root.c_str(), 0))
            visit(folder.get(), root, 0);
    }

private:
    void visit(DIR* folder, fs::path const& path, int depth) {
        int const at = ::dirfd(folder);
        for (auto const& name : names_in(folder)) {
            if (rules_.stop && rules_.stop()) return;
            struct stat about{};
            if (::fstatat(at, name.c_str(), &about, AT_SYMLINK_NOFOLLOW) != 0) continue;
            if (S_ISREG(about.st_mode)) {
                visit_file(at, name, path / name);
            } else if (S_ISDIR(about.st_mode) && depth < kMaxFolderDepth) {
                visit_folder(at, name, path / name, depth + 1);
            }
        }
    }

    // A folder that no path can have, such as lost+found, is not ours.
    void visit_folder(int at, std::string const& name, fs::path const& path, int depth) {
        auto const folder = open_folder(at, name.c_str(), O_NOFOLLOW);
        if (folder == nullptr) return;
        visit(folder.get(), path, depth);
        if (!config::path_name_problem(name)) ::unlinkat(at, name.c_str(), AT_REMOVEDIR);
    }

    void visit_file(int at, std::string const& name, fs::path const& path) {
        auto const found = rules_.names.match(path.native());
        if (!found) return;
        auto const keep = rules_.keep(found->path_name);
        if (!keep || now_ - found->start <= *keep) return;
        if (rules_.in_use && rules_.in_use(path)) return;
        if (rules_.removing) rules_.removing(path);
        ::unlinkat(at, name.c_str(), 0);
    }

    CleaningRules const& rules_;
    FileTime const now_;
};

}  // namespace

void clean(CleaningRules const& rules, FileTime now) {
    Cleaning(rules, now).run();
}

}  // namespace tidegate::recording
