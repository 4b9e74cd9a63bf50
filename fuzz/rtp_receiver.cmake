tidegate_fuzz(rtp_receiver SOURCES rtp_receiver_fuzz.cpp DEPS rtp)
