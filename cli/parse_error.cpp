#include "cli/parse_error.hpp"

#include <CLI/CLI.hpp>

#include <string>
#include <vector>

namespace binferry::cli {

std::unexpected<Error> parse_error(const CLI::App& app, const CLI::ParseError& error, int argc,
                                   const char* const* argv) {
  const std::vector<const CLI::App*> chosen =
      app.get_subcommands([](const CLI::App* command) { return command->parsed(); });
  if (!chosen.empty())
    return fail(Errc::usage, error.what(), "`binferry " + chosen.front()->get_name() + " --help` shows what there is");
  if (argc > 1 && argv[1][0] != '-') {
    std::string names;
    for (const CLI::App* const command : app.get_subcommands([](const CLI::App*) { return true; })) {
      names += (names.empty() ? "" : ", ") + command->get_name();
    }
    return fail(Errc::usage, "there is no command `" + std::string(argv[1]) + "`", "the commands are " + names);
  }
  return fail(Errc::usage, error.what(), "`binferry --help` shows what there is");
}

}  // namespace binferry::cli
