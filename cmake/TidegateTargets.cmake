# One call per folder: the folder's sources become a library, its *_test.cpp files one test program.

# tidegate_library(<name> [DEPS ...] [TEST_DEPS ...])
#   name: the folder below src/, with '/' written as '_' (rtmp/core -> rtmp_core).
#   DEPS: other tidegate folders (by the same naming) or imported targets, linked PUBLIC. The only way a
#   folder may include another one, so the layers of the design are checked by the build.
function(tidegate_library name)
  cmake_parse_arguments(ARG "" "" "DEPS;TEST_DEPS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/*.cpp")
  set(tests ${sources})
  list(FILTER sources EXCLUDE REGEX "_(test|bench|fuzz)\\.cpp$")
  list(FILTER tests INCLUDE REGEX "_test\\.cpp$")

  if(sources)
    add_library(tidegate_${name} STATIC ${sources})
    target_include_directories(tidegate_${name} PUBLIC "${PROJECT_SOURCE_DIR}/src")
    target_compile_options(tidegate_${name} PRIVATE ${TIDEGATE_WARNINGS})
    set(scope PUBLIC)
  else()
    add_library(tidegate_${name} INTERFACE)
    target_include_directories(tidegate_${name} INTERFACE "${PROJECT_SOURCE_DIR}/src")
    set(scope INTERFACE)
  endif()
  tidegate_link(tidegate_${name} ${scope} ${ARG_DEPS})

  if(tests AND NOT TIDEGATE_SANITIZER STREQUAL "fuzzer")
    add_executable(${name}_test ${tests})
    target_compile_options(${name}_test PRIVATE ${TIDEGATE_WARNINGS})
    target_link_libraries(${name}_test PRIVATE tidegate_${name} GTest::gmock GTest::gtest_main)
    tidegate_link(${name}_test PRIVATE ${ARG_TEST_DEPS})
    set_target_properties(${name}_test PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/tests")
    add_test(NAME ${name} COMMAND ${name}_test)
  endif()
endfunction()

# tidegate_link(<target> <scope> <deps...>): a tidegate folder's name or an imported target (has ::).
function(tidegate_link target scope)
  foreach(dep ${ARGN})
    if(dep MATCHES "::|^-|^yaml-cpp$")
      target_link_libraries(${target} ${scope} ${dep})
    else()
      target_link_libraries(${target} ${scope} tidegate_${dep})
    endif()
  endforeach()
endfunction()

# tidegate_program(<name> <main.cpp and others> DEPS ...): a binary in <build>/bin.
function(tidegate_program name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_compile_options(${name} PRIVATE ${TIDEGATE_WARNINGS})
  tidegate_link(${name} PRIVATE ${ARG_DEPS})
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bin")
endfunction()

# tidegate_fuzz(<name> SOURCES x_fuzz.cpp DEPS ...): a libFuzzer target; outside the fuzz preset the same
# source is linked with a driver that replays the committed corpus, so that every crash stays a test.
function(tidegate_fuzz name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPS" ${ARGN})
  add_executable(fuzz_${name} ${ARG_SOURCES})
  tidegate_link(fuzz_${name} PRIVATE ${ARG_DEPS})
  target_compile_options(fuzz_${name} PRIVATE ${TIDEGATE_WARNINGS})
  target_include_directories(fuzz_${name} PRIVATE "${PROJECT_SOURCE_DIR}/fuzz")
  set_target_properties(fuzz_${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/fuzz")
  if(TIDEGATE_SANITIZER STREQUAL "fuzzer")
    target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
  else()
    target_sources(fuzz_${name} PRIVATE "${PROJECT_SOURCE_DIR}/fuzz/replay_main.cpp")
  endif()
endfunction()
