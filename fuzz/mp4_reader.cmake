tidegate_fuzz(mp4_reader SOURCES mp4_reader_fuzz.cpp DEPS mp4)
