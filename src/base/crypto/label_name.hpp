// Names of objects in a cluster that are derived from one of our own names alone, so that everybody
// who works for the same thing uses the same one. Any thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace tidegate::base {

// The longest prefix: it leaves 20 bytes for people to read.
inline constexpr std::size_t kMaxLabelPrefix = 10;

// A DNS label (RFC 1123): [a-z0-9-], at most 63 bytes. It is `prefix`, what can be kept of `name`
// for people to read (up to 20 bytes), and 128 bits of the name's SHA-256, which keep any two names
// apart: "worker-demo-1-9c2e...". The same arguments give the same label, for ever. REQUIRES:
// prefix matches [a-z][a-z0-9-]*-, and has at most kMaxLabelPrefix bytes.
std::string label_name(std::string_view prefix, std::string_view name);

}  // namespace tidegate::base
