#include "filler/still.hpp"

#include <utility>

#include "filler/idr_pic_id.hpp"
#include "media/avcc.hpp"
#include "media/nal.hpp"

namespace tidegate::filler {

namespace {

constexpr std::uint8_t kCra = 21;  // CRA_NUT
constexpr std::uint8_t kBla = 18;  // BLA_N_LP

base::Bytes bla_of(base::ByteView nalu) {
    base::Bytes changed(nalu.begin(), nalu.end());
    if (media::h265_nal_type(nalu) == kCra) {
        changed[0] = static_cast<std::uint8_t>((changed[0] & 0x81U) | kBla << 1U);
    }
    return changed;
}

base::Bytes changed_slice(media::Track const& track, base::ByteView nalu, unsigned form) {
    if (track.codec() == media::Codec::h265) return bla_of(nalu);
    auto changed = with_other_idr_pic_id(nalu, *track.parameter_sets(), form);
    return changed ? std::move(*changed) : base::Bytes(nalu.begin(), nalu.end());
}

// Empty: the unit cannot be read.
base::Bytes picture_in(media::Track const& track, base::ByteView keyframe, unsigned form) {
    base::Bytes picture;
    media::AvccReader nalus(keyframe);
    while (auto const nalu = nalus.next()) {
        auto const role = media::nal_role(track.codec(), *nalu);
        if (role == media::NalRole::sei) continue;
        if (role == media::NalRole::keyframe_slice) {
            media::append_avcc(picture, changed_slice(track, *nalu, form));
        } else {
            media::append_avcc(picture, *nalu);
        }
    }
    return nalus.failed() ? base::Bytes{} : picture;
}

}  // namespace

Still::Still(media::Track const& track, base::SharedBytes keyframe) {
    forms_.fill(keyframe);
    if (track.parameter_sets() == nullptr) return;
    for (unsigned form = 0; form < forms_.size(); ++form) {
        auto const picture = picture_in(track, keyframe.view(), form);
        if (!picture.empty()) forms_.at(form) = base::SharedBytes::copy_of(picture);
    }
}

}  // namespace tidegate::filler
