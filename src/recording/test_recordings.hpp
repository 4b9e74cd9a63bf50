// Makes recorded files in a folder of their own. Tests only.
#pragma once

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "media/test_samples.hpp"
#include "mp4/fragment.hpp"
#include "mp4/init_segment.hpp"
#include "recording/path_template.hpp"

namespace tidegate::recording::test {

inline constexpr std::uint32_t kVideoScale = 90'000;
inline constexpr std::uint32_t kAudioScale = 44'100;

// A folder that goes with its test.
class Folder {
public:
    Folder() {
        std::string name = (std::filesystem::temp_directory_path() / "recordings-XXXXXX").string();
        path_ = ::mkdtemp(name.data());
    }
    ~Folder() { std::filesystem::remove_all(path_); }
    Folder(Folder const&) = delete;
    Folder& operator=(Folder const&) = delete;

    std::filesystem::path const& path() const { return path_; }
    PathTemplate files(std::string_view extension = ".mp4") const {
        return *PathTemplate::parse((path_ / "%path" / "%Y-%m-%d_%H-%M-%S-%f").string(), extension);
    }

private:
    std::filesystem::path path_;
};

// 2026-01-02 10:00:00 UTC and some seconds.
inline FileTime at(double seconds) {
    return FileTime{std::chrono::seconds{1'767'348'000}} +
           std::chrono::microseconds(static_cast<std::int64_t>(seconds * 1e6));
}

struct Recording {
    int seconds = 4;           // a part for each
    int key_interval = 1;      // in seconds
    std::uint64_t number = 0;  // in the run of the recorder
    double from = 0;           // of the run, in seconds
    std::uint8_t run = 1;      // 0: no recorder with mtxi
    media::Track video = {media::test::h264_main_360p()};
};

// Ten pictures a second, whose bytes tell their number in the run, and 43 frames of sound.
inline void write(std::filesystem::path const& file, Recording const& made) {
    std::filesystem::create_directories(file.parent_path());
    std::vector<mp4::TrackSetup> const setups{
        {.id = 1, .track = made.video}, {.id = 2, .track = {media::test::aac_stereo_44100()}}};
    mp4::RecordingInfo info;
    info.stream_id.fill(made.run);
    info.segment = made.number;
    info.start_dts = std::chrono::nanoseconds(static_cast<std::int64_t>(made.from * 1e9));
    std::ofstream out(file, std::ios::binary);
    auto const put = [&](base::ByteView bytes) { out << base::as_text(bytes); };
    put(mp4::write_init_segment(setups, made.run == 0 ? nullptr : &info)->view());
    for (int second = 0; second < made.seconds; ++second) {
        std::vector<mp4::FragmentSample> pictures, sounds;
        for (int i = 0; i < 10; ++i) {
            auto const number = std::to_string(static_cast<int>(made.from * 10) + second * 10 + i);
            pictures.push_back({kVideoScale / 10, 0, i == 0 && second % made.key_interval == 0,
                                base::SharedBytes::copy_of(base::as_bytes("v" + number + ";"))});
        }
        auto const first = static_cast<int>(second * 44'100 / 1024);
        auto const last = static_cast<int>((second + 1) * 44'100 / 1024);
        for (int i = first; i < last; ++i) {
            sounds.push_back({1024, 0, true, base::SharedBytes::copy_of(base::as_bytes("a;"))});
        }
        mp4::TrackRun const runs[] = {
            {1, static_cast<std::uint64_t>(second) * kVideoScale, pictures},
            {2, static_cast<std::uint64_t>(first) * 1024, sounds}};
        for (auto const& part :
             mp4::write_fragment(static_cast<std::uint32_t>(second), runs)->parts)
            put(part.view());
    }
}

}  // namespace tidegate::recording::test
