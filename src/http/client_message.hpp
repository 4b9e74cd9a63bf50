// Requests and answers of the HTTP client as Beast has them. Internal to this folder.
#pragma once

#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>
#include <cstdint>
#include <string>

#include "base/lower_case.hpp"
#include "http/client.hpp"
#include "http/client_connection.hpp"

namespace tidegate::http {

// More than any server of the control plane sends.
inline constexpr std::uint32_t kMaxAnswerHeader = 32 * 1024;

using ClientMessage = boost::beast::http::request<boost::beast::http::string_body>;

ClientMessage client_message(ClientRequest const& request, ClientUrl const& url);

// Status and headers; the body is left out.
template <class Message>
ClientResponse client_response(Message const& message) {
    ClientResponse response{.status = message.result_int(), .headers = {}, .body = {}};
    for (auto const& field : message) {
        response.headers.emplace_back(base::lower_case(std::string(field.name_string())),
                                      std::string(field.value()));
    }
    return response;
}

inline std::string too_large(ClientUrl const& url, std::size_t most) {
    return "answer of " + url.shown() + " is larger than " + std::to_string(most) + " bytes";
}

inline std::string too_late(ClientRequest const& request, ClientUrl const& url) {
    return request.method + " " + url.shown() + ": deadline of " +
           std::to_string(request.deadline.count()) + " ms exceeded";
}

}  // namespace tidegate::http
