tidegate_fuzz(codec_decoder SOURCES codec_decoder_fuzz.cpp DEPS codec)
