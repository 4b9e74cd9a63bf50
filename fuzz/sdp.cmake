tidegate_fuzz(sdp SOURCES sdp_fuzz.cpp DEPS rtsp_core)
