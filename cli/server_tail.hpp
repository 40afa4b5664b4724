// A live server's changes printed, over as many connections as it takes: nothing twice, nothing left out.
#pragma once

#include "binlog/source/mysql_source.hpp"
#include "cli/stream_printer.hpp"
#include "position/checkpoint.hpp"

#include <cstdint>
#include <map>
#include <string>

namespace binferry::cli {

class ServerTail {
 public:
  // `options` has the place to begin at. Both of the others must outlive it.
  ServerTail(const mysql::Address& address, MysqlSourceOptions options, StreamPrinter& printer);

  // Until the end that `options` ask for, or a signal. A connection that breaks is made again behind what was printed.
  // Errors: the first connection's, whatever it is; later what a new connection does not mend: `purged`, `diverged`,
  // `wrong_source` and what StreamPrinter says.
  Status run();

 private:
  Status stream();
  Status enter(const MysqlSource& source);
  Status check_file(const RawEvent& event);

  const mysql::Address& address_;
  MysqlSourceOptions options_;
  StreamPrinter& printer_;
  SourceIdentity known_;
  std::string created_file_;  // the file that we stand in, and when it was begun
  std::uint32_t created_ = 0;
  Status file_status_;
  bool connected_ = false;
  bool heard_ = false;  // over this connection
  bool in_first_file_ = true;
};

}  // namespace binferry::cli
