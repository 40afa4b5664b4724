#include "cli/server_address.hpp"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <random>
#include <string_view>

#include <termios.h>
#include <unistd.h>

namespace binferry::cli {
namespace {

std::string environment(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? std::string() : value;
}

// FNV-1a: spread well enough for an identity, and the same on every run.
std::uint64_t hash_of(std::string_view text, std::uint64_t basis) {
  std::uint64_t hash = basis;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3ULL;
  return hash ^ (hash >> 32);
}

}  // namespace

Result<std::optional<Secret>> ask_password(const LoginArguments& arguments) {
  if (!arguments.ask_password) {
    if (std::string password = environment("MYSQL_PWD"); !password.empty()) {
      return std::optional<Secret>(Secret(std::move(password)));
    }
    return std::optional<Secret>();
  }
  if (::isatty(STDIN_FILENO) == 0) {
    return fail(Errc::usage, "--password asks at a terminal, and there is none",
                "put the password into ~/.my.cnf or MYSQL_PWD");
  }
  termios before{};
  ::tcgetattr(STDIN_FILENO, &before);
  termios silent = before;
  silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
  std::fputs("Password: ", stderr);
  ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
  std::string password;
  std::getline(std::cin, password);
  ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
  std::fputc('\n', stderr);
  return std::optional<Secret>(Secret(std::move(password)));
}

Result<mysql::Address> server_address(const std::string& text, const LoginArguments& arguments,
                                      const std::optional<Secret>& asked) {
  return mysql::load_address(
      text, {.home = environment("HOME"), .defaults_file = arguments.defaults_file, .password = asked});
}

void take_random_identity(mysql::DumpOptions& dump) {
  std::random_device random;
  dump.server_id = random() | 0x8000'0000U;
  for (std::uint8_t& byte : dump.replica_uuid.bytes) byte = static_cast<std::uint8_t>(random());
}

void take_identity_of(const std::string& replica, mysql::DumpOptions& dump) {
  std::array<char, 256> host{};
  ::gethostname(host.data(), host.size() - 1);
  std::error_code ignored;
  const std::string self =
      std::string(host.data()) + '\0' + std::filesystem::weakly_canonical(replica, ignored).string();
  const std::uint64_t low = hash_of(self, 0xCBF29CE484222325ULL);
  const std::uint64_t high = hash_of(self, 0x84222325CBF29CE4ULL);
  dump.server_id = static_cast<std::uint32_t>(low) | 0x8000'0000U;
  for (std::size_t i = 0; i < dump.replica_uuid.bytes.size(); ++i) {
    const std::uint64_t half = i < 8 ? low : high;
    dump.replica_uuid.bytes[i] = static_cast<std::uint8_t>(half >> (8 * (i % 8)));
  }
}

}  // namespace binferry::cli
