#include "cli/report.hpp"

#include <cstdio>
#include <string>

namespace binferry::cli {
namespace {

// Texts from a log may hold anything; a message is one line and does nothing to a terminal.
std::string one_line(std::string_view text) {
  std::string line;
  for (const char c : text) {
    if (c == '\n') {
      line += "; ";
    } else {
      line += static_cast<unsigned char>(c) < 0x20 || c == 0x7F ? ' ' : c;
    }
  }
  return line;
}

void print(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stderr);
}

}  // namespace

ExitCode exit_code_of(Errc code) {
  switch (code) {
    case Errc::usage: return kUsage;
    case Errc::truncated:
    case Errc::corrupt:
    case Errc::checksum:
    case Errc::limit:
    case Errc::unsupported:
    case Errc::unknown_event:
    case Errc::out_of_order:
    case Errc::incident:
    case Errc::encrypted:
    case Errc::statement_based:
    case Errc::ddl:
    case Errc::schema_mismatch:
    case Errc::undecodable: return kBadInput;
    case Errc::connection:
    case Errc::timeout:
    case Errc::refused:
    case Errc::purged:
    case Errc::wrong_source:
    case Errc::protocol: return kBadSource;
    case Errc::diverged:
    case Errc::replica:
    case Errc::busy: return kBadReplica;
    case Errc::io:
    case Errc::not_found:
    case Errc::no_space:
    case Errc::cancelled:
    case Errc::internal: return kFailed;
  }
  return kFailed;
}

ExitCode report(const Error& error) {
  std::string text = "binferry: " + one_line(error.message()) + '\n';
  if (!error.hint.empty()) text += "  hint: " + one_line(error.hint) + '\n';
  print(text);
  return exit_code_of(error.code);
}

void note(std::string_view text) {
  print("binferry: note: " + one_line(text) + '\n');
}

}  // namespace binferry::cli
