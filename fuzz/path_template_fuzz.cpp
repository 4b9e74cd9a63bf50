// The first line is a template, the second one the name of a file. A name that is recognised stands
// for a valid path, is below the folders that are walked for it, and is recognised the same way
// when it is made again.
#include <stdlib.h>

#include <string>

#include "base/bytes.hpp"
#include "checks.hpp"
#include "config/path_name.hpp"
#include "recording/path_template.hpp"

namespace {

bool is_below(std::string const& file, std::string const& folder) {
    return folder == "/" || file.starts_with(folder + "/");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    using namespace tidegate;
    // In a zone with daylight saving time, one hour of the year stands for two.
    [[maybe_unused]] static auto const utc = ::setenv("TZ", "UTC", 1);
    auto const text = base::as_text({data, size});
    auto const line = text.find('\n');
    if (line == std::string_view::npos || text.contains('\0')) return 0;
    auto const names = recording::PathTemplate::parse(text.substr(0, line), ".mp4");
    if (!names) return 0;
    std::string const file(text.substr(line + 1));
    auto const found = names->match(file);
    if (!found) return 0;
    fuzz::require(!config::path_name_problem(found->path_name));
    fuzz::require(is_below(file, names->folder().native()));
    fuzz::require(is_below(file, names->folder(found->path_name).native()));
    if (text.contains("%z")) return 0;  // its width may change, and with it what else is read
    fuzz::require(names->match(names->file(found->path_name, found->start).native()) == found);
    return 0;
}
