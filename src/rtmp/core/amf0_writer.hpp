// Appends AMF0 values to a buffer. Member names longer than 65,535 bytes are cut. Any thread.
#pragma once

#include <initializer_list>

#include "base/bytes.hpp"
#include "rtmp/core/amf0.hpp"

namespace tidegate::rtmp::amf0 {

void write(base::Bytes& out, Value const& value);
base::Bytes write_all(std::initializer_list<Value> values);

}  // namespace tidegate::rtmp::amf0
