#include "recording/path_template.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <ctime>
#include <span>
#include <utility>

#include "base/number.hpp"
#include "config/path_name.hpp"

namespace tidegate::recording {

namespace fs = std::filesystem;
using std::chrono::microseconds;
using std::chrono::seconds;

// The variables that stand for a number of fixed width, and what they may be.
struct PathTemplate::Known {
    std::string_view name;
    Variable variable;
    std::size_t digits = 0;  // 0: not a number
    std::int64_t least = 0;
    std::int64_t most = 0;

    static std::span<Known const> all() {
        // "%path" stands first: no other name begins with %p.
        static constexpr std::array kAll{
            Known{"%path", Variable::path},
            Known{"%Y", Variable::year, 4, 0, 9999},
            Known{"%m", Variable::month, 2, 1, 12},
            Known{"%d", Variable::day, 2, 1, 31},
            Known{"%H", Variable::hour, 2, 0, 23},
            Known{"%M", Variable::minute, 2, 0, 59},
            Known{"%S", Variable::second, 2, 0, 59},
            Known{"%f", Variable::microsecond, 6, 0, 999'999},
            Known{"%z", Variable::zone},
            Known{"%s", Variable::unix_seconds, 10, 0, 9'999'999'999},
        };
        return kAll;
    }
    static Known const& of(Variable variable) {
        return *std::ranges::find(all(), variable, &Known::variable);
    }
};

namespace {

seconds zone_at(std::time_t instant) {
    std::tm local{};
    ::localtime_r(&instant, &local);
    return seconds{local.tm_gmtoff};
}

// As Go's time.Date(), also for hours that are skipped or come twice, so that MediaMTX finds the
// same. mktime() would look whether the zone's file has changed, for each name of a long list.
seconds since_epoch(std::tm local) {
    seconds const as_utc{::timegm(&local)};
    auto const near = as_utc - zone_at(as_utc.count());
    return as_utc - zone_at(near.count());
}

}  // namespace

// What was read from a name. The numbers are in the order of Variable.
struct PathTemplate::Fields {
    std::array<std::int64_t, 11> numbers{0, 0, 0, 1, 1, 0, 0, 0, 0, 0, -1};
    std::string_view path{};
    std::optional<seconds> zone{};  // east of Greenwich

    std::int64_t& of(Variable variable) { return numbers[std::to_underlying(variable)]; }
    int small(Variable variable) const {
        return static_cast<int>(numbers[std::to_underlying(variable)]);
    }
    std::tm calendar() const {
        std::tm tm{};
        tm.tm_year = small(Variable::year) - 1900;
        tm.tm_mon = small(Variable::month) - 1;
        tm.tm_mday = small(Variable::day);
        tm.tm_hour = small(Variable::hour);
        tm.tm_min = small(Variable::minute);
        tm.tm_sec = small(Variable::second);
        tm.tm_isdst = -1;
        return tm;
    }
    FileTime time() const {
        auto const unix_seconds = numbers[std::to_underlying(Variable::unix_seconds)];
        microseconds const fraction{small(Variable::microsecond)};
        if (unix_seconds >= 0) return FileTime{seconds{unix_seconds} + fraction};
        auto tm = calendar();
        if (zone) return FileTime{seconds{::timegm(&tm)} - *zone + fraction};
        return FileTime{since_epoch(tm) + fraction};
    }
};

namespace {

constexpr std::string_view kUtc = "Z";
constexpr std::size_t kZoneSize = 5;  // "+hhmm"

std::string padded(std::int64_t number, std::size_t digits) {
    auto text = std::to_string(number);
    if (text.size() < digits) text.insert(0, digits - text.size(), '0');
    return text;
}

// "Z" or "+hhmm".
std::string zone_text(long east) {
    if (east == 0) return std::string(kUtc);
    auto const minutes = std::abs(east) / 60;
    return (east < 0 ? "-" : "+") + padded(minutes / 60, 2) + padded(minutes % 60, 2);
}

// Takes a number of so many digits from the front.
std::optional<std::int64_t> take_number(std::string_view& text, std::size_t digits) {
    if (text.size() < digits || text.starts_with('-')) return std::nullopt;
    auto const number = base::parse_number<std::int64_t>(text.substr(0, digits));
    text.remove_prefix(digits);
    return number;
}

std::optional<seconds> take_zone(std::string_view& text) {
    if (text.starts_with(kUtc)) {
        text.remove_prefix(kUtc.size());
        return seconds{0};
    }
    if (text.size() < kZoneSize || (text[0] != '+' && text[0] != '-')) return std::nullopt;
    bool const west = text[0] == '-';
    text.remove_prefix(1);
    auto const hours = take_number(text, 2);
    auto const minutes = take_number(text, 2);
    if (!hours || !minutes || *hours > 23 || *minutes > 59) return std::nullopt;
    auto const east = std::chrono::hours{*hours} + std::chrono::minutes{*minutes};
    return west ? -east : east;
}

}  // namespace

std::vector<PathTemplate::Piece> PathTemplate::split(std::string_view text) {
    std::vector<Piece> pieces(1);
    while (!text.empty()) {
        auto const known = std::ranges::find_if(
            Known::all(), [&](Known const& one) { return text.starts_with(one.name); });
        if (known == Known::all().end()) {
            if (pieces.back().variable != Variable::none) pieces.emplace_back();
            pieces.back().text += text.front();
            text.remove_prefix(1);
        } else {
            pieces.push_back({.variable = known->variable});
            text.remove_prefix(known->name.size());
        }
    }
    return pieces;
}

std::expected<PathTemplate, std::string> PathTemplate::parse(std::string_view record_path,
                                                             std::string_view extension) {
    std::error_code error;
    auto const absolute = fs::absolute(fs::path(record_path), error).lexically_normal();
    if (error) return std::unexpected("'recordPath' cannot be used: " + error.message());
    PathTemplate made;
    made.pieces_ = split(absolute.native() + std::string(extension));
    if (!made.has(Variable::path)) return std::unexpected("'recordPath' must contain %path");
    bool const whole_time =
        made.has(Variable::unix_seconds) ||
        std::ranges::all_of(std::array{Variable::year, Variable::month, Variable::day,
                                       Variable::hour, Variable::minute, Variable::second},
                            [&](Variable variable) { return made.has(variable); });
    if (whole_time) return made;
    return std::unexpected("'recordPath' must contain either %s or %Y %m %d %H %M %S");
}

bool PathTemplate::has(Variable variable) const {
    return std::ranges::find(pieces_, variable, &Piece::variable) != pieces_.end();
}

bool PathTemplate::has_microseconds() const {
    return has(Variable::microsecond);
}

fs::path PathTemplate::file(std::string_view path_name, FileTime first) const {
    auto const whole = std::chrono::floor<seconds>(first);
    std::time_t const unix_seconds = whole.time_since_epoch().count();
    std::tm tm{};
    ::localtime_r(&unix_seconds, &tm);
    Fields fields;
    fields.of(Variable::year) = tm.tm_year + 1900;
    fields.of(Variable::month) = tm.tm_mon + 1;
    fields.of(Variable::day) = tm.tm_mday;
    fields.of(Variable::hour) = tm.tm_hour;
    fields.of(Variable::minute) = tm.tm_min;
    fields.of(Variable::second) = tm.tm_sec;
    fields.of(Variable::microsecond) = (first - whole).count();
    fields.of(Variable::unix_seconds) = unix_seconds;
    std::string name;
    for (auto const& piece : pieces_) {
        switch (piece.variable) {
            case Variable::none:
                name += piece.text;
                break;
            case Variable::path:
                name += path_name;
                break;
            case Variable::zone:
                name += zone_text(tm.tm_gmtoff);
                break;
            default:
                name += padded(fields.of(piece.variable), Known::of(piece.variable).digits);
        }
    }
    return name;
}

fs::path PathTemplate::folder_before_variables(std::optional<std::string_view> path_name) const {
    std::string text;
    for (auto const& piece : pieces_) {
        if (piece.variable == Variable::none) {
            text += piece.text;
        } else if (piece.variable == Variable::path && path_name) {
            text += *path_name;
        } else {
            break;
        }
    }
    auto const slash = text.rfind('/');  // there is one, for the name is absolute
    return slash == 0 ? "/" : text.substr(0, slash);
}

fs::path PathTemplate::folder(std::string_view path_name) const {
    return folder_before_variables(path_name);
}

fs::path PathTemplate::folder() const {
    return folder_before_variables(std::nullopt);
}

// The first %path takes as little as it can, as in MediaMTX; a further one has to be the same.
bool PathTemplate::read_path(std::size_t piece, std::string_view text, Fields& fields) const {
    if (!fields.path.empty()) {
        return text.starts_with(fields.path) &&
               read(piece + 1, text.substr(fields.path.size()), fields);
    }
    for (std::size_t size = 1; size <= text.size(); ++size) {
        auto attempt = fields;
        attempt.path = text.substr(0, size);
        if (!read(piece + 1, text.substr(size), attempt)) continue;
        if (config::path_name_problem(attempt.path)) continue;
        fields = attempt;
        return true;
    }
    return false;
}

// Whether the pieces from `first` on make up this text.
bool PathTemplate::read(std::size_t first, std::string_view text, Fields& fields) const {
    for (auto i = first; i < pieces_.size(); ++i) {
        auto const& piece = pieces_[i];
        if (piece.variable == Variable::path) return read_path(i, text, fields);
        if (piece.variable == Variable::none) {
            if (!text.starts_with(piece.text)) return false;
            text.remove_prefix(piece.text.size());
        } else if (piece.variable == Variable::zone) {
            fields.zone = take_zone(text);
            if (!fields.zone) return false;
        } else {
            auto const& known = Known::of(piece.variable);
            auto const number = take_number(text, known.digits);
            if (!number || *number < known.least || *number > known.most) return false;
            fields.of(piece.variable) = *number;
        }
    }
    return text.empty();
}

std::optional<PathTemplate::Found> PathTemplate::match(std::string_view file) const {
    Fields fields;
    if (!read(0, file, fields)) return std::nullopt;
    return Found{std::string(fields.path), fields.time()};
}

}  // namespace tidegate::recording
