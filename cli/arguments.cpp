#include "cli/arguments.hpp"

#include "cli/datetime.hpp"

#include <CLI/CLI.hpp>

#include <memory>

#ifndef BINFERRY_VERSION
#error "the build gives the version"
#endif

namespace binferry::cli {
namespace {

constexpr const char* kExitCodes =
    "Exit codes: 0 done, 1 error, 2 usage, 3 corrupt or unreadable log, 4 source unreachable or refused,\n"
    "5 replica unusable, 6 differences found.";

constexpr const char* kInspectExamples =
    "Examples:\n"
    "  binferry inspect binlog.000001                            readable transactions\n"
    "  binferry inspect /var/lib/mysql --format=json             every log of a folder, one JSON object a change\n"
    "  binferry inspect binlog.0000* --table='shop.*' --start-datetime='2026-11-23 07:00:00'\n"
    "  binferry inspect binlog.000001 --format=sql | mysql       redo the changes on another server\n"
    "  binferry inspect binlog.000001 --coverage                 where every byte of the file went\n"
    "  zcat binlog.000001.gz | binferry inspect -                standard input\n";

constexpr const char* kTailExamples =
    "Examples:\n"
    "  binferry tail /var/lib/mysql                              new transactions as they are committed\n"
    "  binferry tail /var/lib/mysql --format=json --table=shop.orders\n"
    "  binferry tail binlog.000007 --start-position=1547\n"
    "  binferry tail /var/lib/mysql --from-start --stop-at-end   everything that is there, then end\n";

// Options whose text becomes something else when all of the command line has been taken.
struct ReadTexts {
  std::string start_datetime;
  std::string stop_datetime;
  std::string include_gtids;
  std::string exclude_gtids;
};

void add_read_options(CLI::App& command, ReadArguments& read, ReadTexts& texts) {
  const std::map<std::string, OutputFormat> formats{
      {"text", OutputFormat::text}, {"json", OutputFormat::json}, {"sql", OutputFormat::sql}};
  command
      .add_option_function<std::string>(
          "--format", [&read, formats](const std::string& name) { read.format = formats.at(name); },
          "text: readable; json: one object a row change (docs/cli-json.md); sql: statements that redo the changes "
          "[text]")
      ->check(CLI::IsMember({"text", "json", "sql"}))
      ->type_name("FORMAT");
  command.add_flag("-v,--verbose", read.verbose, "Also the original statements, where the log has them (text)");

  constexpr const char* kFilters = "Filters";
  command.add_option("--start-position", read.start_position, "Begin at this offset of the first file")
      ->type_name("N")
      ->group(kFilters);
  command
      .add_option("--stop-position", read.filter.stop_position,
                  "Stop before the first transaction that ends beyond this offset of the last file")
      ->type_name("N")
      ->group(kFilters);
  command
      .add_option("--start-datetime", texts.start_datetime,
                  "Leave out transactions that began before, 'YYYY-MM-DD HH:MM:SS' in local time, or with Z or +00:00")
      ->type_name("TIME")
      ->group(kFilters);
  command
      .add_option("--stop-datetime", texts.stop_datetime, "Stop at the first transaction that began then or later")
      ->type_name("TIME")
      ->group(kFilters);
  const auto repeatable = [&](const char* name, auto& into, const char* text, const char* type) {
    command.add_option(name, into, text)->type_name(type)->allow_extra_args(false)->group(kFilters);
  };
  repeatable("-d,--database", read.filter.databases, "Only this database; * and ? are wildcards; repeatable", "NAME");
  repeatable("--table", read.filter.tables, "Only this table, as TABLE or DATABASE.TABLE; wildcards; repeatable", "NAME");
  repeatable("--server-id", read.filter.server_ids, "Only what this server wrote first; repeatable", "N");
  command.add_option("--include-gtids", texts.include_gtids, "Only these GTIDs")->type_name("SET")->group(kFilters);
  command.add_option("--exclude-gtids", texts.exclude_gtids, "All but these GTIDs")->type_name("SET")->group(kFilters);

  constexpr const char* kKeys = "Tables and keys";
  command
      .add_option("--schema", read.schema_file,
                  "Table definitions as of the start (mysqldump --no-data), for logs without column names")
      ->type_name("FILE")
      ->group(kKeys);
  command.add_option("--key-file", read.key_file, "Key file of an encrypted MariaDB log (file_key_management)")
      ->type_name("FILE")
      ->group(kKeys);
  command.add_option("--keyring", read.keyring, "Keyring file of an encrypted MySQL log")->type_name("FILE")->group(kKeys);
}

Status take_texts(const ReadTexts& texts, ReadArguments& read) {
  const auto time = [](const std::string& text, const char* option, std::optional<std::uint32_t>& into) -> Status {
    if (text.empty()) return {};
    Result<std::uint32_t> seconds = parse_datetime(text);
    if (!seconds) return propagate(seconds, option);
    into = *seconds;
    return {};
  };
  const auto gtids = [](const std::string& text, const char* option, std::optional<AnyGtidSet>& into) -> Status {
    if (text.empty()) return {};
    Result<AnyGtidSet> set = AnyGtidSet::parse(text);
    if (!set && set.error().hint.empty()) set.error().hint = "put the set in quotes, as the server prints it";
    if (!set) return propagate(set, option);
    into = std::move(*set);
    return {};
  };
  if (Status done = time(texts.start_datetime, "--start-datetime", read.filter.start_datetime); !done) return done;
  if (Status done = time(texts.stop_datetime, "--stop-datetime", read.filter.stop_datetime); !done) return done;
  if (Status done = gtids(texts.include_gtids, "--include-gtids", read.filter.include_gtids); !done) return done;
  if (Status done = gtids(texts.exclude_gtids, "--exclude-gtids", read.filter.exclude_gtids); !done) return done;
  // From the environment, for a command line is there for everyone to read.
  if (const char* const password = std::getenv("BINFERRY_KEY_FILE_PASSWORD")) read.key_file_password = password;
  return {};
}

CLI::App* add_inspect(CLI::App& app, InspectArguments& arguments, ReadTexts& texts) {
  CLI::App* const command = app.add_subcommand("inspect", "Print transactions, changes or events of binary logs");
  command->add_option("LOG", arguments.inputs, "Log files, one folder or index file, or - for standard input")
      ->required()
      ->type_name("");
  using Mode = InspectArguments::Mode;
  auto* const modes = command->add_option_group("What to print", "At most one; row changes by default");
  const auto mode = [&](const char* name, Mode value, const char* text) {
    modes->add_flag_callback(name, [&arguments, value] { arguments.mode = value; }, text);
  };
  mode("--events", Mode::events, "One line an event, as SHOW BINLOG EVENTS");
  mode("--coverage", Mode::coverage, "Where every byte of each file went");
  mode("--stats", Mode::stats, "Changes by table, largest and longest transactions, rates over time");
  mode("-q,--quiet", Mode::quiet, "Decode and verify everything, print only a summary");
  modes->require_option(0, 1);
  add_read_options(*command, arguments.read, texts);
  command->footer(std::string(kInspectExamples) + "\n" + kExitCodes);
  return command;
}

CLI::App* add_tail(CLI::App& app, TailArguments& arguments, ReadTexts& texts) {
  CLI::App* const command = app.add_subcommand("tail", "Follow logs that grow, printing each transaction when it is whole");
  command->add_option("LOG", arguments.input, "A log file, a folder or an index file")->required()->type_name("");
  command->add_flag("--from-start", arguments.from_start, "Begin with the oldest transaction that is there [at the end]");
  command->add_option("--start-file", arguments.start_file, "Where --start-position counts, or begin at its start [the first]")
      ->type_name("NAME");
  command->add_flag("--stop-at-end", arguments.stop_at_end, "Print what is there, then end");
  add_read_options(*command, arguments.read, texts);
  command->footer(std::string(kTailExamples) + "\n" + kExitCodes);
  return command;
}

}  // namespace

Result<CommandLine> parse_arguments(int argc, const char* const* argv) {
  CLI::App app("Reads MySQL and MariaDB binary logs into exact, whole transactions.", "binferry");
  app.set_version_flag("--version", "binferry " BINFERRY_VERSION);
  app.require_subcommand(1);
  app.footer(std::string("`binferry COMMAND --help` tells more.\n\n") + kExitCodes);

  InspectArguments inspect;
  TailArguments tail;
  ReadTexts texts;
  const CLI::App* const inspect_command = add_inspect(app, inspect, texts);
  const CLI::App* const tail_command = add_tail(app, tail, texts);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success&) {  // --help or --version
    if (app.count("--version") != 0) return HelpText{app.version() + "\n"};
    return HelpText{app.help("", CLI::AppFormatMode::Normal)};
  } catch (const CLI::ParseError& error) {
    const std::vector<CLI::App*> chosen = app.get_subcommands();
    const std::string help = "binferry " + (chosen.empty() ? "" : chosen.front()->get_name() + " ") + "--help";
    return fail(Errc::usage, error.what(), "`" + help + "` shows what there is");
  }
  if (inspect_command->parsed()) {
    if (Status taken = take_texts(texts, inspect.read); !taken) return propagate(taken);
    return CommandLine(std::move(inspect));
  }
  if (tail_command->parsed()) {
    if (Status taken = take_texts(texts, tail.read); !taken) return propagate(taken);
    return CommandLine(std::move(tail));
  }
  return fail(Errc::internal, "a command without a parser");
}

}  // namespace binferry::cli
