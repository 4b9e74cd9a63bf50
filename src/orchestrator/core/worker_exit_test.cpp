#include "orchestrator/core/worker_exit.hpp"

#include <gtest/gtest.h>

#include <csignal>

namespace tidegate::orchestrator {
namespace {

using ExitKind = WorkerExit::Kind;

TEST(WorkerExit, IsToldInWordsWithTheBackendsOwnReason) {
    struct Case {
        WorkerExit exit;
        char const* words;
        char const* label;
    };
    for (auto const& [exit, words, name] : {
             Case{{ExitKind::code, kExitConfiguration},
                  "configuration error (exit 10)",
                  "configuration"},
             Case{{ExitKind::code, 77}, "exit code outside the contract (exit 77)", "other"},
             Case{{ExitKind::signal, SIGKILL}, "killed by signal 9 (SIGKILL)", "signal"},
             Case{{ExitKind::signal, SIGKILL, "OOMKilled"},
                  "killed by signal 9 (SIGKILL): OOMKilled",
                  "signal"},
             Case{{ExitKind::unknown},
                  "ended (adopted process, its status is not known)",
                  "unknown"},
             Case{{ExitKind::not_started, 0, "no such image"},
                  "could not be started: no such image",
                  "spawn"},
         }) {
        EXPECT_EQ(describe(exit), words);
        EXPECT_EQ(label(exit), name) << words;
    }
}

// What follows from an exit depends on its kind and number only, not on the reason.
TEST(WorkerExit, MeansTheSameWithAndWithoutAReason) {
    for (std::string const& reason : {std::string(), std::string("the node was drained")}) {
        EXPECT_TRUE(is_configuration_error({ExitKind::code, kExitConfiguration, reason}));
        EXPECT_FALSE(is_configuration_error({ExitKind::signal, kExitConfiguration, reason}));
        EXPECT_TRUE(is_source_ended({ExitKind::code, kExitStopped, reason}));
        EXPECT_TRUE(is_source_ended({ExitKind::code, kExitInput, reason}));
        EXPECT_FALSE(is_source_ended({ExitKind::unknown, 0, reason}));
        EXPECT_TRUE(is_stopped({ExitKind::code, kExitStopped, reason}));
        EXPECT_FALSE(is_stopped({ExitKind::code, kExitInput, reason}));
    }
}

}  // namespace
}  // namespace tidegate::orchestrator
