// The text of a playlist, rendered once for all readers. Readers whose URIs must carry a query (a
// session without a cookie) get a copy with the query put in; the others share the text. An
// immutable value; any thread.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "base/shared_bytes.hpp"
#include "base/time.hpp"
#include "hls/core/settings.hpp"

namespace tidegate::hls {

class Playlist {
public:
    Playlist() = default;  // empty

    // The query goes behind each URI, after a '?'. Empty: the shared text itself, no copy.
    // REQUIRES: no quote and no line break in the query (Query::encoded() writes none).
    base::SharedBytes with_query(std::string_view query) const;
    base::SharedBytes const& text() const { return text_; }

private:
    friend class PlaylistWriter;
    base::SharedBytes text_;
    std::vector<std::uint32_t> uri_ends_;  // where a query goes, ascending
};

// Appends text and URIs. One thread.
class PlaylistWriter {
public:
    PlaylistWriter();

    PlaylistWriter& text(std::string_view text) {
        text_.append(base::as_bytes(text));
        return *this;
    }
    PlaylistWriter& number(std::uint64_t number);
    // Seconds with five decimals, as MediaMTX writes durations. REQUIRES: not negative.
    PlaylistWriter& seconds(base::Timestamp duration);
    // UTC with milliseconds, as in 2026-01-01T00:00:00.000Z.
    PlaylistWriter& date_time(WallTime time);
    // A URI that takes the query.
    PlaylistWriter& uri(std::string_view uri);

    Playlist finish() &&;

private:
    base::SharedBytesBuilder text_;
    std::vector<std::uint32_t> uri_ends_;
};

}  // namespace tidegate::hls
