// Type markers of AMF0 (§2.1).
#pragma once

#include <cstdint>

namespace tidegate::rtmp::amf0 {

inline constexpr std::uint8_t kNumber = 0x00;
inline constexpr std::uint8_t kBoolean = 0x01;
inline constexpr std::uint8_t kString = 0x02;
inline constexpr std::uint8_t kObject = 0x03;
inline constexpr std::uint8_t kNull = 0x05;
inline constexpr std::uint8_t kUndefined = 0x06;
inline constexpr std::uint8_t kEcmaArray = 0x08;
inline constexpr std::uint8_t kObjectEnd = 0x09;
inline constexpr std::uint8_t kStrictArray = 0x0a;
inline constexpr std::uint8_t kDate = 0x0b;
inline constexpr std::uint8_t kLongString = 0x0c;
inline constexpr std::uint8_t kUnsupported = 0x0d;
inline constexpr std::uint8_t kXmlDocument = 0x0f;
inline constexpr std::uint8_t kTypedObject = 0x10;

}  // namespace tidegate::rtmp::amf0
