tidegate_fuzz(http_request SOURCES http_request_fuzz.cpp DEPS http)
