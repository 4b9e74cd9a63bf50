#include "router/api/handshake_figures.hpp"

#include "net/handshake_limit.hpp"

namespace tidegate::router {

MetricsBlock handshakes_block() {
    return {"tls_handshakes", "", [](MetricsText& out, std::string const&) {
                auto const& limit = net::HandshakeLimit::of_program();
                out.title("# TLS handshakes");
                out.line("tls_handshakes_refused_total", label_text({{"reason", "address"}}),
                         limit.refused_of_address());
                out.line("tls_handshakes_refused_total", label_text({{"reason", "all"}}),
                         limit.refused_in_all());
                out.end_block();
            }};
}

}  // namespace tidegate::router
