#include "cli/arguments.hpp"

#include "applier/moment.hpp"
#include "cli/choice_option.hpp"
#include "cli/datetime.hpp"
#include "cli/duration.hpp"
#include "cli/hub_arguments.hpp"
#include "cli/parse_error.hpp"

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
    "  binferry tail /var/lib/mysql --from-start --stop-at-end   everything that is there, then end\n"
    "  binferry tail ws://127.0.0.1:7070 --format=json           what a hub gets, without a replica\n";

constexpr const char* kPositionExamples =
    "Examples:\n"
    "  binferry position show shop.db                            where a replica stands, and how old it is\n"
    "  binferry position show /var/lib/mysql                     from where to where the logs reach\n"
    "  binferry position show http://127.0.0.1:7070              a hub and its followers\n"
    "  binferry position locate /var/lib/mysql --datetime='2026-11-23 07:00:00'\n"
    "  binferry position compare shop.db /var/lib/mysql || echo 'not the same'\n"
    "  binferry position wait shop.db --gtid-set=0-1-100 --timeout=5s\n"
    "  binferry position gtid subtract \"$source\" \"$replica\"     what the replica lacks\n";

// CLI11 would take -1 for the largest number.
std::string position_mistake(const std::string& text) {
  return text.find_first_not_of("0123456789") == std::string::npos ? "" : "`" + text + "` is not a position";
}

// Options whose text becomes something else when all of the command line has been taken.
struct ReadTexts {
  std::string start_datetime;
  std::string stop_datetime;
  std::string include_gtids;
  std::string exclude_gtids;
};

void add_read_options(CLI::App& command, ReadArguments& read, ReadTexts& texts) {
  add_choice<OutputFormat>(
      command, "--format", read.format,
      {{"text", OutputFormat::text}, {"json", OutputFormat::json}, {"sql", OutputFormat::sql}},
      "text: readable; json: one object a row change (docs/cli-json.md); sql: statements that redo the changes [text]")
      ->type_name("FORMAT");
  command.add_flag("-v,--verbose", read.verbose, "Also the original statements, where the log has them (text)");

  constexpr const char* kFilters = "Filters";
  command.add_option("--start-position", read.start_position, "Begin at this offset of the first file")
      ->check(position_mistake)
      ->type_name("N")
      ->group(kFilters);
  command
      .add_option("--stop-position", read.filter.stop_position,
                  "Stop before the first transaction that ends beyond this offset of the last file")
      ->check(position_mistake)
      ->type_name("N")
      ->group(kFilters);
  command
      .add_option("--start-datetime", texts.start_datetime,
                  "Leave out transactions that began before, 'YYYY-MM-DD HH:MM:SS' in local time, or with Z or +00:00")
      ->type_name("TIME")
      ->group(kFilters);
  command.add_option("--stop-datetime", texts.stop_datetime, "Stop at the first transaction that began then or later")
      ->type_name("TIME")
      ->group(kFilters);
  const auto repeatable = [&](const char* name, auto& into, const char* text, const char* type) {
    command.add_option(name, into, text)->type_name(type)->allow_extra_args(false)->group(kFilters);
  };
  repeatable("-d,--database", read.filter.databases, "Only this database; * and ? are wildcards; repeatable", "NAME");
  repeatable("--table", read.filter.tables, "Only this table, as TABLE or DATABASE.TABLE; wildcards; repeatable",
             "NAME");
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
  command.add_option("--keyring", read.keyring, "Keyring file of an encrypted MySQL log")
      ->type_name("FILE")
      ->group(kKeys);
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

void add_login_options(CLI::App& command, LoginArguments& login) {
  command.add_option("--defaults-file", login.defaults_file, "Option file to read instead of ~/.my.cnf")
      ->type_name("FILE");
  command.add_flag("--password", login.ask_password, "Ask for the password [MYSQL_PWD, else the option file's]");
}

// An option that would be passed over in silence is refused instead.
Status check_inspect(const InspectArguments& arguments) {
  using Mode = InspectArguments::Mode;
  const TransactionFilter& filter = arguments.read.filter;
  if (arguments.mode == Mode::events && (filter.filters_tables() || filter.include_gtids || filter.exclude_gtids)) {
    return fail(Errc::usage, "--events knows neither tables nor GTIDs",
                "filter it by position, time or server id; or leave --events out");
  }
  if (arguments.mode != Mode::changes && arguments.read.format == OutputFormat::sql) {
    return fail(Errc::usage, "--format=sql is for row changes only", "use --format=text or --format=json here");
  }
  return {};
}

CLI::App* add_tail(CLI::App& app, TailArguments& arguments, ReadTexts& texts) {
  CLI::App* const command =
      app.add_subcommand("tail", "Follow logs that grow, printing each transaction when it is whole");
  command
      ->add_option("LOG", arguments.input,
                   "A log file, a folder or an index file; or mysql://…, or a hub: ws://host:port")
      ->required()
      ->type_name("");
  command->add_flag("--from-start", arguments.from_start,
                    "Begin with the oldest transaction that is there [at the end]");
  command
      ->add_option("--start-file", arguments.start_file,
                   "Where --start-position counts, or begin at its start [the first]")
      ->type_name("NAME");
  command->add_flag("--stop-at-end", arguments.stop_at_end, "Print what is there, then end");
  add_login_options(*command, arguments.login);
  add_hub_login_options(*command, arguments.hub);
  add_read_options(*command, arguments.read, texts);
  command->footer(std::string(kTailExamples) + "\n" + kExitCodes);
  return command;
}

constexpr const char* kReplayExamples =
    "Examples:\n"
    "  binferry replay /var/lib/mysql --into shop.db --schema=shop     make the replica, or go on where it stands\n"
    "  binferry replay binlog.0000* --into all.db                      every schema: tables are named \"shop.orders\"\n"
    "  binferry replay /var/lib/mysql --into shop.db --follow          go on as the logs grow\n"
    "  binferry replay binlog.000007 --start-position=1547 --schema-file=dump.sql --into new.db\n";

CLI::App* add_replay(CLI::App& app, ReplayArguments& arguments, ReadTexts& texts) {
  CLI::App* const command =
      app.add_subcommand("replay", "Apply logs to a SQLite replica, exactly once, from where it stands");
  ReadArguments& read = arguments.read;
  command->add_option("LOG", arguments.inputs, "Log files, one folder or an index file")->required()->type_name("");
  command->add_option("--into", arguments.into, "The replica's file; it is made if it is not there")
      ->required()
      ->type_name("FILE");
  command->add_flag("--follow", arguments.follow, "Go on as the logs grow, until a signal comes");
  command->add_flag("--strict", arguments.strict,
                    "Stop where one table cannot go on, instead of quarantining that table");
  command->add_option("--batch", arguments.batch, "Source transactions that share a commit while catching up [40000]")
      ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{1} << 32))
      ->type_name("N");
  command->add_flag("--durable", arguments.durable, "Sync every commit to the disk, not only the last one");

  constexpr const char* kNew = "For a new replica";
  const auto repeatable = [&](const char* name, auto& into, const char* text, const char* type, const char* group) {
    command->add_option(name, into, text)->type_name(type)->allow_extra_args(false)->group(group);
  };
  repeatable("--schema", read.filter.databases,
             "Only this schema; * and ? are wildcards; repeatable. One gives plain table names", "NAME", kNew);
  repeatable("--table", read.filter.tables, "Only this table, as TABLE or SCHEMA.TABLE; wildcards; repeatable", "NAME",
             kNew);
  command->add_option("--start-position", read.start_position, "Begin at this offset of the first file")
      ->check(position_mistake)
      ->type_name("N")
      ->group(kNew);
  command
      ->add_option("--schema-file", read.schema_file, "Tables as they are where reading begins (mysqldump --no-data)")
      ->type_name("FILE")
      ->group(kNew);
  add_choice<bool>(*command, "--decimal", arguments.decimal_real, {{"text", false}, {"real", true}},
                   "text: exact; real: a floating-point number [text]")
      ->group(kNew);
  command
      ->add_option_function<int>(
          "--lower-case-table-names", [&arguments](int value) { arguments.lower_case_names = value != 0; },
          "The source's variable; 1 and 2: names have no case, tables are named in lower case [0]")
      ->check(CLI::Range(0, 2))
      ->type_name("N")
      ->group(kNew);
  command
      ->add_option("--system-time-zone", arguments.system_time_zone,
                   "The source's variable, as UTC or an offset like +02:00: what time_zone=SYSTEM is there")
      ->check([](const std::string& zone) {
        return zone_offset_s(zone) ? std::string() : "`" + zone + "` is neither UTC nor an offset like +02:00";
      })
      ->type_name("ZONE")
      ->group(kNew);

  constexpr const char* kFilters = "Filters";
  command
      ->add_option("--stop-position", read.filter.stop_position,
                   "Stop before the first transaction that ends beyond this offset of the last file")
      ->check(position_mistake)
      ->type_name("N")
      ->group(kFilters);
  command->add_option("--stop-datetime", texts.stop_datetime, "Stop at the first transaction that began then or later")
      ->type_name("TIME")
      ->group(kFilters);
  command->add_option("--include-gtids", texts.include_gtids, "Apply only these GTIDs")
      ->type_name("SET")
      ->group(kFilters);
  command->add_option("--exclude-gtids", texts.exclude_gtids, "Apply all but these GTIDs")
      ->type_name("SET")
      ->group(kFilters);
  add_choice<BadText>(
      *command, "--bad-text", arguments.bad_text,
      {{"stop", BadText::stop}, {"hex", BadText::hex}, {"replace", BadText::replace}},
      "Text that is not valid in its character set: stop, or keep its hex digits, or replace what is wrong [stop]")
      ->group(kFilters);
  constexpr const char* kKeys = "Keys";
  command->add_option("--key-file", read.key_file, "Key file of an encrypted MariaDB log (file_key_management)")
      ->type_name("FILE")
      ->group(kKeys);
  command->add_option("--keyring", read.keyring, "Keyring file of an encrypted MySQL log")
      ->type_name("FILE")
      ->group(kKeys);
  command->footer(std::string(kReplayExamples) + "\n" + kExitCodes);
  return command;
}

constexpr const char* kFollowExamples =
    "Examples:\n"
    "  binferry follow mysql://repl@db1/shop --into shop.db              snapshot if it is new, then stream\n"
    "  binferry follow mysql://repl@db1/shop --into shop.db --semi-sync  commits at the source wait for the replica\n"
    "  binferry follow mysql://repl@db1 --source mysql://repl@db2 --into all.db\n"
    "  binferry follow mysql://repl@db1 --into all.db --no-snapshot --start-position binlog.000003:1547\n";

struct FollowTexts {
  std::string start_position;
  std::string gtid_set;
};

CLI::App* add_follow(CLI::App& app, FollowArguments& arguments, FollowTexts& texts) {
  CLI::App* const command = app.add_subcommand("follow", "Keep a SQLite replica of a live server, exactly once");
  command->add_option("SOURCE", arguments.source, "mysql://user@host:port/schema,schema?ssl-mode=…")
      ->required()
      ->type_name("");
  command->add_option("--into", arguments.into, "The replica's file; it is made if it is not there")
      ->required()
      ->type_name("FILE");
  command->add_option("--source", arguments.more_sources, "Another source to fail over to, by GTID; repeatable")
      ->allow_extra_args(false)
      ->type_name("SOURCE");
  add_login_options(*command, arguments.login);
  command->add_flag("--check", arguments.check, "Only look whether the source is fit, and say what is not");
  command->add_flag("--stop-at-current", arguments.stop_at_current, "End when what the source has now is applied");
  command->add_flag("--auto-resync", arguments.auto_resync, "Copy a table that was quarantined anew, by itself");
  using SemiSync = FollowArguments::SemiSync;
  command
      ->add_option_function<std::string>(
          "--semi-sync",
          [&arguments](const std::string& how) {
            arguments.semi_sync = how == "preferred" ? SemiSync::preferred : SemiSync::required;
          },
          "Acknowledge each commit once it is durable here: required, or preferred (go on without) [required]")
      ->expected(0, 1)
      ->default_str("required")
      ->check(CLI::IsMember({"required", "preferred"}))
      ->type_name("HOW");
  add_choice<bool>(*command, "--ack", arguments.ack_logged, {{"logged", true}, {"applied", false}},
                   "With --semi-sync, acknowledge what is applied to the replica, or logged in R.db.relay [applied]")
      ->type_name("WHEN");
  command
      ->add_option("--server-id", arguments.server_id, "Ours at the source [from the machine and the replica's path]")
      ->check(CLI::Range(1U, 4294967295U))
      ->type_name("N");
  add_status(*command, arguments.json_status);
  command->add_option("--batch", arguments.batch, "Source transactions that share a commit while catching up [1000]")
      ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{1} << 32))
      ->type_name("N");
  command->add_flag("--strict", arguments.strict,
                    "Stop where one table cannot go on, instead of quarantining that table");
  constexpr const char* kNew = "For a new replica";
  command->add_option("--schema", arguments.schemas, "Only this schema; wildcards; repeatable")
      ->allow_extra_args(false)
      ->type_name("NAME")
      ->group(kNew);
  command->add_option("--table", arguments.tables, "Only this table, as TABLE or SCHEMA.TABLE; wildcards; repeatable")
      ->allow_extra_args(false)
      ->type_name("NAME")
      ->group(kNew);
  command->add_option("--connections", arguments.connections, "That read the snapshot together [2]")
      ->check(CLI::Range(1U, 64U))
      ->type_name("N")
      ->group(kNew);
  add_on_purged(*command, arguments.on_purged, "source");
  command->add_flag("--no-snapshot", arguments.no_snapshot, "Begin empty: at the oldest log, or where is said below")
      ->group(kNew);
  command->add_option("--start-position", texts.start_position, "With --no-snapshot: begin at binlog.000003:1547")
      ->type_name("POSITION")
      ->group(kNew);
  command->add_option("--gtid-set", texts.gtid_set, "With --no-snapshot: begin behind these transactions")
      ->type_name("SET")
      ->group(kNew);
  command->add_option("--schema-file", arguments.schema_file, "With --no-snapshot: tables as they are there")
      ->type_name("FILE")
      ->group(kNew);
  command->footer(std::string(kFollowExamples) + "\n" + kExitCodes);
  return command;
}

CLI::App* add_resync(CLI::App& app, FollowArguments& arguments) {
  CLI::App* const command = app.add_subcommand("resync", "Copy tables of a replica anew from its live source");
  command->add_option("REPLICA", arguments.into, "The replica's file")->required()->type_name("");
  command->add_option("SOURCE", arguments.source, "mysql://user@host:port?ssl-mode=…")->required()->type_name("");
  command->add_option("--table", arguments.resync_tables, "This table, as TABLE or SCHEMA.TABLE [those quarantined]")
      ->allow_extra_args(false)
      ->type_name("NAME");
  add_login_options(*command, arguments.login);
  command->callback([&arguments] { arguments.is_resync = true; });
  command->footer(std::string("A `binferry follow` that runs is asked to do it beside its stream; else the next one "
                              "brings the tables to where the\n"
                              "others are.\n\n") +
                  kExitCodes);
  return command;
}

struct PositionTexts {
  std::string datetime;
  std::string gtid;
  std::string position;
  std::string gtid_set;
  std::string timeout;
};

void add_position_options(CLI::App& command, PositionArguments& arguments, PositionArguments::Action action,
                          bool reads_logs) {
  command.callback([&arguments, action] { arguments.action = action; });
  add_choice<bool>(command, "--format", arguments.json, {{"text", false}, {"json", true}},
                   "text: for people; json: one object (docs/cli-json.md) [text]")
      ->type_name("FORMAT");
  if (!reads_logs) return;
  command
      .add_option("--key-file", arguments.keys.key_file, "Key file of an encrypted MariaDB log (file_key_management)")
      ->type_name("FILE");
  command.add_option("--keyring", arguments.keys.keyring, "Keyring file of an encrypted MySQL log")->type_name("FILE");
}

CLI::App* add_position(CLI::App& app, PositionArguments& arguments, PositionTexts& texts) {
  using Action = PositionArguments::Action;
  CLI::App* const position = app.add_subcommand("position", "Tell, compare and await where replicas and logs stand");
  position->require_subcommand(1);
  position->footer(std::string(kPositionExamples) + "\n" + kExitCodes);
  const auto add = [&](CLI::App& parent, const char* name, Action action, const char* text, const char* operands,
                       const char* operands_text, int fewest, int most) {
    CLI::App* const command = parent.add_subcommand(name, text);
    command->add_option(operands, arguments.operands, operands_text)->required()->expected(fewest, most)->type_name("");
    add_position_options(*command, arguments, action, action < Action::wait);
    command->footer(kExitCodes);
    return command;
  };
  constexpr int kMany = 1 << 20;
  CLI::App* const show =
      add(*position, "show", Action::show, "Where a replica or a hub stands, or from where to where logs reach", "WHAT",
          "A replica, a log file, a folder of logs or an index file; or a hub: http://host:port", 1, 1);
  add_hub_login_options(*show, arguments.hub);

  CLI::App* const locate =
      add(*position, "locate", Action::locate, "The file:offset where a moment or a transaction begins", "LOGS",
          "A folder of logs, an index file or a log file", 1, 1);
  auto* const what = locate->add_option_group("What to find");
  what->add_option("--datetime", texts.datetime, "The first transaction that began then or later")->type_name("TIME");
  what->add_option("--gtid", texts.gtid, "This transaction")->type_name("GTID");
  what->require_option(1);

  add(*position, "compare", Action::compare, "Equal, ahead, behind (by what) or diverged; exit code 0 or 6", "A",
      "Two of: a replica, logs, a GTID set", 2, 2);

  CLI::App* const wait = add(*position, "wait", Action::wait,
                             "Wait until a replica has what is asked for; exit code 0, or 1 if it has not", "REPLICA",
                             "The replica's file; it may yet have to be made", 1, 1);
  auto* const goal = wait->add_option_group("What to wait for");
  goal->add_option("--position", texts.position, "The source's log up to here, as binlog.000003:1547")
      ->type_name("POSITION");
  goal->add_option("--gtid-set", texts.gtid_set, "All of these transactions")->type_name("SET");
  goal->require_option(1, 2);
  wait->add_option("--timeout", texts.timeout, "How long, as 500ms, 5s, 2m or 1h [for ever]")->type_name("TIME");

  CLI::App* const gtid = position->add_subcommand("gtid", "Arithmetic of GTID sets, MySQL's (tags too) and MariaDB's");
  gtid->require_subcommand(1);
  const auto add_gtid = [&](const char* name, Action action, const char* text, int fewest) {
    add(*gtid, name, action, text, "SET", "GTID sets", fewest, kMany);
  };
  add_gtid("union", Action::gtid_union, "What is in any of them", 1);
  add_gtid("subtract", Action::gtid_subtract, "What is in the first and in none of the others", 2);
  add_gtid("intersect", Action::gtid_intersect, "What is in all of them", 2);
  add_gtid("contains", Action::gtid_contains, "Whether the first has all of the others; exit code 0 or 6", 2);
  add_gtid("count", Action::gtid_count, "How many transactions are in any of them", 1);
  return position;
}

Status take_follow_texts(const FollowTexts& texts, FollowArguments& arguments) {
  if (!texts.start_position.empty()) {
    Result<BinlogPosition> position = BinlogPosition::parse(texts.start_position);
    if (!position) return propagate(position, "--start-position");
    arguments.start_position = std::move(*position);
  }
  if (!texts.gtid_set.empty()) {
    Result<AnyGtidSet> set = AnyGtidSet::parse(texts.gtid_set);
    if (!set) return propagate(set, "--gtid-set");
    arguments.start_gtids = std::move(*set);
  }
  if (arguments.start_position && arguments.start_gtids) {
    return fail(Errc::usage, "--start-position and --gtid-set both say where to begin", "give one of them");
  }
  if (arguments.ack_logged && arguments.semi_sync == FollowArguments::SemiSync::off) {
    return fail(Errc::usage, "--ack says when to acknowledge, and without --semi-sync nothing is acknowledged",
                "give --semi-sync, too");
  }
  if ((arguments.start_position || arguments.start_gtids || !arguments.schema_file.empty()) && !arguments.no_snapshot) {
    return fail(Errc::usage, "a snapshot tells its own position", "give --no-snapshot, too");
  }
  return {};
}

Status take_position_texts(const PositionTexts& texts, PositionArguments& arguments) {
  const auto take = [](const std::string& text, const char* option, auto parse, auto& into) -> Status {
    if (text.empty()) return {};
    auto parsed = parse(text);
    if (!parsed) return propagate(parsed, option);
    into = std::move(*parsed);
    return {};
  };
  if (Status done = take(texts.datetime, "--datetime", parse_datetime, arguments.datetime); !done) return done;
  if (Status done = take(texts.gtid, "--gtid", parse_any_gtid, arguments.gtid); !done) return done;
  if (Status done = take(texts.position, "--position", BinlogPosition::parse, arguments.position); !done) return done;
  if (Status done = take(texts.gtid_set, "--gtid-set", AnyGtidSet::parse, arguments.gtid_set); !done) return done;
  if (Status done = take(texts.timeout, "--timeout", parse_duration_ms, arguments.timeout_ms); !done) return done;
  if (const char* const password = std::getenv("BINFERRY_KEY_FILE_PASSWORD"))
    arguments.keys.key_file_password = password;
  return {};
}

}  // namespace

Result<CommandLine> parse_arguments(int argc, const char* const* argv) {
  CLI::App app("Reads MySQL and MariaDB binary logs into exact, whole transactions.", "binferry");
  app.set_version_flag("--version", "binferry " BINFERRY_VERSION);
  app.require_subcommand(1);
  app.footer(std::string("`binferry COMMAND --help` tells more.\n\n") + kExitCodes);

  InspectArguments inspect;
  TailArguments tail;
  PositionArguments position;
  ReadTexts texts;
  PositionTexts position_texts;
  const CLI::App* const inspect_command = add_inspect(app, inspect, texts);
  const CLI::App* const tail_command = add_tail(app, tail, texts);
  ReplayArguments replay;
  const CLI::App* const replay_command = add_replay(app, replay, texts);
  FollowArguments follow;
  FollowTexts follow_texts;
  const CLI::App* const follow_command = add_follow(app, follow, follow_texts);
  const CLI::App* const resync_command = add_resync(app, follow);
  ServeArguments serve;
  ServeTexts serve_texts;
  const CLI::App* const serve_command = add_serve(app, serve, serve_texts, kExitCodes);
  JoinArguments join;
  const CLI::App* const join_command = add_join(app, join, kExitCodes);
  const CLI::App* const position_command = add_position(app, position, position_texts);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success&) {  // --help or --version
    if (app.count("--version") != 0) return HelpText{app.version() + "\n"};
    return HelpText{app.help("", CLI::AppFormatMode::Normal)};
  } catch (const CLI::ParseError& error) {
    return parse_error(app, error, argc, argv);
  }
  if (inspect_command->parsed()) {
    if (Status taken = take_texts(texts, inspect.read); !taken) return propagate(taken);
    if (Status fit = check_inspect(inspect); !fit) return propagate(fit);
    return CommandLine(std::move(inspect));
  }
  if (tail_command->parsed()) {
    if (Status taken = take_texts(texts, tail.read); !taken) return propagate(taken);
    return CommandLine(std::move(tail));
  }
  if (replay_command->parsed()) {
    if (replay.follow && replay.inputs.size() != 1) {
      return fail(Errc::usage, "--follow takes one folder, index file or log file");
    }
    if (Status taken = take_texts(texts, replay.read); !taken) return propagate(taken);
    return CommandLine(std::move(replay));
  }
  if (resync_command->parsed()) return CommandLine(std::move(follow));
  if (follow_command->parsed()) {
    if (Status taken = take_follow_texts(follow_texts, follow); !taken) return propagate(taken);
    return CommandLine(std::move(follow));
  }
  if (serve_command->parsed()) {
    if (Status taken = take_serve_texts(serve_texts, serve); !taken) return propagate(taken);
    return CommandLine(std::move(serve));
  }
  if (join_command->parsed()) return CommandLine(std::move(join));
  if (position_command->parsed()) {
    if (Status taken = take_position_texts(position_texts, position); !taken) return propagate(taken);
    return CommandLine(std::move(position));
  }
  return fail(Errc::internal, "a command without a parser");
}

}  // namespace binferry::cli
