# Headers that many units include are compiled once, and the units read them in compiled form.
#
# There are two sets: `plain` for the folders that know no sockets, `asio` for net and all that link it. Each set is compiled once for
# the programs and once, with GoogleTest, for the tests: a compiled header only serves units that are optimised alike. A set that
# nothing needs is not compiled.
#
# A file must still include what it uses: `ninja each` and clang-tidy read it without these.
#
# CMake's own target_precompile_headers() is not used, because a compiler cache would keep each object once for each checkout: units
# name the compiled header by its absolute path, and it holds the path of a header in the build folder.
option(TIDEGATE_PRECOMPILED "Compile headers that many units include once" ON)
# Other compilers have other options. Other generators compile in other directories.
if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang" OR NOT CMAKE_GENERATOR STREQUAL "Ninja")
  set(TIDEGATE_PRECOMPILED OFF)
endif()

# No header that includes <iostream>: its static object costs each program 350 kB of memory. No header of ours: every change of it
# would compile everything anew.
set(TIDEGATE_PLAIN_HEADERS
  algorithm array atomic bit charconv chrono cmath cstddef cstdint cstdio cstring deque expected filesystem functional limits map memory
  mutex optional random ranges set span string string_view unordered_map utility variant vector
  boost/json/array.hpp boost/json/object.hpp boost/json/parse.hpp boost/json/serialize.hpp boost/json/value.hpp)
set(TIDEGATE_ASIO_HEADERS ${TIDEGATE_PLAIN_HEADERS}
  condition_variable thread
  boost/asio/as_tuple.hpp boost/asio/awaitable.hpp boost/asio/co_spawn.hpp boost/asio/executor_work_guard.hpp
  boost/asio/io_context.hpp boost/asio/ip/tcp.hpp boost/asio/posix/stream_descriptor.hpp boost/asio/post.hpp
  boost/asio/redirect_error.hpp boost/asio/steady_timer.hpp boost/asio/this_coro.hpp boost/asio/use_awaitable.hpp
  fmt/format.h)
set(TIDEGATE_TEST_HEADERS gmock/gmock.h gtest/gtest.h)

# tidegate_compiled_headers(<name> HEADERS <header...> DEPS <imported target...> [OPTIONS <compiler options...>])
function(tidegate_compiled_headers name)
  cmake_parse_arguments(ARG "" "" "HEADERS;DEPS;OPTIONS" ${ARGN})
  # A compiled header names the file that it was made of. So this one is the same for all checkouts, and includes nothing itself.
  set(unit "${Boost_INCLUDE_DIRS}/boost/version.hpp")
  set_source_files_properties("${unit}" PROPERTIES LANGUAGE CXX)
  add_library(tidegate_${name}_headers OBJECT EXCLUDE_FROM_ALL "${unit}")
  target_link_libraries(tidegate_${name}_headers PRIVATE ${ARG_DEPS})
  target_compile_definitions(tidegate_${name}_headers PRIVATE $<TARGET_PROPERTY:tidegate_net,INTERFACE_COMPILE_DEFINITIONS>)
  list(TRANSFORM ARG_HEADERS PREPEND "SHELL:-include ")
  target_compile_options(tidegate_${name}_headers PRIVATE ${ARG_OPTIONS} ${ARG_HEADERS}
    -fpch-instantiate-templates "SHELL:-Xclang -fno-pch-timestamp" "SHELL:-x c++-header")
  # Where it is, from the folder in which ninja compiles. Units wait for the file itself: of an object library, ninja would only wait
  # for what must be generated.
  set(compiled "CMakeFiles/tidegate_${name}_headers.dir${Boost_INCLUDE_DIRS}/boost/version.hpp.o")
  add_custom_target(tidegate_${name}_headers_compiled DEPENDS "${CMAKE_BINARY_DIR}/${compiled}")
  set_target_properties(tidegate_${name}_headers PROPERTIES TIDEGATE_COMPILED "${compiled}")
endfunction()

# tidegate_precompile(<target> [TEST]): the target's units read the compiled headers. TEST: those of the tests.
#   TIDEGATE_ASIO, a property that tidegate_link() hands on, chooses between the sets.
function(tidegate_precompile target)
  if(NOT TIDEGATE_PRECOMPILED)
    return()
  endif()
  get_target_property(uses_asio ${target} TIDEGATE_ASIO)
  set(name plain)
  if(uses_asio)
    set(name asio)
  endif()
  if("TEST" IN_LIST ARGN)
    string(APPEND name "_test")
  endif()
  add_dependencies(${target} tidegate_${name}_headers_compiled)
  get_target_property(compiled tidegate_${name}_headers TIDEGATE_COMPILED)
  # Not COMPILE_OPTIONS: <target>_each has those, too (tidegate_sources).
  set_property(TARGET ${target} APPEND_STRING PROPERTY COMPILE_FLAGS " -include-pch ${compiled}")
endfunction()
