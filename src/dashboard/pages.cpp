#include "dashboard/pages.hpp"

namespace tidegate::dashboard {

std::span<Page const> pages() {
    static constexpr Page kPages[] = {
#include "pages.inc"
    };
    return kPages;
}

}  // namespace tidegate::dashboard
