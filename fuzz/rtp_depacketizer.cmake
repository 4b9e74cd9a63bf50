tidegate_fuzz(rtp_depacketizer SOURCES rtp_depacketizer_fuzz.cpp DEPS rtp)
