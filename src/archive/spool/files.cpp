#include "archive/spool/files.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <system_error>

namespace tidegate::archive {

namespace {

bool write_all(int descriptor, std::string_view bytes) {
    while (!bytes.empty()) {
        auto const written = ::write(descriptor, bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    return true;
}

}  // namespace

File::~File() {
    if (descriptor_ >= 0) ::close(descriptor_);
}

std::unexpected<std::string> file_error(std::string_view what, std::string const& file) {
    return std::unexpected(std::string(what) + " " + file + ": " + std::strerror(errno));
}

std::expected<void, std::string> make_folder(std::string const& folder) {
    std::error_code error;
    std::filesystem::create_directories(std::filesystem::path(folder).parent_path(), error);
    if (::mkdir(folder.c_str(), 0700) == 0 || errno == EEXIST) return {};
    return file_error("mkdir", folder);
}

std::expected<void, std::string> write_durably(std::string const& temporary,
                                               std::string const& folder, std::string const& name,
                                               std::string_view bytes) {
    auto const unfinished = temporary + "/" + name;
    {
        File const file(::open(unfinished.c_str(),
                               O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
        if (!file) return file_error("open", unfinished);
        if (!write_all(file.get(), bytes)) return file_error("write", unfinished);
        if (::fsync(file.get()) != 0) return file_error("fsync", unfinished);
    }
    return rename_file(unfinished, folder + "/" + name);
}

std::expected<std::string, std::string> read_file(std::string const& name) {
    File const file(::open(name.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
    if (!file) return file_error("open", name);
    std::string bytes;
    std::array<char, 64 * 1024> buffer;
    while (true) {
        auto const count = ::read(file.get(), buffer.data(), buffer.size());
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return file_error("read", name);
        if (count == 0) return bytes;
        bytes.append(buffer.data(), static_cast<std::size_t>(count));
        if (bytes.size() > kMaxSpoolFileBytes)
            return std::unexpected("read " + name + ": too large");
    }
}

std::expected<void, std::string> remove_file(std::string const& file) {
    if (::unlink(file.c_str()) == 0 || errno == ENOENT) return {};
    return file_error("unlink", file);
}

std::expected<void, std::string> rename_file(std::string const& from, std::string const& to) {
    if (::rename(from.c_str(), to.c_str()) != 0) return file_error("rename", from);
    return sync_folder(std::filesystem::path(to).parent_path().string());
}

std::expected<void, std::string> sync_folder(std::string const& folder) {
    File const opened(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!opened) return file_error("open", folder);
    if (::fsync(opened.get()) != 0) return file_error("fsync", folder);
    return {};
}

std::expected<FileMark, std::string> mark_of(File const& file, std::string const& name) {
    struct stat found{};
    if (::fstat(file.get(), &found) != 0) return file_error("stat", name);
    if (!S_ISREG(found.st_mode)) return std::unexpected(name + " is not a regular file");
    return FileMark{static_cast<std::uint64_t>(found.st_size),
                    std::int64_t{found.st_mtim.tv_sec} * 1'000'000'000 + found.st_mtim.tv_nsec};
}

}  // namespace tidegate::archive
