// What every command that keeps a replica does to it first, and says of it last.
#pragma once

#include "applier/applier.hpp"
#include "applier/relay_log.hpp"
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

// The relay log of the replica at `path`, if it is wanted, or if an earlier run left one: then what that holds is
// applied first, for it was acknowledged, and it is removed. Null: there is none.
Result<std::unique_ptr<RelayLog>> open_relay(const std::string& path, bool is_wanted, SqliteApplier& applier);

// Names the tables that stand still: kDifferences if there are any.
ExitCode report_quarantined(SqliteApplier& applier);

}  // namespace binferry::cli
