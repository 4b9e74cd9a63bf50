#include "media/access_unit.hpp"

#include <algorithm>
#include <utility>

#include "media/ac3.hpp"
#include "media/av1.hpp"
#include "media/vp9.hpp"

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

namespace {

bool learn_in_band(ParameterSets& sets, base::ByteView payload) {
    bool changed = false;
    AvccReader units(payload);
    while (auto const nalu = units.next()) changed = sets.put(*nalu) || changed;
    return changed;
}

bool learn_in_band(Av1Config& config, base::ByteView payload) {
    auto const found = find_av1_sequence(payload);
    if (found.empty() || std::ranges::equal(found, config.sequence_header)) return false;
    auto const obu = read_obu(found);
    if (!parse_av1_sequence(obu->payload)) return false;
    base::Bytes fresh;
    append_obu(fresh, *obu);
    if (fresh == config.sequence_header) return false;
    config.sequence_header = std::move(fresh);
    return true;
}

bool learn_in_band(Vp9Config& config, base::ByteView payload) {
    auto const fresh = parse_vp9_keyframe(payload);
    return fresh && merge_vp9_config(config, *fresh);
}

// The bit rate in the header of E-AC-3 changes from frame to frame and is of no importance.
template <class Frame>
bool learn_frame(auto& config, Frame const& frame) {
    if (!frame) return false;
    auto const& fresh = frame->config;
    bool const same = config.sample_rate == fresh.sample_rate &&
                      config.channel_count == fresh.channel_count && !config.specific.empty();
    if (same) return false;
    config = fresh;
    return true;
}

}  // namespace

bool learn_configuration(Track& track, base::ByteView payload) {
    if (auto* const sets = track.parameter_sets()) return learn_in_band(*sets, payload);
    if (auto* const av1 = std::get_if<Av1Config>(&track.config))
        return learn_in_band(*av1, payload);
    if (auto* const vp9 = std::get_if<Vp9Config>(&track.config))
        return learn_in_band(*vp9, payload);
    if (auto* const ac3 = std::get_if<Ac3Config>(&track.config)) {
        return learn_frame(*ac3, parse_ac3_frame(payload));
    }
    if (auto* const eac3 = std::get_if<Eac3Config>(&track.config)) {
        return learn_frame(*eac3, parse_eac3_frame(payload));
    }
    return false;
}

bool is_described_alike(Track const& before, Track const& after) {
    return explains_itself(before.codec()) && before.codec() == after.codec() &&
           before.configured() &&
           before.audio_format().sample_rate == after.audio_format().sample_rate;
}

bool adopt_configuration(Track& track, Track const& header) {
    if (auto* const sets = track.parameter_sets()) {
        // Encoders repeat their sequence header. Sets that came in-band since then stay.
        if (sets->covers(*header.parameter_sets())) return false;
        if (!header.configured()) return sets->put(*header.parameter_sets());
    } else if (auto* const vp9 = std::get_if<Vp9Config>(&track.config)) {
        return merge_vp9_config(*vp9, std::get<Vp9Config>(header.config));
    } else if (!header.configured()) {
        return false;
    }
    if (track.config == header.config) return false;
    track.config = header.config;
    return true;
}

}  // namespace tidegate::media
