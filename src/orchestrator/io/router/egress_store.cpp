// The file in which Egress keeps what operators have done:
//
//   {"version":1,"destinations":[{"streamId":"demo","name":"yt","url":"rtmp://..."}],
//    "switches":[{"streamId":"demo","name":"backup","enabled":false}]}
//
// It holds stream keys, so only its owner may read it. It is replaced as a whole.
#include <fcntl.h>
#include <unistd.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <cerrno>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <utility>

#include "base/file_problem.hpp"
#include "base/stream_id.hpp"
#include "orchestrator/core/report_json.hpp"
#include "orchestrator/io/router/egress.hpp"

namespace tidegate::orchestrator {

namespace json = boost::json;

namespace {

std::expected<void, std::string> replace_file(std::string const& file, std::string const& text) {
    auto const aside = file + ".new";
    int const descriptor = ::open(aside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (descriptor < 0) return std::unexpected(base::file_problem("open", aside, errno));
    bool const written =
        ::write(descriptor, text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
        ::fdatasync(descriptor) == 0;
    int const error = errno;
    ::close(descriptor);
    if (!written) return std::unexpected(base::file_problem("write", aside, error));
    if (::rename(aside.c_str(), file.c_str()) != 0) {
        return std::unexpected(base::file_problem("rename", aside, errno));
    }
    return {};
}

// The objects of a list that name a stream and a destination.
std::vector<json::object> named_in(json::object const& object, char const* list) {
    std::vector<json::object> all;
    auto const* const value = object.if_contains(list);
    if (value == nullptr || !value->is_array()) return all;
    for (auto const& one : value->get_array()) {
        if (!one.is_object()) continue;
        auto const& entry = one.get_object();
        bool const named = base::is_stream_id(text_of(entry, "streamId")) &&
                           is_destination_name(text_of(entry, "name"));
        if (named && all.size() < kMaxStoredDestinations) all.push_back(entry);
    }
    return all;
}

}  // namespace

std::expected<void, std::string> Egress::read_store() {
    std::ifstream in(store_, std::ios::binary);
    if (!in) return {};  // nobody has done anything yet
    std::string const text{std::istreambuf_iterator<char>(in), {}};
    boost::system::error_code error;
    auto const value = json::parse(text, error);
    if (error || !value.is_object()) {
        return std::unexpected(store_ + ": it is not ours; move it away to start without it");
    }
    for (auto const& entry : named_in(value.get_object(), "destinations")) {
        std::string url(text_of(entry, "url"));
        if (!shown_url(url)) continue;
        stored_
            .added[{std::string(text_of(entry, "streamId")), std::string(text_of(entry, "name"))}] =
            std::move(url);
    }
    for (auto const& entry : named_in(value.get_object(), "switches")) {
        auto const* const enabled = entry.if_contains("enabled");
        if (enabled == nullptr || !enabled->is_bool()) continue;
        stored_.switches[{std::string(text_of(entry, "streamId")),
                          std::string(text_of(entry, "name"))}] = enabled->get_bool();
    }
    return {};
}

EgressResult Egress::store(Stored changed) {
    if (auto written = write_store(changed); !written) return written;
    stored_ = std::move(changed);
    return {};
}

EgressResult Egress::write_store(Stored const& changed) const {
    json::array destinations, switches;
    for (auto const& [key, url] : changed.added) {
        destinations.push_back(
            json::object{{"streamId", key.first}, {"name", key.second}, {"url", url}});
    }
    for (auto const& [key, enabled] : changed.switches) {
        switches.push_back(
            json::object{{"streamId", key.first}, {"name", key.second}, {"enabled", enabled}});
    }
    auto const text = json::serialize(json::object{{"version", 1},
                                                   {"destinations", std::move(destinations)},
                                                   {"switches", std::move(switches)}});
    if (auto const replaced = replace_file(store_, text + "\n"); !replaced) {
        return std::unexpected(EgressError{EgressError::Kind::failed, replaced.error()});
    }
    return {};
}

}  // namespace tidegate::orchestrator
