// Where the files of a recording are: the setting recordPath with its variables %path, %Y, %m, %d,
// %H, %M, %S, %f, %z and %s. It makes the name of a file from a path's name and a time, and finds
// out what path and time a name on the disk stands for. Times are local, as in MediaMTX. An
// immutable value; any thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tidegate::recording {

using FileTime = std::chrono::sys_time<std::chrono::microseconds>;

// How deep folders of recordings may lie in one another: a path's name has at most as many parts,
// and its date may be a few more. Files further down are neither found nor removed.
inline constexpr int kMaxFolderDepth = 128;

class PathTemplate {
public:
    // extension: ".mp4" or ".ts", which follows what the setting says. A relative setting counts
    // from the working directory of now. The error is MediaMTX's sentence: %path must be there, and
    // a whole time.
    static std::expected<PathTemplate, std::string> parse(std::string_view record_path,
                                                          std::string_view extension);

    // Whether names tell microseconds (%f). If not, two files may not begin in the same second.
    bool has_microseconds() const;

    // The absolute name of a file. path_name: a valid one (config/path_name.hpp). first: when its
    // first sample was taken.
    std::filesystem::path file(std::string_view path_name, FileTime first) const;
    // The longest folder below which all files of this path are; absolute.
    std::filesystem::path folder(std::string_view path_name) const;
    // The same for the files of all paths.
    std::filesystem::path folder() const;

    struct Found {
        std::string path_name;
        FileTime start;
        bool operator==(Found const&) const = default;
    };
    // What an absolute name stands for. nullopt: no file() has this name. The path's name is a
    // valid one.
    std::optional<Found> match(std::string_view file) const;

    bool operator==(PathTemplate const&) const = default;

private:
    enum class Variable : std::uint8_t {
        none,
        path,
        year,
        month,
        day,
        hour,
        minute,
        second,
        microsecond,
        zone,
        unix_seconds,
    };
    struct Known;
    struct Fields;
    // A variable, or text that stands for itself.
    struct Piece {
        Variable variable = Variable::none;
        std::string text{};
        bool operator==(Piece const&) const = default;
    };

    static std::vector<Piece> split(std::string_view text);
    bool has(Variable variable) const;
    std::filesystem::path folder_before_variables(std::optional<std::string_view> path_name) const;
    bool read(std::size_t first, std::string_view text, Fields& fields) const;
    bool read_path(std::size_t piece, std::string_view text, Fields& fields) const;

    std::vector<Piece> pieces_;
};

}  // namespace tidegate::recording
