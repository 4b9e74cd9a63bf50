#include "media/avcc.hpp"

#include <algorithm>
#include <cstring>
#include <string>

namespace tidegate::media {

namespace {

constexpr std::size_t kStartCodeSize = 3;

std::uint32_t read_length(base::ByteView bytes) {
    return std::uint32_t{bytes[0]} << 24 | std::uint32_t{bytes[1]} << 16 |
           std::uint32_t{bytes[2]} << 8 | std::uint32_t{bytes[3]};
}

}  // namespace

AvccReader::AvccReader(base::ByteView payload) : rest_(payload), total_(payload.size()) {
    if (payload.size() > kMaxUnit) stop(Failure::too_big);
}

std::optional<base::ByteView> AvccReader::stop(Failure failure) {
    rest_ = {};
    failure_ = failure;
    return std::nullopt;
}

std::optional<base::ByteView> AvccReader::next() {
    while (!rest_.empty()) {
        if (rest_.size() < kAvccLengthSize) return stop(Failure::invalid_length);
        auto const length = read_length(rest_);
        rest_ = rest_.subspan(kAvccLengthSize);
        if (length > rest_.size()) return stop(Failure::invalid_length);
        if (length == 0) continue;
        if (++count_ > kMaxNalus) return stop(Failure::too_many);
        auto const nalu = rest_.first(length);
        rest_ = rest_.subspan(length);
        return nalu;
    }
    return std::nullopt;
}

std::optional<Error> AvccReader::error() const {
    if (failure_ == Failure::none) return std::nullopt;  // runs for each picture: must not allocate
    std::string const prefix = "unable to decode AVCC: ";
    switch (failure_) {
        case Failure::none:
            break;
        case Failure::invalid_length:
            return Error{prefix + "invalid length"};
        case Failure::too_big:
            return Error{prefix + "access unit size (" + std::to_string(total_) +
                         ") is too big, maximum is " + std::to_string(kMaxUnit)};
        case Failure::too_many:
            return Error{prefix + "NALU count exceeds maximum allowed (" +
                         std::to_string(kMaxNalus) + ")"};
    }
    return std::nullopt;
}

std::expected<AvccSummary, Error> inspect_avcc(Codec codec, base::ByteView payload) {
    AvccSummary summary;
    AvccReader units(payload);
    while (auto const nalu = units.next()) {
        auto const role = nal_role(codec, *nalu);
        ++summary.nalus;
        summary.keyframe = summary.keyframe || role == NalRole::keyframe_slice;
        summary.slice = summary.slice || is_slice(role);
        summary.parameter_sets = summary.parameter_sets || is_parameter_set(role);
    }
    if (auto error = units.error()) return std::unexpected(*std::move(error));
    return summary;
}

bool contains_keyframe(Codec codec, base::ByteView payload) {
    if (codec != Codec::h264 && codec != Codec::h265) return true;
    auto const summary = inspect_avcc(codec, payload);
    return summary && summary->keyframe;
}

void append_avcc(base::Bytes& out, base::ByteView nalu) {
    base::ByteWriter writer(out);
    writer.u32(nalu.size());
    writer.bytes(nalu);
}

// Looks for a 01 byte that has two zeros in front of it. Such bytes are rare in coded pictures, so
// memchr() passes over most of the bytes many at a time.
std::size_t find_start_code(base::ByteView bytes, std::size_t from) {
    for (auto at = from + 2; at < bytes.size(); ++at) {
        auto const* const one = std::memchr(bytes.data() + at, 1, bytes.size() - at);
        if (one == nullptr) break;
        at = static_cast<std::size_t>(static_cast<std::uint8_t const*>(one) - bytes.data());
        if (bytes[at - 1] == 0 && bytes[at - 2] == 0) return at - 2;
    }
    return bytes.size();
}

std::optional<base::ByteView> AnnexBReader::next() {
    while (!rest_.empty()) {
        auto const end = find_start_code(rest_);
        auto nalu = rest_.first(end);
        rest_ = rest_.subspan(std::min(end + kStartCodeSize, rest_.size()));
        while (!nalu.empty() && nalu.back() == 0) nalu = nalu.first(nalu.size() - 1);
        if (!nalu.empty()) return nalu;
    }
    return std::nullopt;
}

std::expected<base::Bytes, Error> annex_b_to_avcc(base::ByteView stream) {
    if (stream.size() > kMaxUnit) return fail("access unit is too big");
    auto const start = find_start_code(stream);
    if (start == stream.size())
        return fail("unable to decode Annex-B: initial delimiter not found");
    base::Bytes out;
    out.reserve(stream.size() + kAvccLengthSize * 4);
    std::size_t count = 0;
    AnnexBReader units(stream.subspan(start));
    while (auto const nalu = units.next()) {
        if (++count > kMaxNalus) return fail("NALU count exceeds maximum allowed");
        append_avcc(out, *nalu);
    }
    return out;
}

}  // namespace tidegate::media
