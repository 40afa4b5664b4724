#include "cli/arguments.hpp"
#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "cli/report.hpp"
#include "cli/signals.hpp"

namespace {

using namespace binferry::cli;

int print_help(const HelpText& help) {
  Output output;
  output.buffer() = help.text;
  const binferry::Status flushed = output.flush();
  return flushed ? kDone : report(flushed.error());
}

}  // namespace

int main(int argc, char** argv) {
  binferry::Result<CommandLine> command = parse_arguments(argc, argv);
  if (!command) return report(command.error());
  install_signal_handlers();
  struct Run {
    int operator()(const HelpText& help) const { return print_help(help); }
    int operator()(const InspectArguments& arguments) const { return run_inspect(arguments); }
    int operator()(const TailArguments& arguments) const { return run_tail(arguments); }
    int operator()(const ReplayArguments& arguments) const { return run_replay(arguments); }
    int operator()(const FollowArguments& arguments) const { return run_follow(arguments); }
    int operator()(const ServeArguments& arguments) const { return run_serve(arguments); }
    int operator()(const JoinArguments& arguments) const { return run_join(arguments); }
    int operator()(const PositionArguments& arguments) const { return run_position(arguments); }
  };
  return std::visit(Run{}, *command);
}
