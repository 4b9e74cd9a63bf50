tidegate_fuzz(ts_writer SOURCES ts_writer_fuzz.cpp DEPS ts)
