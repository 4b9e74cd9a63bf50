tidegate_fuzz(amf0 SOURCES amf0_fuzz.cpp DEPS rtmp_core)
