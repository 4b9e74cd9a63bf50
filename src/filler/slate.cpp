#include "filler/slate.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <utility>

namespace tidegate::filler {

namespace {

// How long the last unit of a track lasts that has only one.
constexpr base::Timestamp kLoneUnit = std::chrono::seconds(1);

bool is_flv(base::ByteView file) {
    return base::as_text(file).starts_with("FLV");
}

// From its first key frame on, without units whose time does not rise.
std::vector<media::Unit> playable(std::vector<media::Unit> units) {
    std::vector<media::Unit> kept;
    for (auto& unit : units) {
        if (kept.empty() ? unit.keyframe : unit.dts > kept.back().dts) {
            kept.push_back(std::move(unit));
        }
    }
    return kept;
}

base::Timestamp end_of(std::vector<media::Unit> const& units) {
    auto const last = units.back().dts;
    if (units.size() == 1) return last + kLoneUnit;
    auto const step = (last - units.front().dts) / static_cast<std::int64_t>(units.size() - 1);
    return last + std::max(step, base::Timestamp{std::chrono::milliseconds(1)});
}

std::expected<Slate, std::string> arrange(detail::SlateMedia found) {
    std::vector<std::vector<media::Unit>> lanes(found.tracks.size());
    for (auto& unit : found.units) lanes[unit.track].push_back(std::move(unit));
    Slate slate;
    for (std::size_t i = 0; i < lanes.size(); ++i) {
        auto lane = playable(std::move(lanes[i]));
        if (lane.empty() || !found.tracks[i].configured()) continue;
        for (auto& unit : lane) unit.track = static_cast<std::uint16_t>(slate.tracks.size());
        slate.tracks.push_back(std::move(found.tracks[i]));
        slate.units.push_back(std::move(lane));
    }
    if (slate.tracks.empty()) return std::unexpected("the file has no track that can be played");
    auto start = slate.units.front().front().dts;
    for (auto const& lane : slate.units) start = std::min(start, lane.front().dts);
    for (auto& lane : slate.units) {
        for (auto& unit : lane) {
            unit.dts -= start;
            unit.pts -= start;
        }
        slate.duration = std::max(slate.duration, end_of(lane));
    }
    return slate;
}

}  // namespace

std::expected<Slate, std::string> parse_slate(base::SharedBytes file) {
    auto found = is_flv(file.view()) ? detail::read_flv_slate(file) : detail::read_mp4_slate(file);
    if (!found) return std::unexpected(std::move(found.error()));
    if (found->units.size() > kMaxSlateUnits) return std::unexpected("the file is too long");
    return arrange(std::move(*found));
}

std::expected<Slate, std::string> read_slate(std::string const& file) {
    std::ifstream stream(file, std::ios::binary | std::ios::ate);
    if (!stream) return std::unexpected(file + ": " + std::strerror(errno));
    auto const size = static_cast<std::streamoff>(stream.tellg());
    if (size < 0) return std::unexpected(file + ": it cannot be read");
    if (static_cast<std::size_t>(size) > kMaxSlateFile) {
        return std::unexpected(file + ": it has more than " +
                               std::to_string(kMaxSlateFile / 1024 / 1024) + " MB");
    }
    base::Bytes bytes(static_cast<std::size_t>(size));
    stream.seekg(0);
    if (!stream.read(reinterpret_cast<char*>(bytes.data()), size)) {
        return std::unexpected(file + ": it cannot be read");
    }
    auto slate = parse_slate(base::SharedBytes::copy_of(bytes));
    if (!slate) return std::unexpected(file + ": " + slate.error());
    return slate;
}

}  // namespace tidegate::filler
