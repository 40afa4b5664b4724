#include "binlog/ship/hub_fetch.hpp"
#include "binlog/ship/hub_source.hpp"
#include "binlog/source/mysql/server_state.hpp"
#include "binlog/source/tail_source.hpp"
#include "cli/commands.hpp"
#include "cli/hub_login.hpp"
#include "cli/hub_status.hpp"
#include "cli/reading.hpp"
#include "cli/report.hpp"
#include "cli/server_address.hpp"
#include "cli/server_tail.hpp"
#include "cli/stream_printer.hpp"

#include <fmt/format.h>
#include <unistd.h>

namespace binferry::cli {
namespace {

constexpr int kHubTimeoutMs = 10'000;

TailOptions tail_options(const TailArguments& arguments, const Keys& keys) {
  TailOptions options;
  options.file.mariadb_keys = keys.mariadb_or_null();
  options.file.mysql_keyring = keys.mysql_or_null();
  options.stop_at_end = arguments.stop_at_end;
  options.start_file = arguments.start_file;
  if (arguments.read.start_position || !arguments.start_file.empty()) {
    options.start = TailStart::at_position;
    options.start_offset = arguments.read.start_position.value_or(kFirstEventOffset);
  } else if (arguments.from_start) {
    options.start = TailStart::from_start;
  }
  return options;
}

Status tail_files(const TailArguments& arguments) {
  Result<Keys> keys = load_keys(arguments.read);
  if (!keys) return propagate(keys);
  Result<Catalogue> catalogue = load_catalogue(arguments.read);
  if (!catalogue) return propagate(catalogue);
  Result<std::unique_ptr<TailSource>> opened = TailSource::open(arguments.input, tail_options(arguments, *keys));
  if (!opened) return propagate(opened);
  return StreamPrinter(arguments.read, *catalogue).print(**opened, (*opened)->history_end());
}

Status tail_server(const TailArguments& arguments) {
  Result<std::optional<Secret>> password = ask_password(arguments.login);
  if (!password) return propagate(password);
  Result<mysql::Address> address = server_address(arguments.input, arguments.login, *password);
  if (!address) return propagate(address);
  Result<Catalogue> catalogue = load_catalogue(arguments.read);
  if (!catalogue) return propagate(catalogue);
  MysqlSourceOptions options;
  take_random_identity(options.dump);
  options.dump.stop_at_end = arguments.stop_at_end;
  if (arguments.read.start_position || !arguments.start_file.empty()) {
    options.dump.position = {arguments.start_file, arguments.read.start_position.value_or(kFirstEventOffset)};
  } else if (!arguments.from_start) {
    Result<std::unique_ptr<mysql::Connection>> connection = mysql::Connection::open(*address);
    if (!connection) return propagate(connection);
    Result<BinlogPosition> end = mysql::current_position(**connection);
    if (!end) return propagate(end);
    options.dump.position = std::move(*end);
  }
  ReadArguments read = arguments.read;
  if (read.filter.databases.empty()) read.filter.databases = address->schemas;
  StreamPrinter printer(read, *catalogue);
  return ServerTail(*address, std::move(options), printer).run();
}

// Where the hub's log ends now.
Result<BinlogPosition> end_of_hub(const HubAddress& hub) {
  Result<std::string> status = get_from_hub(hub, "/status.json", kHubTimeoutMs);
  if (!status) return propagate(status);
  Result<std::optional<BinlogPosition>> end = hub_status_position(*status);
  if (!end) return propagate(end, hub.text());
  return end->value_or(BinlogPosition{});
}

Status tail_hub(const TailArguments& arguments) {
  Result<HubAddress> hub = hub_address(arguments.input, arguments.hub);
  if (!hub) return propagate(hub);
  Result<Catalogue> catalogue = load_catalogue(arguments.read);
  if (!catalogue) return propagate(catalogue);
  HubSourceOptions options;
  options.name = fmt::format("tail-{}", ::getpid());
  if (arguments.read.start_position || !arguments.start_file.empty()) {
    if (arguments.start_file.empty()) {
      return fail(Errc::usage, "--start-position counts in a file", "name it by --start-file");
    }
    options.position = {arguments.start_file, arguments.read.start_position.value_or(kFirstEventOffset)};
  } else if (!arguments.from_start) {
    Result<BinlogPosition> end = end_of_hub(*hub);
    if (!end) return propagate(end);
    options.position = std::move(*end);
  }
  Result<std::unique_ptr<HubSource>> source = HubSource::open(*hub, options);
  if (!source) return propagate(source);
  HubSource& from = **source;
  StreamPrinter printer(arguments.read, *catalogue);
  // So that the hub can tell how far it lags; it is no replica, and applies nothing.
  printer.on_transaction = [&from](const Transaction& transaction) {
    return from.acknowledge(ship::AckLevel::received, {transaction.file, transaction.end});
  };
  if (arguments.stop_at_end) printer.is_at_end = [&from] { return from.tip() && from.is_drained(); };
  return printer.print(from);
}

}  // namespace

int run_tail(const TailArguments& arguments) {
  const Status done = is_hub_address(arguments.input)                      ? tail_hub(arguments)
                      : arguments.input.starts_with(mysql::kAddressPrefix) ? tail_server(arguments)
                                                                           : tail_files(arguments);
  return done ? kDone : report(done.error());
}

}  // namespace binferry::cli
