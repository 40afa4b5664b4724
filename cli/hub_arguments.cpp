#include "cli/hub_arguments.hpp"

#include <CLI/CLI.hpp>
#include <charconv>
#include <map>

namespace binferry::cli {
namespace {

constexpr const char* kServeExamples =
    "Examples:\n"
    "  binferry serve /var/lib/mysql --store=/srv/relay                  a folder of logs that grow\n"
    "  binferry serve mysql://repl@db1 --store=/srv/relay --listen=127.0.0.1:7070\n"
    "  binferry serve mysql://repl@db1 --store=/srv/relay --semi-sync --ack=any:2\n"
    "      commits at the source wait until two followers that joined with --sync have them\n";

constexpr const char* kJoinExamples =
    "Examples:\n"
    "  binferry join ws://127.0.0.1:7070 --into shop.db --schema=shop    make the replica, or go on where it stands\n"
    "  binferry join ws://127.0.0.1:7070 --into all.db --as=report --sync\n";

void add_level(CLI::App& command, const char* name, ship::AckLevel& into, const char* text) {
  const std::map<std::string, ship::AckLevel> levels{
      {"received", ship::AckLevel::received}, {"logged", ship::AckLevel::logged}, {"applied", ship::AckLevel::applied}};
  command
      .add_option_function<std::string>(
          name, [&into, levels](const std::string& level) { into = levels.at(level); }, text)
      ->check(CLI::IsMember({"received", "logged", "applied"}))
      ->type_name("LEVEL");
}

}  // namespace

CLI::App* add_serve(CLI::App& app, ServeArguments& arguments, ServeTexts& texts, const std::string& exit_codes) {
  CLI::App* const command = app.add_subcommand("serve", "Be a hub: keep a source's logs and ship them to followers");
  command->add_option("SOURCE", arguments.source, "mysql://user@host, or a folder of logs that grow")
      ->required()
      ->type_name("");
  command->add_option("--store", arguments.store, "Folder of the relay store; it is made if it is not there")
      ->required()
      ->type_name("DIR");
  command->add_option("--listen", texts.listen, "Loopback address and port; port 0 takes any [127.0.0.1:7070]")
      ->type_name("ADDR");
  command
      ->add_option_function<std::string>(
          "--fsync",
          [&arguments](const std::string& how) {
            arguments.sync = how == "never" ? RelaySync::never : RelaySync::always;
          },
          "always: what is received is on the disk before it is shipped; never: when the system sees fit [always]")
      ->check(CLI::IsMember({"always", "never"}))
      ->type_name("HOW");
  command
      ->add_option("--ack", texts.ack,
                   "When a transaction counts as safe: async (the hub has it), any:K or all followers that joined with "
                   "--sync [async]")
      ->type_name("POLICY");
  add_level(*command, "--ack-level", arguments.ack_level,
            "How far they must be with it: received, logged or applied [applied]");
  command->add_flag("--semi-sync", arguments.semi_sync,
                    "Be a semi-synchronous replica: the source's commits wait until the policy is met");
  command->footer(std::string(kServeExamples) + "\n" + exit_codes);
  return command;
}

Status take_serve_texts(const ServeTexts& texts, ServeArguments& arguments) {
  if (!texts.listen.empty()) {
    const std::size_t colon = texts.listen.rfind(':');
    const std::string port = colon == std::string::npos ? "" : texts.listen.substr(colon + 1);
    const auto [stop, error] = std::from_chars(port.data(), port.data() + port.size(), arguments.port);
    if (colon == std::string::npos || error != std::errc{} || stop != port.data() + port.size()) {
      return fail(Errc::usage, "--listen takes an address and a port", "write it as 127.0.0.1:7070");
    }
    arguments.address = texts.listen.substr(0, colon);
    if (arguments.address.starts_with('[') && arguments.address.ends_with(']'))
      arguments.address = arguments.address.substr(1, arguments.address.size() - 2);
  }
  if (texts.ack.empty()) return {};
  Result<AckPolicy> policy = AckPolicy::parse(texts.ack);
  if (!policy) return propagate(policy, "--ack");
  arguments.ack = *policy;
  return {};
}

CLI::App* add_join(CLI::App& app, JoinArguments& arguments, const std::string& exit_codes) {
  CLI::App* const command = app.add_subcommand("join", "Follow a hub into a SQLite replica, exactly once");
  command->add_option("HUB", arguments.hub, "ws://host:port")->required()->type_name("");
  command->add_option("--into", arguments.into, "The replica's file; it is made if it is not there")
      ->required()
      ->type_name("FILE");
  command->add_option("--as", arguments.name, "How the hub lists this follower [the replica's file name]")
      ->type_name("NAME");
  command->add_option("--schema", arguments.schemas, "Only this schema, for a new replica; wildcards; repeatable")
      ->type_name("NAME")
      ->allow_extra_args(false);
  auto* const sync = command->add_flag("--sync", arguments.counts, "The hub's acknowledgement policy counts this one");
  command->add_flag_callback("--async", [] {}, "It does not, which is the default")->excludes(sync);
  command->add_flag("--strict", arguments.strict,
                    "Stop where one table cannot go on, instead of quarantining that table");
  command->footer(std::string(kJoinExamples) + "\n" + exit_codes);
  return command;
}

}  // namespace binferry::cli
