// What to say of a command line that does not parse.
#pragma once

#include "binlog/base/result.hpp"

namespace CLI {
class App;
class ParseError;
}  // namespace CLI

namespace binferry::cli {

// CLI11's own words, but for a word that is no command: of that it says only that there was none.
std::unexpected<Error> parse_error(const CLI::App& app, const CLI::ParseError& error, int argc,
                                   const char* const* argv);

}  // namespace binferry::cli
