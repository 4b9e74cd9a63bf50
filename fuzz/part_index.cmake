tidegate_fuzz(part_index SOURCES part_index_fuzz.cpp DEPS recording)
