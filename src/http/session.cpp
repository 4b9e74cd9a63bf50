#include "http/session.hpp"

#include <boost/asio/bind_allocator.hpp>
#include <new>
#include <utility>

#include "log/log.hpp"
#include "net/address.hpp"

namespace tidegate::http {
namespace {

using asio::ip::tcp;
using boost::system::error_code;

// Answers to pipelined requests gathered before they are written: bounds what a client can make us
// hold.
constexpr std::size_t kMaxGatheredBytes = 256 * 1024;

// A body from this size on is written from where it was made: copying it costs more than the second
// write that it needs.
constexpr std::size_t kLargeBody = 64 * 1024;

tcp::endpoint remote_of(tcp::socket const& socket) {
    error_code error;
    return socket.remote_endpoint(error);
}

}  // namespace

// Takes the memory of the session, which is large enough.
template <class T>
struct Session::WaitAllocator {
    using value_type = T;

    explicit WaitAllocator(std::byte* bytes) : memory(bytes) {}
    template <class U>
    WaitAllocator(WaitAllocator<U> const& other) : memory(other.memory) {}

    T* allocate(std::size_t count) {
        static_assert(sizeof(T) <= kWaitMemory);
        return count == 1 ? static_cast<T*>(static_cast<void*>(memory)) : throw std::bad_alloc();
    }
    void deallocate(T*, std::size_t) {}
    template <class U>
    bool operator==(WaitAllocator<U> const& other) const {
        return memory == other.memory;
    }

    std::byte* memory;
};

void Session::begin(ServerCore& core, net::Link link, Admission admission) {
    auto const session = std::make_shared<Session>(core.shared_from_this(), std::move(link));
    session->listed_ = core.sessions.insert(core.sessions.end(), session);
    if (admission == Admission::admitted) return session->wait();
    core.connections.spawn("http connection", refuse_overloaded(session));
}

Session::Session(std::shared_ptr<ServerCore> core, net::Link link)
    : core_(std::move(core)),
      socket_(std::move(link.socket)),
      tls_(link.tls == nullptr
               ? nullptr
               : std::make_unique<net::TlsChannel>(std::move(link.tls), core_->tls_buffers)),
      remote_address_(net::to_string(remote_of(socket_))),
      remote_ip_(net::to_string(remote_of(socket_).address())) {
    error_code error;
    socket_.non_blocking(true, error);
}

void Session::end() {
    if (std::exchange(ended_, true)) return;
    pending_.reset();
    error_code ignored;
    socket_.close(ignored);
    auto const core = core_;
    core->forget(listed_);
}

void Session::interrupt() {
    error_code ignored;
    socket_.cancel(ignored);
}

void Session::check(Clock::time_point now) {
    if (now < deadline_) return;
    deadline_ = Clock::time_point::max();
    expired_ = true;
    interrupt();
}

void Session::wait() {
    set_read_deadline();
    // Behind a request that waits, bytes that are there would end the wait at once.
    auto const what = sent_more_ ? tcp::socket::wait_error : tcp::socket::wait_read;
    socket_.async_wait(
        what, asio::bind_allocator(
                  WaitAllocator<std::byte>(wait_memory_.data()),
                  [self = shared_from_this()](error_code const& error) { self->on_ready(error); }));
}

void Session::on_ready(error_code const& waited) {
    if (ended_) return;
    auto next = Next::end;
    try {
        if (read(waited)) next = advance();
    } catch (std::exception const& error) {
        log::write(log::Level::error, "http.task_failed", error.what());
    }
    if (next == Next::wait) return wait();
    if (next == Next::end) return end();
    core_->connections.spawn("http connection", work(shared_from_this()));
}

Session::Next Session::advance() {
    while (true) {
        answer_buffered();
        keep_rest();
        if (has_output()) {
            auto const error = send_output();
            if (error) return error == asio::error::would_block ? Next::work : Next::end;
        }
        if (take_over_ || stream_ || closing_ || at_gate_ || answer_.valid()) return Next::work;
        if (pending_ && !started_) start_waiting();
        if (backlog_) continue;
        bool const idle = !pending_ && state() == RequestReader::State::idle;
        return core_->stopping && idle ? Next::end : Next::wait;
    }
}

// Whatever ends it early ends the connection.
asio::awaitable<void> Session::work(std::shared_ptr<Session> self) {
    struct Ending {
        Session& session;
        Next next = Next::work;
        ~Ending() {
            if (next != Next::wait) session.end();
        }
    } ending{*self};
    while (ending.next == Next::work) {
        ending.next = co_await self->step() ? self->advance() : Next::end;
    }
    if (ending.next == Next::wait) self->wait();
}

// False: the connection is at its end.
asio::awaitable<bool> Session::step() {
    if (has_output() && !co_await flush()) co_return false;
    if (take_over_) {
        auto state = tls_ != nullptr ? tls_->release() : net::TlsPtr();
        co_await take_over_(net::Link(std::move(socket_), std::move(state)));
        co_return false;
    }
    if (stream_) {
        co_await run_stream();
        co_return false;
    }
    if (closing_) {
        co_await linger();
        co_return false;
    }
    if (at_gate_) co_await pass_gate();
    if (answer_.valid()) co_await wait_for_answer();
    co_return true;
}

Incoming& Session::incoming() {
    if (incoming_ == nullptr) {
        incoming_ = core_->take_incoming();
        incoming_->request.remote_address = remote_address_;
        incoming_->request.remote_ip = remote_ip_;
        incoming_->request.secure = tls_ != nullptr;
    }
    return *incoming_;
}

void Session::answer_buffered() {
    backlog_ = false;
    while (!closing_ && !pending_ && (incoming_ != nullptr || !input_.empty())) {
        if (out_.size() >= kMaxGatheredBytes || body_apart()) {
            backlog_ = true;
            return;
        }
        if (!answer_next()) return;
    }
}

// False: more has to come first.
bool Session::answer_next() {
    auto& [request, reader] = incoming();
    input_.remove_prefix(reader.feed(input_));
    // Who may not ask is told so before the body: only a little of it is in the buffer.
    if (reader.header_done() && !admitted_) {
        if (auto refused = core_->turn_away(request)) {
            end_request(*std::move(refused));
            return true;
        }
        at_gate_ = core_->settings.gate != nullptr;
        if (at_gate_) return false;
        admitted_ = true;
    }
    if (reader.state() == RequestReader::State::complete) {
        return ask_handler();
    }
    if (reader.state() == RequestReader::State::refused) {
        respond_refusal(reader.refusal(), reader.detail());
    } else if (reader.take_expects_continue()) {
        out_ += "HTTP/1.1 100 Continue\r\n\r\n";
    }
    return false;
}

bool Session::ask_handler() {
    auto answer = core_->answer(incoming_->request, incoming_->reader.has_length());
    if (auto* const now = std::get_if<Response>(&answer)) {
        finish(std::move(*now));
        return true;
    }
    if (auto* const pending = std::get_if<std::unique_ptr<PendingAnswer>>(&answer)) {
        pending_ = std::move(*pending);
        pending_form_ = form();
        started_ = false;
        next_request();
    } else {
        answer_ = std::move(std::get<asio::awaitable<Response>>(answer));
    }
    return false;
}

// What was answered before goes out first, since the gate may take its time. The input behind the
// request is looked at afterwards.
asio::awaitable<void> Session::pass_gate() {
    deadline_ = Clock::time_point::max();
    auto ended = co_await core_->ask_gate(incoming_->request);
    if (ended) {
        end_request(*std::move(ended));
    } else {
        admitted_ = true;
    }
    at_gate_ = false;
    backlog_ = true;
    deadline_of_.reset();
}

// As with the gate.
asio::awaitable<void> Session::wait_for_answer() {
    deadline_ = Clock::time_point::max();
    finish(co_await core_->wait_for(std::exchange(answer_, {}), incoming_->request));
    backlog_ = true;
}

void Session::start_waiting() {
    started_ = true;
    deadline_ = Clock::time_point::max();
    auto now = core_->start(*pending_, *this);
    if (!now) return;
    pending_.reset();
    put(*std::move(now), pending_form_);
    backlog_ = true;
}

// The session waits meanwhile for the client's next request. It goes on with that, and is woken
// only if something is left to do before.
void Session::answer(Response response) {
    auto const answered = std::move(pending_);
    put(std::move(response), pending_form_);
    auto const error = send_output();
    bool const has_more = std::exchange(sent_more_, false) || !input_.empty();
    if (error || closing_ || has_more) return interrupt();
    set_read_deadline();
}

// Without the handler: after a whole request the connection goes on, otherwise its body is not
// waited for.
void Session::end_request(Response response) {
    if (state() == RequestReader::State::complete) return finish(std::move(response));
    auto closed = form();
    closed.keep_alive = false;
    put(std::move(response), closed);
}

Session::Form Session::form() const {
    auto const& [request, reader] = *incoming_;
    return {.keep_alive = reader.keep_alive(),
            .head_only = request.method == "HEAD",
            .http_1_0 = reader.is_http_1_0()};
}

// Answers the complete request; the next one may come.
void Session::finish(Response response) {
    put(std::move(response), form());
    next_request();
}

void Session::next_request() {
    incoming_->reader.next();
    admitted_ = false;
    deadline_of_.reset();
}

void Session::put(Response response, Form form) {
    bool const keep_alive = form.keep_alive && !core_->stopping;
    bool const has_body = !form.head_only && !response.is_endless();
    bool const apart = has_body && response.status == 200 && response.body.size() >= kLargeBody;
    if (!response.unanswered) {
        if (out_.empty()) out_.swap(core_->spare_output);
        append_response(out_, response,
                        {.keep_alive = keep_alive,
                         .head_only = form.head_only || apart,
                         .http_1_0 = form.http_1_0,
                         .server = core_->settings.server_header});
    }
    if (apart) large_body_ = std::move(response.body);
    if (has_body) slices_ = std::move(response.slices);
    if (!keep_alive || response.is_endless()) closing_ = true;
    if (form.head_only) return;
    stream_ = std::move(response.stream);
    take_over_ = std::move(response.take_over);
}

void Session::respond_refusal(Refusal refusal, std::string_view detail) {
    bool const has_line = incoming_ != nullptr && !incoming_->request.method.empty();
    auto const* const request = has_line ? &incoming_->request : nullptr;
    put(core_->refuse(refusal, request, {}, detail),
        {.keep_alive = false, .head_only = has_line && request->method == "HEAD"});
}

}  // namespace tidegate::http
