#include "cli/coverage_report.hpp"

#include "binlog/format/json_string.hpp"

#include <fmt/format.h>

#include <iterator>

namespace binferry::cli {
namespace {

using Buckets = std::map<std::string, std::uint64_t, std::less<>>;

void append_buckets_text(const Buckets& buckets, std::string& out) {
  for (const auto& [name, bytes] : buckets) fmt::format_to(std::back_inserter(out), "    {:<22}{:>16}\n", name, bytes);
}

void append_buckets_json(const Buckets& buckets, std::string& out) {
  out += '{';
  bool first = true;
  for (const auto& [name, bytes] : buckets) {
    if (!first) out += ',';
    first = false;
    append_json_quoted(name, out);
    out += ':' + std::to_string(bytes);
  }
  out += '}';
}

}  // namespace

void append_coverage_text(const FileCoverage& coverage, std::string& out) {
  const auto line = [&out](std::string_view name, std::uint64_t bytes) {
    fmt::format_to(std::back_inserter(out), "  {:<24}{:>16}\n", name, bytes);
  };
  fmt::format_to(std::back_inserter(out), "{}  {} bytes\n", coverage.file, coverage.bytes);
  line("delivered", coverage.delivered);
  line("filtered", coverage.filtered());
  append_buckets_text(coverage.filtered_by_rule(), out);
  line("inert", coverage.inert());
  append_buckets_text(coverage.inert_by_kind(), out);
  line("unknown", coverage.unknown());
}

void append_coverage_json(const FileCoverage& coverage, std::string& out) {
  out += R"({"file":)";
  append_json_quoted(coverage.file, out);
  fmt::format_to(std::back_inserter(out), R"(,"bytes":{},"delivered":{},"filtered":{},"inert":{},"unknown":{})",
                 coverage.bytes, coverage.delivered, coverage.filtered(), coverage.inert(), coverage.unknown());
  out += R"(,"filtered_by":)";
  append_buckets_json(coverage.filtered_by_rule(), out);
  out += R"(,"inert_by":)";
  append_buckets_json(coverage.inert_by_kind(), out);
  out += "}\n";
}

}  // namespace binferry::cli
