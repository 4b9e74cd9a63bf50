// A recorded file that anybody may have written: the first two bytes say which clip of it is
// wanted, and the rest is the file. What is sent must be in the file, and not more than it has. The
// same holds for all segments of HLS together.
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "checks.hpp"
#include "recording/clip_stream.hpp"
#include "recording/recorded_ranges.hpp"
#include "recording/rewind.hpp"

namespace {

using namespace tidegate;
using fuzz::require;
using std::chrono::milliseconds;

namespace fs = std::filesystem;

// A folder that goes when the program ends.
struct Folder {
    Folder() {
        std::string name = (fs::temp_directory_path() / "recorded-clip-XXXXXX").string();
        path = ::mkdtemp(name.data());
    }
    ~Folder() { fs::remove_all(path); }
    fs::path path;
};

recording::FileTime const kStart{std::chrono::seconds{1'767'348'000}};

void check(recording::ClipPiece const& piece, std::uint64_t size) {
    for (auto const& source : piece.sources) {
        require(source.size > 0 && source.offset <= size && source.size <= size - source.offset);
    }
}

void check_clip(recording::ClipAsk const& ask, std::uint64_t size) {
    std::uint64_t sent = 0;
    if (auto clip = recording::ClipFragments::open(ask)) {
        for (auto piece = clip->next(); piece && *piece; piece = clip->next()) {
            check(**piece, size);
            for (auto const& source : (*piece)->sources) sent += source.size;
        }
    }
    require(sent <= size);
    if (auto const file = recording::clip_file(ask)) check(*file, size);
}

// A few bytes may claim thousands of them.
constexpr std::size_t kMostReads = 50;

std::vector<std::size_t> playable(recording::Stretches const& file) {
    std::vector<std::size_t> tracks;
    for (std::size_t i = 0; i < file.playable.size(); ++i) {
        if (file.playable[i]) tracks.push_back(i);
    }
    return tracks;
}

void check_rewind(recording::PathTemplate const& files, std::uint64_t size) {
    recording::Rewind rewind;
    recording::RewindAsk const ask{files, "a", kStart + std::chrono::hours{1'000'000}};
    auto const list = rewind.list(ask, {kStart, 0, {}}, recording::FileTime::max());
    if (!list) return;
    std::uint64_t sent = 0;
    std::size_t number = 0;
    for (auto const& piece : list->pieces) {
        require(piece.place.number == number++ && piece.duration.count() >= 0);
        if (number > kMostReads) continue;
        auto const pieces = rewind.read(ask, piece.place, playable(*piece.file));
        if (!pieces) continue;
        for (auto const& each : *pieces) {
            check(each, size);
            for (auto const& source : each.sources) sent += source.size;
        }
    }
    require(sent <= size);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    static Folder const folder;
    if (size < 2) return 0;
    auto const files =
        *recording::PathTemplate::parse((folder.path / "%path/%s-%f").string(), ".mp4");
    auto const file = files.file("a", kStart);
    fs::create_directories(file.parent_path());
    auto const bytes = base::ByteView(data, size).subspan(2);
    std::ofstream(file, std::ios::binary) << base::as_text(bytes);
    if (auto const ranges = recording::find_ranges(files, "a", {})) require(!ranges->empty());
    check_clip({files, "a", kStart + milliseconds(data[0] * 10), milliseconds(data[1] * 10)},
               bytes.size());
    check_rewind(files, bytes.size());
    return 0;
}
