// What RTMP peers say, chosen by a script: valid messages with odd fields in odd orders, cut into
// chunks of every form.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "rtmp/core/amf0.hpp"
#include "rtmp/core/command.hpp"
#include "rtmp/core/control.hpp"
#include "rtmp/core/handshake.hpp"
#include "rtmp/core/media_message.hpp"
#include "script.hpp"

namespace tidegate::fuzz {

namespace rtmp = tidegate::rtmp;
namespace amf0 = tidegate::rtmp::amf0;

// What is mostly right, so that dialogues get far.
inline std::string rtmp_text(Script& script) {
    static constexpr std::array<std::string_view, 12> kTexts{
        "in",   "live/demo", "live",  "demo/in?user=u&pass=p",       "",       "?",
        "../x", "avc1",      "error", "rtmp://u:p@h:1935/live/demo", "status", "rtmp://h/live?a=b"};
    auto const choice = script.below(kTexts.size() + 2);
    if (choice < kTexts.size()) return std::string(kTexts[choice]);
    return std::string(script.text(choice == kTexts.size() ? 12 : 255));
}

inline amf0::Value rtmp_value(Script& script, int depth = 0) {
    switch (script.below(depth < 3 ? 9 : 6)) {
        case 0:
            return rtmp_text(script);
        case 1:
            return double(script.number());
        case 2:
            return amf0::Null{};
        case 3:
            return script.flag();
        case 4:
            return amf0::Undefined{};
        case 5:
            return amf0::Date{double(script.byte())};
        case 6: {
            amf0::StrictArray array;
            for (auto left = script.below(4); left > 0; --left) {
                array.elements.push_back(rtmp_value(script, depth + 1));
            }
            return array;
        }
        default: {
            static constexpr std::array<std::string_view, 16> kNames{
                "app",          "tcUrl",        "fourCcList", "flashVer",
                "level",        "code",         "width",      "description",
                "videocodecid", "audiocodecid", "",           "objectEncoding",
                "text",         "language",     "duration",   "captionlanguages"};
            amf0::Object object;
            object.ecma_array = script.flag();
            for (auto left = script.below(5); left > 0; --left) {
                object.members.push_back(
                    {std::string(script.pick(kNames)), rtmp_value(script, depth + 1)});
            }
            return object;
        }
    }
}

// One side's messages as they stand on the wire.
class RtmpWriter {
public:
    explicit RtmpWriter(Script& script) : script_(script) {}

    base::Bytes command(rtmp::Command const& command) {
        auto body = rtmp::write_command(command);
        bool const amf3 = script_.below(16) == 15;
        if (amf3) body.insert(body.begin(), 0);
        return message(amf3 ? 17 : 20, body);
    }
    // Also what neither side ever says by itself.
    base::Bytes any_message() {
        static constexpr std::array<std::uint8_t, 14> kTypes{1, 2,  3,  4,  5,  6,  8,
                                                             9, 15, 17, 18, 20, 22, 0};
        auto const body = script_.bytes(script_.byte());
        return message(script_.pick(kTypes), body);
    }
    base::Bytes control() {
        base::Bytes body;
        base::ByteWriter writer(body);
        auto const type = static_cast<std::uint8_t>(1 + script_.below(6));
        auto const value = script_.number();
        if (type == 4) writer.u16(static_cast<std::uint16_t>(script_.below(9)));
        writer.u32(value);
        if (type == 6) writer.u8(static_cast<std::uint8_t>(script_.below(4)));
        auto wire = message(type, body);
        // The size as both readers take it: larger ones than a message make no difference.
        if (type == 1 && value != 0) chunk_size_ = std::min<std::uint32_t>(value, 0xFFFFFF);
        return wire;
    }
    base::Bytes media() {
        bool const video = script_.flag();
        base::Bytes body;
        static constexpr std::array<std::uint8_t, 8> kHeads{0x17, 0x27, 0xAF, 0x57,
                                                            0x90, 0x80, 0x2F, 0x00};
        body.push_back(script_.pick(kHeads));
        auto const more = script_.bytes(script_.byte());
        body.insert(body.end(), more.begin(), more.end());
        if (script_.below(8) == 7) body.resize(body.size() + script_.byte() * 64U);
        return message(video ? 9 : 8, body);
    }
    base::Bytes metadata() {
        base::Bytes body;
        if (script_.flag()) amf0::write(body, "@setDataFrame");
        amf0::write(body, script_.flag() ? "onMetaData" : "onTextData");
        amf0::write(body, rtmp_value(script_));
        return message(18, body);
    }
    base::Bytes aggregate() {
        base::Bytes body;
        base::ByteWriter writer(body);
        for (auto left = script_.below(4); left > 0; --left) {
            auto const part = script_.bytes(script_.below(24));
            writer.u8(static_cast<std::uint8_t>(script_.flag() ? 9 : 8));
            writer.u24(static_cast<std::uint32_t>(part.size()));
            writer.u24(script_.number() & 0xFFFFFF);
            writer.u32(script_.byte());
            writer.bytes(part);
            writer.u32(static_cast<std::uint32_t>(script_.flag() ? part.size() + 11 : 0));
        }
        return message(22, body);
    }

private:
    // Chunks of every form: three basic headers, four message headers, extended timestamps. A form
    // that leaves out a field is right only where the field is the chunk stream's last one.
    base::Bytes message(std::uint8_t type, base::ByteView body) {
        base::Bytes wire;
        auto const odd = script_.byte();
        auto const stream = odd < 128 ? 3U : odd < 240 ? 2U + odd % 16 : script_.number() % 65600;
        auto const form = odd < 192 ? 0 : odd % 4;
        std::uint32_t const timestamp = odd < 224 ? odd : script_.number();
        bool const extended = timestamp >= 0xFFFFFF;
        basic_header(wire, static_cast<std::uint8_t>(form), std::max(stream, 2U));
        base::ByteWriter writer(wire);
        if (form < 3) writer.u24(extended ? 0xFFFFFFU : timestamp);
        if (form < 2) {
            writer.u24(static_cast<std::uint32_t>(body.size()));
            writer.u8(type);
        }
        if (form == 0) {
            auto const id = odd % 8 == 7 ? script_.byte() : 1U;
            writer.u32_little_endian(id);
        }
        if (extended) writer.u32(timestamp);
        while (true) {
            auto const part = body.first(std::min<std::size_t>(chunk_size_, body.size()));
            writer.bytes(part);
            body = body.subspan(part.size());
            if (body.empty()) break;
            basic_header(wire, 3, std::max(stream, 2U));
            if (extended) writer.u32(timestamp);
        }
        script_.damage(wire);
        return wire;
    }
    static void basic_header(base::Bytes& wire, std::uint8_t form, std::uint32_t stream) {
        auto const top = static_cast<std::uint8_t>(form << 6);
        if (stream < 64) {
            wire.push_back(top | static_cast<std::uint8_t>(stream));
        } else if (stream < 320) {
            wire.push_back(top);
            wire.push_back(static_cast<std::uint8_t>(stream - 64));
        } else {
            wire.push_back(top | 1U);
            wire.push_back(static_cast<std::uint8_t>((stream - 64) & 0xFF));
            wire.push_back(static_cast<std::uint8_t>((stream - 64) >> 8));
        }
    }

    Script& script_;
    std::uint32_t chunk_size_ = rtmp::kDefaultChunkSize;
};

}  // namespace tidegate::fuzz
