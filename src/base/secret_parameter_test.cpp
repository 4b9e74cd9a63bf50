#include "base/secret_parameter.hpp"

#include <gtest/gtest.h>

namespace tidegate::base {
namespace {

TEST(WithoutSecrets, MasksWhatStandsInTheWrongPlace) {
    struct Case {
        char const* text;
        char const* shown;
    };
    Case const cases[] = {
        {"", ""},
        {"live/demo/in", "live/demo/in"},
        {"live/demo/in;user=bob&pass=x;lang=es", "live/demo/in;user=***&pass=***;lang=es"},
        {"live/demo/in?pass=x", "live/demo/in?pass=***"},
        {"live/demo/in/pass=x/y=z", "live/demo/in/pass=***"},
        {"Token=a=b&q=1", "Token=***&q=1"},
        {"live/pass=", "live/pass=***"},
        {"=x", "=x"},
        {"rtsp://admin:p@ss@cam:554/s?password=x", "rtsp://***@cam:554/s?password=***"},
        {"rtsp//bob:x@cam", "rtsp//***@cam"},
        {"rtsp://cam/a@b", "rtsp://cam/a@b"},
        {"http://user@host", "http://***@host"},
        {"a//", "a//"},
    };
    for (auto const& c : cases) EXPECT_EQ(without_secrets(c.text), c.shown) << c.text;
}

}  // namespace
}  // namespace tidegate::base
