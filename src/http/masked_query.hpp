// Makes a query fit to be logged, kept and shown. Pure; any thread.
#pragma once

#include <string>
#include <string_view>

namespace tidegate::http {

// Replaces the values of credentials (base::is_secret_parameter) by ***, and leaves the rest as it
// was sent. Keys are decoded before they are compared, so p%61ss=x is masked as well.
std::string masked_query(std::string_view query);

}  // namespace tidegate::http
