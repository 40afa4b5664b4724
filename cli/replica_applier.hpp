// What every command that keeps a replica does to it first, and says of it last.
#pragma once

#include "applier/applier.hpp"
#include "cli/report.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace binferry::cli {

// By the system's clock, microseconds since 1970.
std::uint64_t now_us();

// What a new replica of these schemas (patterns; empty: all) is to be: plain table names if there can be only one.
ReplicaOptions options_of_schemas(std::vector<std::string> schemas, std::vector<std::string> tables);

// The applier of an opened replica, with the replica's own choice of tables, this clock, and notes on standard error.
// `options` gives the rest.
Result<std::unique_ptr<SqliteApplier>> make_applier(std::unique_ptr<Replica> replica, Durability durability,
                                                    ApplierOptions options);

// Names the tables that stand still: kDifferences if there are any.
ExitCode report_quarantined(SqliteApplier& applier);

}  // namespace binferry::cli
