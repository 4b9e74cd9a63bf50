// The boxes that init segments and whole files have in common (ISO/IEC 14496-12 §4.3, §8.2 to
// §8.7), in the order in which MediaMTX writes them. Pure functions; any thread.
#pragma once

#include <cstdint>
#include <initializer_list>

#include "mp4/box_writer.hpp"
#include "mp4/file_tables.hpp"
#include "mp4/track_setup.hpp"

namespace tidegate::mp4 {

// Ticks per second of the movie's own times, which are in durations and edit lists.
inline constexpr std::uint32_t kMovieTimescale = 1000;

void write_file_type(BoxWriter& out, BoxType major, std::initializer_list<BoxType> compatible);

// duration: in kMovieTimescale; 0 when it is not known yet.
void write_movie_header(BoxWriter& out, std::uint64_t duration, std::uint32_t next_track_id);

// tables: nullptr in an init segment, whose samples come in fragments. REQUIRES:
// check_writable(setup.track).
void write_track(BoxWriter& out, TrackSetup const& setup, FileTables const* tables);

}  // namespace tidegate::mp4
