#include "media/parameter_sets.hpp"

#include <algorithm>
#include <ranges>
#include <tuple>
#include <utility>

namespace tidegate::media {

namespace {

using Set = ParameterSets::Set;

auto key(Set const& set) {
    return std::tuple(set.role, set.layer, set.id);
}

auto content(Set const& set) {
    return std::tie(set.role, set.layer, set.id, set.nalu);
}

std::size_t most_of(NalRole role) {
    return role == NalRole::pps ? kMaxPictureSets : kMaxSequenceSets;
}

bool acceptable(Codec codec, NalRole role, base::ByteView nalu) {
    bool const bare = codec == Codec::h264 && role == NalRole::sps && nalu.size() < kMinH264SpsSize;
    return is_parameter_set(role) && !bare && nalu.size() <= kMaxParameterSetBytes;
}

std::uint8_t layer_of(Codec codec, base::ByteView nalu) {
    if (codec != Codec::h265) return 0;
    return static_cast<std::uint8_t>((nalu[0] & 1U) << 5 | nalu[1] >> 3U);
}

std::uint16_t number(Set const& set) {
    return static_cast<std::uint16_t>(unsigned{set.layer} << 8 | set.id);
}

}  // namespace

ParameterSets::ParameterSets(Codec codec, std::span<base::ByteView const> nalus) : codec_(codec) {
    for (auto const nalu : nalus | std::views::reverse) put(nalu);
}

ParameterSets::ParameterSets(Codec codec, std::initializer_list<base::Bytes> nalus)
    : ParameterSets(codec, std::vector<base::ByteView>(nalus.begin(), nalus.end())) {}

bool ParameterSets::put(base::ByteView nalu) {
    auto const role = nal_role(codec_, nalu);
    if (!acceptable(codec_, role, nalu)) return false;
    auto const id = parameter_set_id(codec_, nalu);
    Set fresh{.role = role,
              .layer = layer_of(codec_, nalu),
              .id = id.value_or(0),
              .id_known = id.has_value(),
              .seen = ++clock_,
              .nalu = {}};
    auto const at = std::ranges::lower_bound(sets_, key(fresh), {}, key);
    if (at == sets_.end() || key(*at) != key(fresh)) return insert(std::move(fresh), nalu);
    return replace(*at, fresh.id_known, nalu);
}

bool ParameterSets::replace(Set& known, bool id_known, base::ByteView nalu) {
    if (!id_known && known.id_known) return false;
    known.seen = clock_;
    if (std::ranges::equal(known.nalu, nalu)) return false;
    known.id_known = id_known;
    bytes_ -= known.nalu.size();
    known.nalu.assign(nalu.begin(), nalu.end());
    bytes_ += nalu.size();
    note_sps(known);
    make_room(known.role, 0);
    return true;
}

bool ParameterSets::insert(Set fresh, base::ByteView nalu) {
    make_room(fresh.role, nalu.size());
    fresh.nalu.assign(nalu.begin(), nalu.end());
    bytes_ += nalu.size();
    note_sps(fresh);
    sets_.insert(std::ranges::lower_bound(sets_, key(fresh), {}, key), std::move(fresh));
    return true;
}

// Removes the oldest sets until one of this role and size fits. size 0: until the bytes are within
// their limit.
void ParameterSets::make_room(NalRole role, std::size_t size) {
    auto const drop = [this](auto const& candidates) {
        auto const oldest = std::ranges::min_element(candidates, {}, &Set::seen);
        bytes_ -= oldest->nalu.size();
        sets_.erase(sets_.begin() + (&*oldest - sets_.data()));
    };
    if (size > 0 && of(role).size() == most_of(role)) drop(of(role));
    while (bytes_ + size > kMaxParameterSetBytes) drop(all());
}

void ParameterSets::note_sps(Set const& set) {
    if (set.role == NalRole::sps && set.layer == 0) sps_ = number(set);
}

bool ParameterSets::put(ParameterSets const& others) {
    auto const before = sps_;
    bool changed = false;
    for (auto const& set : others.sets_) changed = put(set.nalu) || changed;
    if (!others.sps().empty()) sps_ = others.sps_;
    return changed || sps_ != before;
}

bool ParameterSets::covers(ParameterSets const& others) const {
    return (others.sps().empty() || std::ranges::equal(sps(), others.sps())) &&
           std::ranges::includes(sets_, others.sets_, {}, content, content);
}

std::span<Set const> ParameterSets::of(NalRole role) const {
    auto const found = std::ranges::equal_range(sets_, role, {}, &Set::role);
    return {found.begin(), found.end()};
}

bool ParameterSets::complete() const {
    return !sps().empty() && !of(NalRole::pps).empty() &&
           (codec_ != Codec::h265 || !of(NalRole::vps).empty());
}

base::ByteView ParameterSets::sps() const {
    auto const sets = of(NalRole::sps);
    auto const found = std::ranges::find(sets, sps_, number);
    if (found != sets.end()) return found->nalu;
    // That SPS had to make room for others: another one of the base layer takes its place.
    return sets.empty() || sets[0].layer != 0 ? base::ByteView{} : sets[0].nalu;
}

std::vector<base::ByteView> ParameterSets::described(NalRole role) const {
    std::vector<base::ByteView> nalus;
    for (auto const& set : of(role)) nalus.emplace_back(set.nalu);
    auto const speaking = std::ranges::find(nalus, sps().data(), &base::ByteView::data);
    if (speaking != nalus.end()) std::rotate(nalus.begin(), speaking, speaking + 1);
    return nalus;
}

bool ParameterSets::operator==(ParameterSets const& other) const {
    return sps_ == other.sps_ && std::ranges::equal(sets_, other.sets_, {}, content, content);
}

}  // namespace tidegate::media
