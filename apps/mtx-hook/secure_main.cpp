// mtx-hook-secure: what mtx-hook becomes when it has to sign or to encrypt. A program of its own,
// because the pages of mbed TLS would count for every call (docs/adr/0015-mbed-tls-in-mtx-hook.md).
#include "call.hpp"
#include "secure.hpp"
#include "sign.hpp"

int main(int argc, char** argv) {
    using namespace tidegate::hook;
    constexpr Security kSecurity{&signature, &SecureSocket::connect};
    return call(argc, argv, &kSecurity);
}
