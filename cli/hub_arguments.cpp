#include "cli/hub_arguments.hpp"

#include "cli/choice_option.hpp"
#include "cli/duration.hpp"

#include <CLI/CLI.hpp>
#include <charconv>

namespace binferry::cli {
namespace {

constexpr const char* kServeExamples =
    "Examples:\n"
    "  binferry serve /var/lib/mysql --store=/srv/relay                  a folder of logs that grow\n"
    "  binferry serve mysql://repl@db1 --store=/srv/relay --listen=127.0.0.1:7070\n"
    "  binferry serve mysql://repl@db1 --store=/srv/relay --semi-sync --ack=any:2\n"
    "      commits at the source wait until two followers that joined with --sync have them\n"
    "  binferry serve mysql://repl@db1 --store=/srv/relay --keep=7d,200GB,slowest-follower\n"
    "  binferry serve mysql://repl@db1 --store=/srv/relay --listen=0.0.0.0:7070 --tls-cert=hub.pem --tls-key=hub.key "
    "--token-file=tokens\n";

constexpr const char* kJoinExamples =
    "Examples:\n"
    "  binferry join ws://127.0.0.1:7070 --into shop.db --schema=shop    make the replica from the hub's snapshot, or\n"
    "                                                                    go on where it stands\n"
    "  binferry join ws://127.0.0.1:7070 --into all.db --as=report --sync\n"
    "  binferry join wss://hub.example:7070 --into all.db --token-file=token --ssl-ca=ca.pem\n";

void add_level(CLI::App& command, const char* name, ship::AckLevel& into, const char* text) {
  using ship::AckLevel;
  add_choice<AckLevel>(command, name, into,
                       {{"received", AckLevel::received}, {"logged", AckLevel::logged}, {"applied", AckLevel::applied}},
                       text)
      ->type_name("LEVEL");
}

}  // namespace

void add_on_purged(CLI::App& command, FollowArguments::OnPurged& into, const std::string& whose) {
  using OnPurged = FollowArguments::OnPurged;
  add_choice<OnPurged>(
      command, "--on-purged", into, {{"stop", OnPurged::stop}, {"reseed", OnPurged::reseed}},
      "If the " + whose + " has purged what the replica needs: stop, or reseed from a new snapshot [stop]");
}

void add_status(CLI::App& command, bool& is_json) {
  add_choice<bool>(command, "--status", is_json, {{"line", false}, {"json", true}},
                   "line: on a terminal; json: one object a second on standard output [line]");
}

CLI::App* add_serve(CLI::App& app, ServeArguments& arguments, ServeTexts& texts, const std::string& exit_codes) {
  CLI::App* const command = app.add_subcommand("serve", "Be a hub: keep a source's logs and ship them to followers");
  command->add_option("SOURCE", arguments.source, "mysql://user@host, or a folder of logs that grow")
      ->required()
      ->type_name("");
  command->add_option("--store", arguments.store, "Folder of the relay store; it is made if it is not there")
      ->required()
      ->type_name("DIR");
  command
      ->add_option(
          "--listen", texts.listen,
          "Address and port; port 0 takes any. Other addresses than loopback need TLS and tokens [127.0.0.1:7070]")
      ->type_name("ADDR");
  auto* const cert = command->add_option("--tls-cert", arguments.tls_cert, "The hub's certificate and its chain, PEM");
  auto* const key = command->add_option("--tls-key", arguments.tls_key, "Its key, PEM, that nobody else may read");
  cert->type_name("FILE")->needs(key);
  key->type_name("FILE")->needs(cert);
  command
      ->add_option("--tls-client-ca", arguments.tls_client_ca,
                   "Let in only peers with a certificate of these authorities, PEM")
      ->type_name("FILE")
      ->needs(cert);
  command
      ->add_option("--token-file", arguments.token_file,
                   "Who may do what, a line each: NAME read|follow|admin TOKEN. Nobody else may use the file")
      ->type_name("FILE");
  add_choice<RelaySync>(
      *command, "--fsync", arguments.sync, {{"always", RelaySync::always}, {"never", RelaySync::never}},
      "always: what is received is on the disk before it is shipped; never: when the system sees fit [always]");
  command
      ->add_option("--ack", texts.ack,
                   "When a transaction counts as safe: async (the hub has it), any:K or all followers that joined with "
                   "--sync [async]")
      ->type_name("POLICY");
  command
      ->add_option("--ack-timeout", texts.ack_timeout,
                   "How long a commit may wait for followers: then the hub acknowledges by itself, and says so, until "
                   "enough have caught up (10s; 0: wait for ever) [0]")
      ->type_name("TIME");
  add_level(*command, "--ack-level", arguments.ack_level,
            "How far they must be with it: received, logged or applied [applied]");
  command->add_flag("--semi-sync", arguments.semi_sync,
                    "Be a semi-synchronous replica: the source's commits wait until the policy is met");
  command
      ->add_option(
          "--keep", texts.keep,
          "Which logs the store keeps: by age (1d), by size (50GB), slowest-follower: in spite of both, what a "
          "connected follower needs [everything]")
      ->type_name("RULES");
  add_choice<bool>(*command, "--seed", arguments.seed, {{"keep", true}, {"off", false}},
                   "keep: a replica of the hub's own, of which new followers get a copy; off: they begin with the "
                   "oldest log [keep]");
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
  if (!texts.ack.empty()) {
    Result<AckPolicy> policy = AckPolicy::parse(texts.ack);
    if (!policy) return propagate(policy, "--ack");
    arguments.ack = *policy;
  }
  if (!texts.ack_timeout.empty()) {
    Result<std::uint64_t> timeout = parse_duration_ms(texts.ack_timeout);
    if (!timeout) return propagate(timeout, "--ack-timeout");
    arguments.ack_timeout_ms = *timeout;
  }
  if (!texts.keep.empty()) {
    Result<KeepPolicy> keep = KeepPolicy::parse(texts.keep);
    if (!keep) return propagate(keep, "--keep");
    arguments.keep = *keep;
  }
  return {};
}

void add_hub_login_options(CLI::App& command, HubLoginArguments& login) {
  auto* const file = command.add_option("--token-file", login.token_file, "A file that holds our token at the hub");
  file->type_name("FILE");
  command.add_option("--token-env", login.token_env, "An environment variable that holds it")
      ->type_name("NAME")
      ->excludes(file);
  command
      .add_option("--ssl-ca", login.ssl_ca, "With wss: authorities that the hub must prove itself by [the system's]")
      ->type_name("FILE");
  command.add_option("--ssl-cert", login.ssl_cert, "With wss: our certificate, where the hub asks for one")
      ->type_name("FILE");
  command.add_option("--ssl-key", login.ssl_key, "Its key, if it is not in the same file")->type_name("FILE");
}

CLI::App* add_join(CLI::App& app, JoinArguments& arguments, const std::string& exit_codes) {
  CLI::App* const command = app.add_subcommand("join", "Follow a hub into a SQLite replica, exactly once");
  command->add_option("HUB", arguments.hub, "ws://host:port, or wss:// with TLS")->required()->type_name("");
  command->add_option("--into", arguments.into, "The replica's file; it is made if it is not there")
      ->required()
      ->type_name("FILE");
  add_hub_login_options(*command, arguments.login);
  command->add_option("--as", arguments.name, "How the hub lists this follower [the replica's file name]")
      ->type_name("NAME");
  command->add_option("--schema", arguments.schemas, "Only this schema, for a new replica; wildcards; repeatable")
      ->type_name("NAME")
      ->allow_extra_args(false);
  command->add_option("--table", arguments.tables, "Only this table, the same way: table or schema.table")
      ->type_name("NAME")
      ->allow_extra_args(false);
  auto* const sync = command->add_flag("--sync", arguments.counts, "The hub's acknowledgement policy counts this one");
  command->add_flag_callback("--async", [] {}, "It does not, which is the default")->excludes(sync);
  add_level(
      *command, "--ack", arguments.ack,
      "What it acknowledges: received, as soon as a transaction is whole in memory, and again when it is applied; "
      "logged, as soon as it is on the disk in R.db.relay, and again when it is applied; applied: committed and on the "
      "disk");
  command->add_flag("--no-snapshot", arguments.no_snapshot,
                    "Begin empty, with the hub's oldest log, instead of with a snapshot");
  add_on_purged(*command, arguments.on_purged, "hub");
  command->add_flag("--auto-resync", arguments.auto_resync,
                    "When a table is quarantined, make the replica again from the hub's snapshot");
  command->add_flag("--stop-at-current", arguments.stop_at_current, "End when what the hub has now is applied");
  add_status(*command, arguments.json_status);
  command->add_flag("--strict", arguments.strict,
                    "Stop where one table cannot go on, instead of quarantining that table");
  command->footer(std::string(kJoinExamples) + "\n" + exit_codes);
  return command;
}

}  // namespace binferry::cli
