tidegate_fuzz(jwt SOURCES jwt_fuzz.cpp DEPS router_auth)
