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
      reader_(core.settings.limits, request_) {
    error_code error;
    socket_.non_blocking(true, error);
    auto const remote = socket_.remote_endpoint(error);
    request_.remote_address = net::to_string(remote);
    request_.remote_ip = net::to_string(remote.address());
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
        if (backlog_) continue;
        if (core_.stopping && reader_.state() == RequestReader::State::idle) co_return;
        if (!co_await read_more()) co_return;
    }
}

void Session::answer_buffered() {
    backlog_ = false;
    while (!closing_) {
        if (out_.size() >= kMaxGatheredBytes || body_apart()) {
            backlog_ = true;
            return;
        }
        input_.remove_prefix(reader_.feed(input_));
        // Who may not ask is told so before the body: only a little of it is in the buffer.
        if (reader_.header_done() && !admitted_) {
            if (auto refused = core_.turn_away(request_)) {
                end_request(*std::move(refused));
                continue;
            }
            at_gate_ = core_.settings.gate != nullptr;
            if (at_gate_) return;
            admitted_ = true;
        }
        if (reader_.state() == RequestReader::State::complete) {
            if (!core_.settings.handle) {
                finish(core_.answer(request_, reader_.has_length()));
                continue;
            }
            auto answer = core_.ask(request_);
            if (auto* const now = std::get_if<Response>(&answer)) {
                finish(std::move(*now));
                continue;
            }
            answer_ = std::move(std::get<asio::awaitable<Response>>(answer));
            return;
        }
        if (reader_.state() == RequestReader::State::refused) {
            respond_refusal(reader_.refusal(), reader_.detail());
        } else if (reader_.take_expects_continue()) {
            out_ += "HTTP/1.1 100 Continue\r\n\r\n";
        }
        return;
    }
}

bool Session::may_keep_alive() const {
    return reader_.keep_alive() && !core_.stopping;
}

// What was answered before goes out first, since the gate may take its time. The input behind the
// request is looked at afterwards.
asio::awaitable<void> Session::pass_gate() {
    deadline_ = Clock::time_point::max();
    auto ended = co_await core_.ask_gate(request_);
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
    finish(co_await core_.wait_for(std::exchange(answer_, {}), request_));
    backlog_ = true;
}

// Without the handler: after a whole request the connection goes on, otherwise its body is not
// waited for.
void Session::end_request(Response response) {
    if (reader_.state() == RequestReader::State::complete) return finish(std::move(response));
    append_response(out_, response,
                    {.keep_alive = false,
                     .head_only = request_.method == "HEAD",
                     .http_1_0 = reader_.is_http_1_0(),
                     .server = core_.settings.server_header});
    closing_ = true;
}

// Answers the complete request; the next one may come.
void Session::finish(Response response) {
    bool const head_only = request_.method == "HEAD";
    bool const keep_alive = may_keep_alive();
    bool const has_body = !head_only && !response.is_endless();
    bool const apart = has_body && response.status == 200 && response.body.size() >= kLargeBody;
    if (!response.unanswered) {
        append_response(out_, response,
                        {.keep_alive = keep_alive,
                         .head_only = head_only || apart,
                         .http_1_0 = reader_.is_http_1_0(),
                         .server = core_.settings.server_header});
    }
    if (apart) large_body_ = std::move(response.body);
    if (has_body) slices_ = std::move(response.slices);
    if (!keep_alive || response.is_endless()) closing_ = true;
    if (!head_only) {
        stream_ = std::move(response.stream);
        take_over_ = std::move(response.take_over);
    }
    reader_.next();
    admitted_ = false;
    deadline_of_.reset();
}

void Session::respond_refusal(Refusal refusal, std::string_view detail) {
    auto const* request = request_.method.empty() ? nullptr : &request_;
    append_response(out_, core_.refuse(refusal, request, {}, detail),
                    {.keep_alive = false,
                     .head_only = request_.method == "HEAD",
                     .http_1_0 = false,
                     .server = core_.settings.server_header});
    closing_ = true;
}

bool Session::has_output() const {
    return !out_.empty() || body_apart();
}

error_code Session::send(Buffers& rest) {
    error_code error;
    while (!error && !rest.empty()) {
        auto written = socket_.write_some(rest, error);
        auto whole = rest.begin();
        while (whole != rest.end() && written >= whole->size()) written -= (whole++)->size();
        rest.erase(rest.begin(), whole);
        if (written > 0) rest.front() += written;
    }
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
    Buffers rest;
    rest.push_back(asio::buffer(out_));
    if (!large_body_.empty()) rest.push_back(asio::buffer(large_body_));
    for (auto const& slice : slices_) rest.emplace_back(slice.data(), slice.size());
    auto const error = send(rest);
    bool const written =
        !error || (error == asio::error::would_block && co_await send_rest(std::move(rest)));
    large_body_ = {};
    slices_.clear();
    out_ = {};  // most connections wait most of the time, and there may be thousands
    co_return written;
}

// Before more is read.
void Session::keep_rest() {
    if (input_.empty()) {
        rest_ = {};
    } else if (input_.data() < rest_.data() || input_.data() > rest_.data() + rest_.size()) {
        rest_.assign(input_);
        input_ = rest_;
    }
}

void Session::set_read_deadline() {
    auto const state = reader_.state();
    if (deadline_of_ == state) return;  // the deadline is over the whole, not over each read
    deadline_of_ = state;
    auto const& limits = core_.settings.limits;
    auto const allowed = state == RequestReader::State::idle     ? limits.idle_deadline
                         : state == RequestReader::State::header ? limits.header_deadline
                                                                 : limits.body_deadline;
    deadline_ = Clock::now() + allowed;
}

asio::awaitable<bool> Session::read_more() {
    set_read_deadline();
    auto const [error, count] = co_await socket_.async_read_some(asio::buffer(buffer_), kAsTuple);
    // The reader refuses whatever stays unread and is larger than the header limit, so the rest
    // does not grow without end.
    std::string_view const read(buffer_.data(), count);
    if (input_.empty()) {
        input_ = read;
    } else {
        rest_.erase(0, rest_.size() - input_.size());
        input_ = rest_.append(read);
    }
    if (!error) co_return true;
    if (!expired_) co_return error == asio::error::operation_aborted;  // see wake_for_stop()
    if (reader_.state() == RequestReader::State::idle) co_return false;
    expired_ = false;
    respond_refusal(Refusal::request_timeout, {});
    co_return true;
}

asio::awaitable<bool> Session::wait_for_client_to_leave() {
    while (true) {
        auto const [error, count] =
            co_await socket_.async_read_some(asio::buffer(buffer_), kAsTuple);
        if (error) co_return true;
    }
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
        auto const [read_error, count] =
            co_await socket_.async_read_some(asio::buffer(buffer_), kAsTuple);
        error = read_error;
        received += count;
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
