tidegate_fuzz(tls_channel SOURCES tls_channel_fuzz.cpp DEPS net GTest::gtest)
