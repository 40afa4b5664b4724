// From a `mysql://…` operand to an address one can log in to: option files, MYSQL_PWD, a prompt. And who we are there.
#pragma once

#include "binlog/base/result.hpp"
#include "binlog/source/mysql/address.hpp"
#include "binlog/source/mysql/dump_session.hpp"

#include <optional>
#include <string>

namespace binferry::cli {

struct LoginArguments {
  std::string defaults_file{};  // read instead of ~/.my.cnf
  bool ask_password = false;    // at the terminal
};

// Asked for once: the password of all sources of one command. Errors: `usage` without a terminal.
Result<std::optional<Secret>> ask_password(const LoginArguments& arguments);

// Errors: as load_address().
Result<mysql::Address> server_address(const std::string& text, const LoginArguments& arguments,
                                      const std::optional<Secret>& asked);

// A reader that comes and goes registers under an identity of the moment, so that it throws no replica out.
void take_random_identity(mysql::DumpOptions& dump);
// A replica keeps its identity over restarts: it follows from the machine's name and the replica's place, so that a
// copy elsewhere is another one.
void take_identity_of(const std::string& replica, mysql::DumpOptions& dump);

}  // namespace binferry::cli
