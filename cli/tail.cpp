#include "binlog/source/mysql/server_state.hpp"
#include "binlog/source/mysql_source.hpp"
#include "binlog/source/tail_source.hpp"
#include "binlog/source/transaction_stream.hpp"
#include "cli/commands.hpp"
#include "cli/reading.hpp"
#include "cli/report.hpp"
#include "cli/server_address.hpp"
#include "cli/signals.hpp"
#include "cli/transaction_printer.hpp"

namespace binferry::cli {
namespace {

// How long a signal may go unseen while nothing happens.
constexpr int kWaitMs = 200;

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

// Prints what comes until the end, a signal, or a closed pipe. Groups of the first file that end at or before
// `history_end` were there before.
Status print_stream(EventSource& source, std::uint64_t history_end, const ReadArguments& read, Catalogue& catalogue) {
  Output output;
  TransactionStream stream(source);
  TransactionPrinter printer(make_formatter(read, output.wants_colour()), read.filter, catalogue, output);
  bool in_first_file = true;
  while (!stop_requested() && !output.is_closed()) {
    Result<TransactionStream::Item> item = stream.next();
    if (!item) return propagate(item);
    switch (*item) {
      case TransactionStream::Item::transaction: {
        if (in_first_file && stream.transaction().end <= history_end) {
          if (Status learned = printer.skip(stream.transaction()); !learned) return learned;
          break;
        }
        Result<TransactionFilter::Judgement> judgement = printer.print(stream.transaction());
        if (!judgement) return propagate(judgement);
        if (judgement->verdict == TransactionFilter::Verdict::stop) return {};
        if (Status flushed = output.flush(); !flushed) return flushed;
        break;
      }
      case TransactionStream::Item::file_begin: break;
      case TransactionStream::Item::file_end: in_first_file = false; break;
      case TransactionStream::Item::wait:
        if (Status waited = source.wait(kWaitMs); !waited) return waited;
        break;
      case TransactionStream::Item::end: return {};
    }
  }
  return {};
}

Status tail_files(const TailArguments& arguments) {
  Result<Keys> keys = load_keys(arguments.read);
  if (!keys) return propagate(keys);
  Result<Catalogue> catalogue = load_catalogue(arguments.read);
  if (!catalogue) return propagate(catalogue);
  Result<std::unique_ptr<TailSource>> opened = TailSource::open(arguments.input, tail_options(arguments, *keys));
  if (!opened) return propagate(opened);
  return print_stream(**opened, (*opened)->history_end(), arguments.read, *catalogue);
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
  Result<std::unique_ptr<MysqlSource>> source = MysqlSource::open(*address, options);
  if (!source) return propagate(source);
  return print_stream(**source, 0, read, *catalogue);
}

}  // namespace

int run_tail(const TailArguments& arguments) {
  const Status done =
      arguments.input.starts_with(mysql::kAddressPrefix) ? tail_server(arguments) : tail_files(arguments);
  return done ? kDone : report(done.error());
}

}  // namespace binferry::cli
