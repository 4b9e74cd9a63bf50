# One call per folder: the folder's sources become a library, its *_test.cpp files one test program.

# tidegate_sources(<target> FILES <files...> [ALONE <files...>] [BASE <folder>] [BATCH <count>]): gives a target its sources in batches.
#   A batch is a generated file that includes up to TIDEGATE_BATCH sources. Most of a unit's cost are its headers, and the
#   templates that it makes of them; the sources of a folder share both, so a batch costs little more than one of them.
#   Names in anonymous namespaces must therefore differ within a folder.
#   ALONE: those of the files that are compiled each for itself. They take long, so other cores can compile the rest meanwhile.
#   BATCH: how many files a batch may have, TIDEGATE_BATCH unless given.
#   BASE: the folder (src unless given) to which the names in a batch are relative. So a batch has the same text in each
#   checkout, and ccache finds it.
# <target>_each compiles every file of a batch for itself. No other target needs it: it gives compile_commands.json a line for
# each file (clang-tidy and editors need them), and `ninja each` proves that every file includes what it uses.
function(tidegate_sources target)
  cmake_parse_arguments(ARG "" "BASE;BATCH" "ALONE;FILES" ${ARGN})
  if(NOT ARG_BATCH)
    set(ARG_BATCH ${TIDEGATE_BATCH})
  endif()
  if(NOT ARG_BASE)
    set(ARG_BASE "${PROJECT_SOURCE_DIR}/src")
  endif()
  list(TRANSFORM ARG_ALONE PREPEND "${CMAKE_CURRENT_SOURCE_DIR}/")
  set(files ${ARG_FILES})
  list(REMOVE_ITEM files ${ARG_ALONE})
  list(LENGTH files count)
  if(ARG_BATCH LESS 2 OR count LESS 2)
    target_sources(${target} PRIVATE ${ARG_FILES})
    return()
  endif()
  target_sources(${target} PRIVATE ${ARG_ALONE})
  target_include_directories(${target} PRIVATE "${ARG_BASE}")

  # Batches of equal size, not full ones and a rest.
  math(EXPR batches "(${count} + ${ARG_BATCH} - 1) / ${ARG_BATCH}")
  foreach(batch RANGE 1 ${batches})
    math(EXPR first "(${batch} - 1) * ${count} / ${batches}")
    math(EXPR length "${batch} * ${count} / ${batches} - ${first}")
    list(SUBLIST files ${first} ${length} members)
    set(text "")
    foreach(file ${members})
      file(RELATIVE_PATH file "${ARG_BASE}" "${file}")
      string(APPEND text "#include \"${file}\"\n")
    endforeach()
    set(unit "${CMAKE_CURRENT_BINARY_DIR}/batches/${target}_${batch}.cpp")
    file(CONFIGURE OUTPUT "${unit}" CONTENT "${text}" @ONLY)
    target_sources(${target} PRIVATE "${unit}")
  endforeach()

  add_library(${target}_each OBJECT EXCLUDE_FROM_ALL ${files})
  foreach(property COMPILE_OPTIONS COMPILE_DEFINITIONS INCLUDE_DIRECTORIES)
    set_target_properties(${target}_each PROPERTIES ${property} "$<TARGET_PROPERTY:${target},${property}>")
  endforeach()
  add_dependencies(each ${target}_each)
endfunction()

# tidegate_library(<name> [ASIO] [DEPS ...] [TEST_DEPS ...] [TEST_OPTIONS ...] [ALONE ...] [WITHOUT ...])
#   name: the folder below src/, with '/' written as '_' (rtmp/core -> rtmp_core).
#   DEPS: other tidegate folders (by the same naming) or imported targets, linked PUBLIC. The only way a
#   folder may include another one, so the layers of the design are checked by the build.
#   ALONE: sources that are in no batch (tidegate_sources).
#   WITHOUT: sources that are in no library, or in another one.
#   ASIO: its headers include Asio. Everyone who links it gets the compiled headers of Asio (tidegate_precompile).
#   TEST_OPTIONS: how the tests are compiled instead of with TIDEGATE_TEST_OPTIONS.
function(tidegate_library name)
  cmake_parse_arguments(ARG "ASIO" "" "DEPS;TEST_DEPS;TEST_OPTIONS;ALONE;WITHOUT" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/*.cpp")
  list(TRANSFORM ARG_WITHOUT PREPEND "${CMAKE_CURRENT_SOURCE_DIR}/")
  list(REMOVE_ITEM sources ${ARG_WITHOUT})
  set(tests ${sources})
  list(FILTER sources EXCLUDE REGEX "_(test|bench|fuzz)\\.cpp$")
  list(FILTER tests INCLUDE REGEX "_test\\.cpp$")

  if(sources)
    add_library(tidegate_${name} STATIC)
    target_include_directories(tidegate_${name} PUBLIC "${PROJECT_SOURCE_DIR}/src")
    target_compile_options(tidegate_${name} PRIVATE ${TIDEGATE_WARNINGS})
    tidegate_sources(tidegate_${name} FILES ${sources} ALONE ${ARG_ALONE})
    set(scope PUBLIC)
  else()
    add_library(tidegate_${name} INTERFACE)
    target_include_directories(tidegate_${name} INTERFACE "${PROJECT_SOURCE_DIR}/src")
    set(scope INTERFACE)
  endif()
  if(ARG_ASIO)
    set_target_properties(tidegate_${name} PROPERTIES TIDEGATE_ASIO ON)
  endif()
  tidegate_link(tidegate_${name} ${scope} ${ARG_DEPS})
  if(sources)
    tidegate_precompile(tidegate_${name})
  endif()

  if(tests)
    tidegate_test(${name} SOURCES ${tests} DEPS ${name} ${ARG_TEST_DEPS} OPTIONS ${ARG_TEST_OPTIONS})
  endif()
endfunction()

# tidegate_test(<name> SOURCES ... DEPS ... [BASE <folder>] [OPTIONS ...]): <name>_test in <build>/tests, and in CTest.
function(tidegate_test name)
  cmake_parse_arguments(ARG "" "BASE" "SOURCES;DEPS;OPTIONS" ${ARGN})
  if(TIDEGATE_SANITIZER STREQUAL "fuzzer")
    return()
  endif()
  add_executable(${name}_test)
  target_compile_options(${name}_test PRIVATE ${TIDEGATE_WARNINGS})
  tidegate_sources(${name}_test FILES ${ARG_SOURCES} BASE ${ARG_BASE} BATCH ${TIDEGATE_TEST_BATCH})
  tidegate_link(${name}_test PRIVATE ${ARG_DEPS} GTest::gmock GTest::gtest_main)
  if(ARG_OPTIONS)
    target_compile_options(${name}_test PRIVATE ${ARG_OPTIONS})
  else()
    target_compile_options(${name}_test PRIVATE ${TIDEGATE_TEST_OPTIONS})
    tidegate_precompile(${name}_test TEST)
  endif()
  set_target_properties(${name}_test PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/tests")
  add_test(NAME ${name} COMMAND ${name}_test)
endfunction()

# tidegate_link(<target> <scope> <deps...>): a tidegate folder's name or an imported target (has ::).
function(tidegate_link target scope)
  foreach(dep ${ARGN})
    if(dep MATCHES "::|^-|^yaml-cpp$")
      target_link_libraries(${target} ${scope} ${dep})
    else()
      target_link_libraries(${target} ${scope} tidegate_${dep})
      get_target_property(uses_asio tidegate_${dep} TIDEGATE_ASIO)
      if(uses_asio)
        set_target_properties(${target} PROPERTIES TIDEGATE_ASIO ON)
      endif()
    endif()
  endforeach()
endfunction()

# tidegate_program(<name> SOURCES main.cpp ... DEPS ...): a binary in <build>/bin.
function(tidegate_program name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPS" ${ARGN})
  add_executable(${name})
  target_compile_options(${name} PRIVATE ${TIDEGATE_WARNINGS})
  list(TRANSFORM ARG_SOURCES PREPEND "${CMAKE_CURRENT_SOURCE_DIR}/")
  tidegate_sources(${name} FILES ${ARG_SOURCES} BASE "${CMAKE_CURRENT_SOURCE_DIR}")
  tidegate_link(${name} PRIVATE ${ARG_DEPS})
  tidegate_precompile(${name})
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bin")
  if(NOT name MATCHES "-package$")
    add_dependencies(for-system-tests ${name})
  endif()
endfunction()

# tidegate_static_program(<name> SOURCES main.cpp ... DEPS ...): a program that a hook of the router starts, also inside the stock
#   MediaMTX image, which has no libc. <name>-package is the same for hosts that have one: the Debian package holds it, and its
#   resolver gets the host's updates.
function(tidegate_static_program name)
  tidegate_program(${name} ${ARGN})
  tidegate_program(${name}-package ${ARGN})
  set_target_properties(${name}-package PROPERTIES EXCLUDE_FROM_ALL ON OUTPUT_NAME ${name}
    RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/package/bin")
  target_link_options(${name}-package PRIVATE -static-libstdc++ -static-libgcc -Wl,--gc-sections)
  if(TIDEGATE_SANITIZER STREQUAL "")  # the sanitizers' runtimes need a dynamic libc
    target_link_options(${name} PRIVATE -static -Wl,--gc-sections)
  endif()
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
    tidegate_precompile(fuzz_${name})
  else()
    target_compile_options(fuzz_${name} PRIVATE ${TIDEGATE_TEST_OPTIONS})
    tidegate_precompile(fuzz_${name} TEST)
    tidegate_link(fuzz_${name} PRIVATE fuzz_replay)
  endif()
endfunction()
