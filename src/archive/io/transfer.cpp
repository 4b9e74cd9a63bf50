#include "archive/io/transfer.hpp"

#include <curl/curl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <mutex>
#include <stdexcept>

#include "base/lower_case.hpp"
#include "base/number.hpp"

namespace tidegate::archive {

namespace {

// All headers of an answer together. S3's have less than 1 KiB.
constexpr std::size_t kMaxHeaderBytes = 64 * 1024;
constexpr std::chrono::milliseconds kConnectDeadline{10'000};

void start_library() {
    static std::once_flag once;
    std::call_once(once, [] {
        if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
            throw std::runtime_error("libcurl does not start");
        }
    });
}

struct HeaderList {
    curl_slist* list = nullptr;
    HeaderList() = default;
    HeaderList(HeaderList const&) = delete;
    HeaderList& operator=(HeaderList const&) = delete;
    ~HeaderList() { curl_slist_free_all(list); }
    void add(std::string const& line) { list = curl_slist_append(list, line.c_str()); }
};

Failure failure_of(CURLcode code) {
    switch (code) {
        case CURLE_OPERATION_TIMEDOUT:
            return Failure::timeout;
        case CURLE_ABORTED_BY_CALLBACK:
            return Failure::stopped;
        case CURLE_READ_ERROR:
            return Failure::disk;
        case CURLE_WRITE_ERROR:
        case CURLE_UNSUPPORTED_PROTOCOL:
        case CURLE_WEIRD_SERVER_REPLY:
            return Failure::answer;
        default:
            return Failure::network;
    }
}

}  // namespace

struct Transfer::State {
    TransferSettings settings;
    CURL* handle = nullptr;
    // Of the request under way:
    HttpRequest const* request = nullptr;
    std::uint64_t position = 0;  // in the body
    std::size_t header_bytes = 0;
    HttpAnswer answer;
    std::uint64_t reported = 0;

    ~State() { curl_easy_cleanup(handle); }

    std::uint64_t body_size() const {
        return request->piece.descriptor >= 0 ? request->piece.size : request->body.size();
    }

    std::size_t read(char* into, std::size_t room) {
        auto const left = body_size() - position;
        auto const wanted = static_cast<std::size_t>(std::min<std::uint64_t>(left, room));
        if (request->piece.descriptor < 0) {
            std::memcpy(into, request->body.data() + position, wanted);
            position += wanted;
            return wanted;
        }
        ssize_t count = 0;
        do {
            count = ::pread(request->piece.descriptor, into, wanted,
                            static_cast<off_t>(request->piece.offset + position));
        } while (count < 0 && errno == EINTR);
        // A file that has become shorter: the request cannot be ended as it was begun.
        if (count < 0 || (count == 0 && wanted != 0)) return CURL_READFUNC_ABORT;
        position += static_cast<std::uint64_t>(count);
        return static_cast<std::size_t>(count);
    }

    void take_header(std::string_view line) {
        while (!line.empty() && (line.back() == '\r' || line.back() == '\n')) line.remove_suffix(1);
        // A new header follows an interim answer (100 Continue).
        if (line.starts_with("HTTP/")) answer = {};
        auto const colon = std::min(line.find(':'), line.size());
        auto const name = base::lower_case(line.substr(0, colon));
        auto value = line.substr(std::min(colon + 1, line.size()));
        while (!value.empty() && value.front() == ' ') value.remove_prefix(1);
        if (name == "etag") answer.etag = value;
        if (name == "date") answer.date = value;
        if (name == "x-amz-bucket-region") answer.bucket_region = value;
        if (name == "x-amz-server-side-encryption") answer.encryption = value;
        if (name == "content-length") {
            answer.length = base::parse_number<std::uint64_t>(value);
        }
    }
};

namespace {

template <class Value>
void set(CURL* curl, CURLoption option, Value value) {
    curl_easy_setopt(curl, option, value);
}

}  // namespace

struct Transfer::Callbacks {
    static State& of(void* data) { return *static_cast<State*>(data); }

    static std::size_t read(char* into, std::size_t size, std::size_t count, void* data) {
        return of(data).read(into, size * count);
    }
    static int seek(void* data, curl_off_t offset, int origin) {
        if (origin != SEEK_SET || offset < 0) return CURL_SEEKFUNC_CANTSEEK;
        of(data).position = static_cast<std::uint64_t>(offset);
        return CURL_SEEKFUNC_OK;
    }
    static std::size_t write(char* bytes, std::size_t size, std::size_t count, void* data) {
        auto& body = of(data).answer.body;
        if (body.size() + size * count > kMaxAnswerBytes) return 0;
        body.append(bytes, size * count);
        return size * count;
    }
    static std::size_t header(char* bytes, std::size_t size, std::size_t count, void* data) {
        auto& state = of(data);
        state.header_bytes += size * count;
        if (state.header_bytes > kMaxHeaderBytes) return 0;
        state.take_header({bytes, size * count});
        return size * count;
    }
    static int progress(void* data, curl_off_t, curl_off_t, curl_off_t, curl_off_t now) {
        auto& state = of(data);
        auto const sent = static_cast<std::uint64_t>(now);
        if (state.settings.sent != nullptr && sent > state.reported) {
            *state.settings.sent += sent - state.reported;
            state.reported = sent;
        }
        return state.settings.cancelled != nullptr && *state.settings.cancelled ? 1 : 0;
    }

    static void install(CURL* curl, State& state) {
        set(curl, CURLOPT_READDATA, &state);
        set(curl, CURLOPT_READFUNCTION, &Callbacks::read);
        set(curl, CURLOPT_SEEKDATA, &state);
        set(curl, CURLOPT_SEEKFUNCTION, &Callbacks::seek);
        set(curl, CURLOPT_WRITEDATA, &state);
        set(curl, CURLOPT_WRITEFUNCTION, &Callbacks::write);
        set(curl, CURLOPT_HEADERDATA, &state);
        set(curl, CURLOPT_HEADERFUNCTION, &Callbacks::header);
        set(curl, CURLOPT_NOPROGRESS, 0L);
        set(curl, CURLOPT_XFERINFODATA, &state);
        set(curl, CURLOPT_XFERINFOFUNCTION, &Callbacks::progress);
    }
};

// Where to, how, and for how long.
void Transfer::prepare_connection(HttpRequest const& request) {
    auto* const curl = state_->handle;
    auto const& settings = state_->settings;
    set(curl, CURLOPT_URL, request.url.c_str());
    set(curl, CURLOPT_PROTOCOLS_STR, settings.https_only ? "https" : "http,https");
    set(curl, CURLOPT_PATH_AS_IS, 1L);
    set(curl, CURLOPT_FOLLOWLOCATION, 0L);
    set(curl, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
    set(curl, CURLOPT_NOSIGNAL, 1L);
    set(curl, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(kConnectDeadline.count()));
    auto const body_time =
        std::chrono::milliseconds{1000 * state_->body_size() / std::uint64_t{kSlowestRate}};
    set(curl, CURLOPT_TIMEOUT_MS, static_cast<long>((request.deadline + body_time).count()));
    set(curl, CURLOPT_LOW_SPEED_LIMIT, kSlowestRate);
    set(curl, CURLOPT_LOW_SPEED_TIME, static_cast<long>(settings.slow_for.count()));
    if (!settings.ca_file.empty()) set(curl, CURLOPT_CAINFO, settings.ca_file.c_str());
    if (request.direct) set(curl, CURLOPT_NOPROXY, "*");
}

void Transfer::prepare_method(HttpRequest const& request) {
    auto* const curl = state_->handle;
    if (request.method == "HEAD") {
        set(curl, CURLOPT_NOBODY, 1L);
        return;
    }
    if (request.method == "PUT" || request.method == "POST") {
        set(curl, CURLOPT_UPLOAD, 1L);
        set(curl, CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(state_->body_size()));
    }
    set(curl, CURLOPT_CUSTOMREQUEST, request.method.c_str());
}

std::expected<HttpAnswer, Trouble> Transfer::perform(HttpRequest const& request) {
    auto& state = *state_;
    auto* const curl = state.handle;
    state.request = &request;
    state.position = state.reported = 0;
    state.header_bytes = 0;
    state.answer = {};
    HeaderList headers;
    for (auto const& line : request.headers) headers.add(line);
    char error[CURL_ERROR_SIZE] = "";

    curl_easy_reset(curl);  // keeps the connection
    set(curl, CURLOPT_ERRORBUFFER, static_cast<char*>(error));
    prepare_connection(request);
    prepare_method(request);
    Callbacks::install(curl, state);
    if (request.signing) {
        auto const& credentials = request.signing->credentials;
        auto const scope = "aws:amz:" + request.signing->region + ":s3";
        set(curl, CURLOPT_AWS_SIGV4, scope.c_str());
        set(curl, CURLOPT_USERNAME, credentials.key_id.c_str());
        set(curl, CURLOPT_PASSWORD, credentials.secret.c_str());
        if (!credentials.token.empty()) headers.add("x-amz-security-token: " + credentials.token);
    }
    set(curl, CURLOPT_HTTPHEADER, headers.list);

    auto const code = curl_easy_perform(curl);
    if (code != CURLE_OK) {
        std::string detail = *error != '\0' ? error : curl_easy_strerror(code);
        return std::unexpected(Trouble{failure_of(code), std::move(detail)});
    }
    long status = 0;
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    state.answer.status = static_cast<unsigned>(status);
    return std::move(state.answer);
}

Transfer::Transfer() : Transfer(TransferSettings{.https_only = false}) {}

Transfer::Transfer(TransferSettings settings) : state_(std::make_unique<State>()) {
    start_library();
    state_->settings = std::move(settings);
    state_->handle = curl_easy_init();
    if (state_->handle == nullptr) throw std::runtime_error("libcurl gives no handle");
}

Transfer::~Transfer() = default;

}  // namespace tidegate::archive
