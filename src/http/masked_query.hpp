// A query that may be logged, kept and shown. Pure; any thread.
#pragma once

#include <string>
#include <string_view>

namespace tidegate::http {

// Values of credentials (base::is_secret_key) become ***; everything else stays as it was sent. The
// key counts decoded, so p%61ss=x is masked as well.
std::string masked_query(std::string_view query);

}  // namespace tidegate::http
