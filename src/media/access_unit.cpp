#include "media/access_unit.hpp"

#include <algorithm>
#include <utility>

namespace tidegate::media {

namespace {

using base::SharedBytes;
using Result = std::expected<AccessUnit, Error>;

Result inspected(Codec codec, SharedBytes payload) {
    auto const summary = inspect_avcc(codec, payload.view());
    if (!summary) return std::unexpected(summary.error());
    return AccessUnit{std::move(payload), *summary};
}

Result inspected(Codec codec, std::expected<base::Bytes, Error> const& payload) {
    if (!payload) return std::unexpected(payload.error());
    return inspected(codec, SharedBytes::copy_of(*payload));
}

bool begins_with_start_code(base::ByteView payload) {
    auto const first = std::ranges::find_if(payload, [](auto byte) { return byte != 0; });
    return first != payload.end() && *first == 1 && first - payload.begin() >= 2;
}

// Rewrites lengths of 1, 2 or 3 bytes as lengths of 4 bytes.
std::expected<base::Bytes, Error> widened(base::ByteView payload, unsigned length_size) {
    if (payload.size() > kMaxUnit) return fail("access unit is too big");
    base::Bytes out;
    out.reserve(payload.size() + kAvccLengthSize * 4);
    std::size_t count = 0;
    while (!payload.empty()) {
        std::size_t length = 0;
        auto const head = payload.first(std::min<std::size_t>(length_size, payload.size()));
        for (auto const byte : head) length = length << 8 | byte;
        payload = payload.subspan(head.size());
        if (head.size() < length_size || length > payload.size()) {
            return fail("unable to decode AVCC: invalid length");
        }
        auto const nalu = payload.first(length);
        payload = payload.subspan(length);
        if (nalu.empty()) continue;
        if (++count > kMaxNalus) return fail("NALU count exceeds maximum allowed");
        append_avcc(out, nalu);
    }
    return out;
}

}  // namespace

Result read_access_unit(Codec codec, SharedBytes payload, unsigned length_size) {
    bool const usual = length_size == kAvccLengthSize;
    auto announced =
        usual ? inspected(codec, payload) : inspected(codec, widened(payload.view(), length_size));
    if (announced) return announced;
    if (begins_with_start_code(payload.view())) {
        if (auto unit = inspected(codec, annex_b_to_avcc(payload.view()))) return unit;
    }
    if (!usual) {
        if (auto unit = inspected(codec, std::move(payload))) return unit;
    }
    return announced;
}

bool learn_parameter_sets(Track& track, base::ByteView payload) {
    auto* const sets = track.parameter_sets();
    if (sets == nullptr) return false;
    bool changed = false;
    AvccReader units(payload);
    while (auto const nalu = units.next()) changed = sets->put(*nalu) || changed;
    return changed;
}

bool adopt_configuration(Track& track, Track const& header) {
    auto* const sets = track.parameter_sets();
    // Encoders repeat their sequence header. Sets that came in-band since then stay.
    if (sets != nullptr && sets->covers(*header.parameter_sets())) return false;
    if (sets != nullptr && !header.configured()) return sets->put(*header.parameter_sets());
    if (track == header) return false;
    track = header;
    return true;
}

}  // namespace tidegate::media
