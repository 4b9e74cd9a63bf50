tidegate_fuzz(hls_requests SOURCES hls_requests_fuzz.cpp DEPS hls_core)
