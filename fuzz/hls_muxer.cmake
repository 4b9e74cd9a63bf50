tidegate_fuzz(hls_muxer SOURCES hls_muxer_fuzz.cpp DEPS hls_core)
