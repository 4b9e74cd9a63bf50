#include "http/session.hpp"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

#include "net/address.hpp"
#include "net/first_of.hpp"

namespace tidegate::http {
namespace {

using asio::ip::tcp;
using boost::system::error_code;

constexpr auto kAsTuple = asio::as_tuple(asio::use_awaitable);

// Answers to pipelined requests gathered before they are written: bounds what a client can make us
// hold.
constexpr std::size_t kMaxGatheredBytes = 256 * 1024;

// A body from this size on is written from where it was made: copying it costs more than the second
// write that it needs.
constexpr std::size_t kLargeBody = 64 * 1024;

// A client that is refused in the middle of its request gets this long, and may send this much, to
// read our answer before the socket is closed under it (a reset would destroy the answer).
constexpr std::chrono::milliseconds kLingerTime{1'000};
constexpr std::size_t kMaxLingerBytes = 1024 * 1024;

// The memory of an answer is kept for the next one, unless it was a large answer.
constexpr std::size_t kLargestSpareOutput = 64 * 1024;

tcp::endpoint remote_of(tcp::socket const& socket) {
    error_code error;
    return socket.remote_endpoint(error);
}

void drop_front(auto& buffers, std::size_t count) {
    auto whole = buffers.begin();
    while (whole != buffers.end() && count >= whole->size()) count -= (whole++)->size();
    buffers.erase(buffers.begin(), whole);
    if (count > 0) buffers.front() += count;
}

}  // namespace

// A streaming handler's hold on its session.
class StreamWriter final : public BodyStream {
public:
    explicit StreamWriter(Session& session) : session_(session) {}
    asio::awaitable<bool> write(std::string_view bytes) override { return session_.write(bytes); }

private:
    Session& session_;
};

Session::Session(ServerCore& core, tcp::socket socket)
    : core_(core),
      socket_(std::move(socket)),
      listed_(core.sessions.insert(core.sessions.end(), this)),
      remote_address_(net::to_string(remote_of(socket_))),
      remote_ip_(net::to_string(remote_of(socket_).address())) {
    error_code error;
    socket_.non_blocking(true, error);
}

Session::~Session() {
    core_.sessions.erase(listed_);
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

asio::awaitable<void> Session::run() {
    while (true) {
        answer_buffered();
        keep_rest();
        if (has_output() && !co_await flush()) co_return;
        if (take_over_) co_return co_await take_over_(std::move(socket_));
        if (stream_) co_return co_await run_stream();
        if (closing_) co_return co_await linger();
        if (at_gate_) co_await pass_gate();
        if (answer_.valid()) co_await wait_for_answer();
        if (pending_ && !started_) start_waiting();
        if (backlog_) continue;
        if (core_.stopping && !pending_ && state() == RequestReader::State::idle) co_return;
        set_read_deadline();
        auto const [waited] = co_await socket_.async_wait(
            sent_more_ ? tcp::socket::wait_error : tcp::socket::wait_read, kAsTuple);
        if (!read(waited)) co_return;
    }
}

Incoming& Session::incoming() {
    if (incoming_ == nullptr) {
        incoming_ = core_.take_incoming();
        incoming_->request.remote_address = remote_address_;
        incoming_->request.remote_ip = remote_ip_;
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
        if (auto refused = core_.turn_away(request)) {
            end_request(*std::move(refused));
            return true;
        }
        at_gate_ = core_.settings.gate != nullptr;
        if (at_gate_) return false;
        admitted_ = true;
    }
    if (reader.state() == RequestReader::State::complete) {
        if (core_.settings.handle) return ask_handler();
        finish(core_.answer(request, reader.has_length()));
        return true;
    }
    if (reader.state() == RequestReader::State::refused) {
        respond_refusal(reader.refusal(), reader.detail());
    } else if (reader.take_expects_continue()) {
        out_ += "HTTP/1.1 100 Continue\r\n\r\n";
    }
    return false;
}

bool Session::ask_handler() {
    auto answer = core_.ask(incoming_->request);
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
    auto ended = co_await core_.ask_gate(incoming_->request);
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
    finish(co_await core_.wait_for(std::exchange(answer_, {}), incoming_->request));
    backlog_ = true;
}

void Session::start_waiting() {
    started_ = true;
    deadline_ = Clock::time_point::max();
    auto now = core_.start(*pending_, *this);
    if (!now) return;
    pending_.reset();
    put(*std::move(now), pending_form_);
    backlog_ = true;
}

// run() waits meanwhile for the client's next request. It goes on with that, and is woken only if
// something is left to do before.
void Session::answer(Response response) {
    auto const answered = std::move(pending_);
    put(std::move(response), pending_form_);
    auto rest = output();
    auto const unsent = asio::buffer_size(rest);
    auto const error = send(rest);
    if (error) {
        sent_ += unsent - asio::buffer_size(rest);
    } else {
        clear_output();
    }
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
    bool const keep_alive = form.keep_alive && !core_.stopping;
    bool const has_body = !form.head_only && !response.is_endless();
    bool const apart = has_body && response.status == 200 && response.body.size() >= kLargeBody;
    if (!response.unanswered) {
        if (out_.empty()) out_.swap(core_.spare_output);
        append_response(out_, response,
                        {.keep_alive = keep_alive,
                         .head_only = form.head_only || apart,
                         .http_1_0 = form.http_1_0,
                         .server = core_.settings.server_header});
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
    put(core_.refuse(refusal, request, {}, detail),
        {.keep_alive = false, .head_only = has_line && request->method == "HEAD"});
}

bool Session::has_output() const {
    return !out_.empty() || body_apart();
}

Session::Buffers Session::output() const {
    Buffers all;
    all.push_back(asio::buffer(out_));
    if (!large_body_.empty()) all.push_back(asio::buffer(large_body_));
    for (auto const& slice : slices_) all.emplace_back(slice.data(), slice.size());
    drop_front(all, sent_);
    return all;
}

void Session::clear_output() {
    large_body_ = {};
    slices_ = {};
    sent_ = 0;
    if (out_.capacity() <= kLargestSpareOutput) {
        core_.spare_output.swap(out_);
        core_.spare_output.clear();
    }
    out_ = {};
}

error_code Session::send(Buffers& rest) {
    error_code error;
    while (!error && !rest.empty()) drop_front(rest, socket_.write_some(rest, error));
    return error;
}

// What the socket has not taken at once.
asio::awaitable<bool> Session::send_rest(Buffers rest) {
    auto const& limits = core_.settings.limits;
    std::chrono::seconds const longest(asio::buffer_size(rest) / limits.slowest_rate);
    auto const end = Clock::now() + limits.write_deadline + longest;
    while (!rest.empty()) {
        deadline_ = std::min(Clock::now() + limits.write_deadline, end);
        auto const [waited] = co_await socket_.async_wait(tcp::socket::wait_write, kAsTuple);
        deadline_ = Clock::time_point::max();
        deadline_of_.reset();
        if (expired_ || (waited && waited != asio::error::operation_aborted)) co_return false;
        if (waited && stream_) co_return false;  // the server stops
        auto const error = send(rest);
        if (error && error != asio::error::would_block) co_return false;
    }
    co_return true;
}

asio::awaitable<bool> Session::write(std::string_view bytes) {
    Buffers rest;
    rest.push_back(asio::buffer(bytes.data(), bytes.size()));
    auto const error = send(rest);
    if (!error) co_return true;
    co_return error == asio::error::would_block&& co_await send_rest(std::move(rest));
}

asio::awaitable<bool> Session::flush() {
    auto rest = output();
    auto const error = send(rest);
    bool const written =
        !error || (error == asio::error::would_block && co_await send_rest(std::move(rest)));
    clear_output();
    co_return written;
}

// Before the connection waits. The bytes of the newest read are another's soon.
void Session::keep_rest() {
    if (input_.empty()) {
        rest_ = {};
        if (incoming_ != nullptr && incoming_->reader.untouched()) {
            core_.keep_incoming(std::move(incoming_));
        }
    } else if (input_.data() < rest_.data() || input_.data() > rest_.data() + rest_.size()) {
        rest_.assign(input_);
        input_ = rest_;
    }
}

void Session::set_read_deadline() {
    if (pending_) return;
    auto const now = state();
    if (deadline_of_ == now) return;  // the deadline is over the whole, not over each read
    deadline_of_ = now;
    auto const& limits = core_.settings.limits;
    auto const allowed = now == RequestReader::State::idle     ? limits.idle_deadline
                         : now == RequestReader::State::header ? limits.header_deadline
                                                               : limits.body_deadline;
    deadline_ = Clock::now() + allowed;
}

// Takes what has come. False: the connection is at its end.
bool Session::read(error_code const& waited) {
    if (waited) return waited == asio::error::operation_aborted && after_interrupt();
    if (pending_) return client_stays();
    error_code error;
    auto const count = socket_.read_some(asio::buffer(core_.read_buffer), error);
    if (error) return error == asio::error::would_block;
    // The reader refuses whatever stays unread and is larger than the header limit, so the rest
    // does not grow without end.
    std::string_view const bytes(core_.read_buffer.data(), count);
    if (input_.empty()) {
        input_ = bytes;
    } else {
        rest_.erase(0, rest_.size() - input_.size());
        input_ = rest_.append(bytes);
    }
    return true;
}

bool Session::after_interrupt() {
    if (!expired_) return true;  // see wake_for_stop() and answer()
    if (state() == RequestReader::State::idle) return false;
    expired_ = false;
    respond_refusal(Refusal::request_timeout, {});
    return true;
}

// While an answer is waited for: the client has sent a further request, or has left. What it has
// sent stays where it is, and only a broken connection is noticed then.
bool Session::client_stays() {
    if (sent_more_) return false;
    error_code error;
    char next = 0;
    auto const count = socket_.receive(asio::buffer(&next, 1), tcp::socket::message_peek, error);
    sent_more_ = count > 0;
    return sent_more_ || error == asio::error::would_block;
}

// Reads and forgets what comes. Returns how much that was; nullopt: the client has left.
asio::awaitable<std::optional<std::size_t>> Session::skip_input() {
    auto const [waited] = co_await socket_.async_wait(tcp::socket::wait_read, kAsTuple);
    if (waited) co_return std::nullopt;
    error_code error;
    auto const count = socket_.read_some(asio::buffer(core_.read_buffer), error);
    if (error && error != asio::error::would_block) co_return std::nullopt;
    co_return count;
}

asio::awaitable<bool> Session::wait_for_client_to_leave() {
    while (co_await skip_input()) {
    }
    co_return true;
}

asio::awaitable<void> Session::run_stream() {
    deadline_ = Clock::time_point::max();
    StreamWriter writer(*this);
    auto const handler = stream_;
    auto const produce = [](std::function<asio::awaitable<void>(BodyStream&)> const& produce_all,
                            BodyStream& body) -> asio::awaitable<bool> {
        co_await produce_all(body);
        co_return true;
    };
    auto producer = produce(handler, writer);
    auto watcher = wait_for_client_to_leave();
    if (core_.stopping) co_return;
    co_await net::first_of(std::move(producer), std::move(watcher));
    stream_ = nullptr;
    if (!core_.stopping && !expired_) co_await linger();
}

asio::awaitable<void> Session::linger() {
    error_code error;
    socket_.shutdown(tcp::socket::shutdown_send, error);
    deadline_ = Clock::now() + kLingerTime;
    std::size_t received = 0;
    while (!error && received < kMaxLingerBytes) {
        auto const count = co_await skip_input();
        if (!count) co_return;
        received += *count;
    }
}

asio::awaitable<void> Session::refuse_overloaded() {
    respond_refusal(Refusal::overloaded, {});
    if (co_await flush()) co_await linger();
}

asio::awaitable<void> serve(std::shared_ptr<ServerCore> core, tcp::socket socket,
                            Admission admission) {
    Session session(*core, std::move(socket));
    if (admission == Admission::admitted) co_return co_await session.run();
    struct Uncount {  // counted when it was accepted
        std::size_t& count;
        ~Uncount() { --count; }
    } const uncount{core->overload_replies};
    co_await session.refuse_overloaded();
}

}  // namespace tidegate::http
