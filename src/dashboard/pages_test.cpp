#include "dashboard/pages.hpp"

#include <gmock/gmock.h>

namespace tidegate::dashboard {
namespace {

using testing::HasSubstr;
using testing::Not;

// A page on a slow line must come soon: this takes 1.9 s at 1 Mbit/s.
constexpr std::size_t kMostBytes = 236'000;

TEST(Pages, AreSmallTogether) {
    std::size_t bytes = 0;
    for (auto const& page : pages()) bytes += page.body.size();
    EXPECT_LE(bytes, kMostBytes);
    EXPECT_EQ(pages().front().path, "/");
}

TEST(Pages, ComeFromNowhereElseAndNeedNothingUnsafe) {
    for (auto const& page : pages()) {
        EXPECT_FALSE(page.body.empty()) << page.path;
        EXPECT_FALSE(page.content_type.empty()) << page.path;
        // What strangers send is text. None of these is needed to show it.
        for (auto const* unsafe :
             {"innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(",
              "new Function", "style=\"", "onclick=", "<script>", "//cdn", "https://"}) {
            EXPECT_THAT(std::string(page.body), Not(HasSubstr(unsafe))) << page.path;
        }
    }
}

}  // namespace
}  // namespace tidegate::dashboard
