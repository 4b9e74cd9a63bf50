// Boost.JSON and Boost.URL compiled here instead of linked from their archives, so that the linker
// can drop what is not called. Boost.URL includes <iostream> for operators we do not use: its
// static initialisation alone costs 350 kB of resident memory, so only its declarations are let in.
#include <istream>
#include <ostream>
#define _GLIBCXX_IOSTREAM 1  // libstdc++'s guard of <iostream>
#include <boost/json/src.hpp>
#include <boost/url/src.hpp>
