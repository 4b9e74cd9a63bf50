// The exit codes of programs that handle one stream, stream-worker and stream-forwarder.
// media-service decides by them what follows (orchestrator/core/worker_exit.hpp).
#pragma once

namespace tidegate::endpoint {

enum class ExitCode : int {
    stopped = 0,             // asked to stop, switched off, or the source has ended
    configuration = 10,      // wrong arguments or settings, or an address that is not allowed
    input_unavailable = 20,  // the input never played
    output_refused = 30,     // the server refuses the output, or its user, password or key
    transient = 40,          // an I/O error that may pass, or as many as were allowed
    internal = 50,           // a bug
};

}  // namespace tidegate::endpoint
