#include <algorithm>
#include <array>
#include <string>

#include "media/aac.hpp"
#include "media/ac3.hpp"
#include "media/av1.hpp"
#include "media/decoder_config.hpp"
#include "media/flac.hpp"
#include "media/vp9.hpp"
#include "mp4/descriptors.hpp"
#include "mp4/sample_entry.hpp"

namespace tidegate::mp4 {

namespace {

using Result = std::expected<SampleEntry, media::Error>;

// Bytes of a visual sample entry (§12.1.3) in front of the boxes inside it.
constexpr std::size_t kVisualSize = 78;

// Bytes of the further fields that QuickTime's audio entries of version 1 and 2 have in front of
// their boxes. Entries of version 1 in ISO files do not have them, and nothing tells the two apart:
// an entry is taken for QuickTime's when no box begins where one begins in ISO files.
constexpr std::size_t kQuickTimeVersion1 = 16;
constexpr std::size_t kQuickTimeVersion2 = 36;

struct AudioFields {
    std::uint8_t channels = 0;
    std::uint32_t rate = 0;
    base::ByteView boxes;
};

bool begins_with_box(base::ByteView bytes) {
    auto const header = read_box_header(bytes);
    return header && header->size != 0 && header->size <= bytes.size() &&
           box_name(header->type).find('?') == std::string::npos;
}

std::optional<AudioFields> read_audio(base::ByteView payload) {
    base::ByteReader reader(payload);
    reader.skip(6 + 2);
    auto const version = reader.u16();
    reader.skip(6);
    AudioFields fields;
    fields.channels = static_cast<std::uint8_t>(std::min<unsigned>(reader.u16(), 255));
    reader.skip(2 + 2 + 2);
    fields.rate = reader.u32() >> 16;
    if (version == 1 && !begins_with_box(payload.subspan(reader.position()))) {
        reader.skip(kQuickTimeVersion1);
    } else if (version == 2) {
        reader.skip(kQuickTimeVersion2);
    }
    if (reader.failed()) return std::nullopt;
    fields.boxes = reader.rest();
    // QuickTime puts the codec's box into a box "wave".
    if (auto const wave = find_box(fields.boxes, "wave"_box); !wave.empty()) fields.boxes = wave;
    return fields;
}

Result broken(Box const& box) {
    return media::fail("invalid " + box_name(box.type) + " box");
}

Result with_length_size(media::Track track, std::uint8_t length_size) {
    return SampleEntry{std::move(track), length_size};
}

base::ByteView visual_boxes(Box const& box) {
    return box.payload.subspan(std::min(box.payload.size(), kVisualSize));
}

Result read_h264(Box const& box) {
    auto const record = find_box(visual_boxes(box), "avcC"_box);
    auto config = media::parse_avc_config(record);
    if (!config) return std::unexpected(config.error());
    return with_length_size({*std::move(config)}, media::avc_length_size(record));
}

Result read_h265(Box const& box) {
    auto const record = find_box(visual_boxes(box), "hvcC"_box);
    auto config = media::parse_hevc_config(record);
    if (!config) return std::unexpected(config.error());
    return with_length_size({*std::move(config)}, media::hevc_length_size(record));
}

bool is_aac(std::uint8_t object_type) {
    return object_type == kObjectAac ||
           (object_type >= kObjectMpeg2AacMain && object_type <= kObjectMpeg2AacSsr);
}

Result read_mp3(AudioFields const& fields) {
    if (fields.rate == 0 || fields.channels == 0) return media::fail("invalid MP3 sample entry");
    return SampleEntry{media::Track{media::Mp3Config{fields.rate, fields.channels}}};
}

Result read_mpeg4_audio(Box const& box) {
    auto const fields = read_audio(box.payload);
    if (!fields) return broken(box);
    base::ByteReader reader(find_box(fields->boxes, "esds"_box));
    read_full_box(reader);
    auto const audio = read_descriptor(reader.rest());
    if (reader.failed() || !audio) return media::fail("invalid esds box");
    if (is_aac(audio->object_type)) {
        auto config = media::parse_audio_specific_config(audio->specific);
        if (!config) return std::unexpected(config.error());
        return SampleEntry{media::Track{*std::move(config)}};
    }
    if (audio->object_type == kObjectMpeg1Audio || audio->object_type == kObjectMpeg2Audio)
        return read_mp3(*fields);
    return media::fail("mp4a of object type " + std::to_string(audio->object_type) +
                       " is not supported");
}

Result read_quicktime_mp3(Box const& box) {
    auto const fields = read_audio(box.payload);
    return fields ? read_mp3(*fields) : broken(box);
}

Result read_opus(Box const& box) {
    auto const fields = read_audio(box.payload);
    if (!fields) return broken(box);
    base::ByteReader reader(find_box(fields->boxes, "dOps"_box));
    auto const version = reader.u8();
    auto const channels = reader.u8();
    if (reader.failed() || version != 0 || channels == 0) return media::fail("invalid dOps box");
    return SampleEntry{media::Track{media::OpusConfig{channels}}};
}

Result read_av1(Box const& box) {
    auto config = media::parse_av1_config(find_box(visual_boxes(box), "av1C"_box));
    if (!config) return std::unexpected(config.error());
    return SampleEntry{media::Track{*std::move(config)}};
}

// The record does not tell the size of the pictures; the fields in front of it do.
Result read_vp9(Box const& box) {
    auto config = media::parse_vp9_config(find_box(visual_boxes(box), "vpcC"_box));
    if (!config) return std::unexpected(config.error());
    base::ByteReader reader(box.payload);
    reader.skip(6 + 2 + 2 + 2 + 3 * 4);
    config->width = reader.u16();
    config->height = reader.u16();
    if (reader.failed() || config->width == 0 || config->height == 0) return broken(box);
    return SampleEntry{media::Track{*config}};
}

template <class Config>
Result with_config(std::expected<Config, media::Error> config) {
    if (!config) return std::unexpected(config.error());
    return SampleEntry{media::Track{*std::move(config)}};
}

Result read_ac3(Box const& box) {
    auto const fields = read_audio(box.payload);
    return fields ? with_config(media::parse_dac3(find_box(fields->boxes, "dac3"_box)))
                  : broken(box);
}

Result read_eac3(Box const& box) {
    auto const fields = read_audio(box.payload);
    return fields ? with_config(media::parse_dec3(find_box(fields->boxes, "dec3"_box)))
                  : broken(box);
}

Result read_flac(Box const& box) {
    auto const fields = read_audio(box.payload);
    if (!fields) return broken(box);
    base::ByteReader reader(find_box(fields->boxes, "dfLa"_box));
    read_full_box(reader);
    if (reader.failed()) return media::fail("invalid dfLa box");
    return with_config(media::parse_flac_config(reader.rest()));
}

struct EntryType {
    BoxType type;
    Result (*read)(Box const&);
};

constexpr std::array kEntryTypes{
    EntryType{"avc1"_box, read_h264},        EntryType{"avc3"_box, read_h264},
    EntryType{"hvc1"_box, read_h265},        EntryType{"hev1"_box, read_h265},
    EntryType{"mp4a"_box, read_mpeg4_audio}, EntryType{".mp3"_box, read_quicktime_mp3},
    EntryType{"Opus"_box, read_opus},        EntryType{"av01"_box, read_av1},
    EntryType{"vp09"_box, read_vp9},         EntryType{"ac-3"_box, read_ac3},
    EntryType{"ec-3"_box, read_eac3},        EntryType{"fLaC"_box, read_flac},
};

}  // namespace

Result read_sample_entry(Box const& box) {
    auto const* const entry = std::ranges::find(kEntryTypes, box.type, &EntryType::type);
    if (entry == kEntryTypes.end()) return media::fail(box_name(box.type) + " is not supported");
    return entry->read(box);
}

}  // namespace tidegate::mp4
