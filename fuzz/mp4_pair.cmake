tidegate_fuzz(mp4_pair SOURCES mp4_pair_fuzz.cpp DEPS mp4)
