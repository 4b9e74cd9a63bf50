#include "net/tls_identity.hpp"

#include <utility>

namespace tidegate::net {

TlsIdentity::TlsIdentity(asio::io_context& io, TlsWatch::Report report)
    : io_(io), report_(std::move(report)) {}

std::expected<void, std::string> TlsIdentity::use(TlsServerSettings const& settings) {
    if (watch_ && context_->settings() == settings) return {};
    auto loaded = TlsServerContext::load(settings);
    if (!loaded) return std::unexpected(std::move(loaded.error()));
    watch_.reset();
    watch_.emplace(io_, *loaded, report_);
    std::lock_guard const lock(mutex_);
    context_ = std::move(*loaded);
    return {};
}

TlsPtr TlsIdentity::accept() const {
    std::shared_ptr<TlsServerContext> context;
    {
        std::lock_guard const lock(mutex_);
        context = context_;
    }
    return context->accept();
}

}  // namespace tidegate::net
