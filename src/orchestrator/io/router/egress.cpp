#include "orchestrator/io/router/egress.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <cstdlib>

#include "base/crypto/digest.hpp"
#include "base/read_file.hpp"
#include "config/yaml/yaml.hpp"
#include "log/log.hpp"
#include "rtmp/core/client_url.hpp"

namespace tidegate::orchestrator {

namespace {

// A key of fewer characters would be told by its last four.
constexpr std::size_t kShortestHintedKey = 8;
constexpr std::size_t kHintLength = 4;
// Bytes of the digest by which a forwarder is told from one of another URL.
constexpr std::size_t kRevisionBytes = 8;

std::string revision_of(std::string const& url) {
    base::Digest digest(base::Digest::Kind::sha256);
    digest.update(base::as_bytes(url));
    auto bytes = digest.finish();
    bytes.resize(kRevisionBytes);
    return base::to_hex(bytes);
}

// The first line, without white space at its end.
std::string first_line(std::string text) {
    text.resize(std::min(text.find('\n'), text.size()));
    while (!text.empty() && (text.back() == '\r' || text.back() == ' ')) text.pop_back();
    return text;
}

EgressResult refuse_as(EgressError::Kind kind, std::string message) {
    return std::unexpected(EgressError{kind, std::move(message)});
}

EgressResult no_such_destination() {
    return refuse_as(EgressError::Kind::not_found, "the stream has no such destination");
}

}  // namespace

std::expected<std::string, std::string> shown_url(std::string const& url) {
    if (url.size() > kMaxUrlBytes) return std::unexpected("the URL is too long");
    auto const target = rtmp::parse_target_url(url);
    if (!target) return std::unexpected(target.error());
    auto const without_query = [](std::string const& text) {
        return text.substr(0, text.find('?'));
    };
    auto const key = without_query(target->key);
    auto const hint =
        key.size() >= kShortestHintedKey ? key.substr(key.size() - kHintLength) : std::string();
    return without_query(target->tc_url) + "/…" + hint;
}

Egress::Egress(std::string file, std::string store)
    : file_(std::move(file)), store_(std::move(store)) {}

std::expected<void, std::string> Egress::load() {
    if (auto read = read_store(); !read) return read;
    if (file_.empty()) return {};
    stamps_ = stamps();
    auto read = read_file();
    stamps_ = stamps();
    if (!read) return std::unexpected("egress file " + file_ + ": " + read.error());
    return {};
}

bool Egress::poll() {
    if (file_.empty()) return false;
    auto now = stamps();
    if (now == stamps_) return false;
    auto const read = read_file();
    stamps_ = stamps();  // the files that hold URLs may be others now
    if (!read) {
        log::write(log::Level::error, "egress.invalid",
                   "the egress file is wrong, so the rules stay as they were: " + read.error(),
                   {{"file", std::string_view(file_)}});
        return false;
    }
    log::write(
        log::Level::info, "egress.loaded", "the egress file was read",
        {{"file", std::string_view(file_)}, {"rules", static_cast<std::int64_t>(rules_.size())}});
    return true;
}

std::vector<Egress::Stamp> Egress::stamps() const {
    std::vector<Stamp> all;
    auto const add = [&](std::string const& file) {
        struct stat info{};
        Stamp stamp{file, {0, 0}};
        if (::stat(file.c_str(), &info) == 0) {
            stamp.second = {info.st_mtim.tv_sec * 1'000'000'000 + info.st_mtim.tv_nsec,
                            static_cast<std::uint64_t>(info.st_ino) ^
                                (static_cast<std::uint64_t>(info.st_size) << 40)};
        }
        all.push_back(std::move(stamp));
    };
    add(file_);
    for (auto const& file : url_files_) add(file);
    return all;
}

// All or nothing: a rule whose URL cannot be had makes the whole file wrong.
std::expected<void, std::string> Egress::read_file() {
    auto const text = base::read_file(file_, kMaxEgressFile);
    if (!text) return std::unexpected(text.error());
    auto const document = config::parse_yaml(*text);
    if (!document) return std::unexpected(document.error());
    auto rules = read_egress_rules(*document);
    if (!rules) return std::unexpected(rules.error());
    std::vector<std::string> files;
    for (auto& rule : *rules) {
        for (auto& one : rule.destinations) {
            if (!one.url_file.empty()) files.push_back(one.url_file);
            auto url = url_of(one);
            auto const shown = url ? shown_url(*url) : std::unexpected(url.error());
            if (!shown) {
                url_files_ = std::move(files);  // whoever mends them is heard
                return std::unexpected("destination '" + one.name + "' of '" + rule.pattern +
                                       "': " + shown.error());
            }
            one.url = *std::move(url);
        }
    }
    rules_ = *std::move(rules);
    url_files_ = std::move(files);
    return {};
}

std::expected<std::string, std::string> Egress::url_of(EgressDestination const& from) const {
    if (!from.url.empty()) return from.url;
    if (!from.url_file.empty()) {
        auto text = base::read_file(from.url_file, kMaxUrlBytes);
        if (!text) return std::unexpected("urlFile: " + text.error());
        return first_line(*std::move(text));
    }
    auto const* const value = std::getenv(from.url_env.c_str());
    if (value == nullptr) return std::unexpected("the variable " + from.url_env + " is not set");
    return std::string(value);
}

std::vector<Egress::Resolved> Egress::resolve(std::string const& stream_id) const {
    std::vector<Resolved> all;
    for (auto const* const one : destinations_of(rules_, stream_id)) {
        all.push_back({one->name, one->url, one->enabled, false});
    }
    auto const from = stored_.added.lower_bound({stream_id, {}});
    for (auto it = from; it != stored_.added.end() && it->first.first == stream_id; ++it) {
        auto const same = [&](Resolved const& other) { return other.name == it->first.second; };
        if (all.size() >= kMaxDestinations || std::ranges::any_of(all, same)) continue;
        all.push_back({it->first.second, it->second, true, true});
    }
    for (auto& one : all) {
        auto const turned = stored_.switches.find({stream_id, one.name});
        if (turned != stored_.switches.end()) one.enabled = turned->second;
    }
    return all;
}

std::optional<Egress::Resolved> Egress::find(ForwardName const& name) const {
    for (auto& one : resolve(name.stream_id)) {
        if (one.name == name.destination) return std::move(one);
    }
    return std::nullopt;
}

WantedForwards Egress::wanted(std::string const& stream_id) const {
    WantedForwards wanted;
    for (auto const& one : resolve(stream_id)) {
        wanted[one.name] = {revision_of(one.url), one.enabled};
    }
    return wanted;
}

std::optional<std::string> Egress::url(ForwardName const& name) const {
    auto const found = find(name);
    return found ? std::optional(found->url) : std::nullopt;
}

std::vector<ShownDestination> Egress::list(std::string const& stream_id) const {
    std::vector<ShownDestination> shown;
    for (auto const& one : resolve(stream_id)) {
        shown.push_back({one.name, shown_url(one.url).value_or(""), one.enabled, one.from_api});
    }
    return shown;
}

std::vector<std::string> Egress::streams() const {
    std::vector<std::string> ids;
    for (auto const& [key, url] : stored_.added) {
        if (ids.empty() || ids.back() != key.first) ids.push_back(key.first);
    }
    return ids;
}

EgressResult Egress::add(ForwardName const& name, std::string const& url) {
    if (auto const shown = shown_url(url); !shown) {
        return refuse_as(
            EgressError::Kind::invalid,
            "url must be rtmp://[USER:PASSWORD@]HOST[:PORT]/APP/KEY: " + shown.error());
    }
    Key const key{name.stream_id, name.destination};
    bool const is_ours = stored_.added.contains(key);
    auto const all = resolve(name.stream_id);
    auto const same = [&](Resolved const& one) { return one.name == name.destination; };
    if (!is_ours && std::ranges::any_of(all, same)) {
        return refuse_as(EgressError::Kind::conflict,
                         "the egress file has a destination of this name");
    }
    if (!is_ours && all.size() >= kMaxDestinations) {
        return refuse_as(EgressError::Kind::conflict,
                         "the stream has as many destinations as it "
                         "may have");
    }
    if (!is_ours && stored_.added.size() >= kMaxStoredDestinations) {
        return refuse_as(EgressError::Kind::conflict, "too many destinations have been added");
    }
    auto changed = stored_;
    changed.added[key] = url;
    changed.switches.erase(key);
    return store(std::move(changed));
}

EgressResult Egress::remove(ForwardName const& name) {
    Key const key{name.stream_id, name.destination};
    auto changed = stored_;
    if (changed.added.erase(key) == 0) {
        if (!find(name)) return no_such_destination();
        return refuse_as(EgressError::Kind::conflict,
                         "the destination comes from the egress file; it can be switched off");
    }
    changed.switches.erase(key);
    return store(std::move(changed));
}

EgressResult Egress::set_enabled(ForwardName const& name, bool enabled) {
    auto const found = find(name);
    if (!found) return no_such_destination();
    Key const key{name.stream_id, name.destination};
    auto changed = stored_;
    if (!changed.switches.contains(key) && changed.switches.size() >= kMaxStoredDestinations) {
        return refuse_as(EgressError::Kind::conflict, "too many switches have been turned");
    }
    changed.switches[key] = enabled;
    return store(std::move(changed));
}

}  // namespace tidegate::orchestrator
