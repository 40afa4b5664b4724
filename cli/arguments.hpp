// The command line as plain values: one struct a command. Only arguments.cpp knows how they are parsed.
#pragma once

#include "applier/cell.hpp"
#include "binlog/base/result.hpp"
#include "binlog/coordinates/binlog_position.hpp"
#include "binlog/filter.hpp"
#include "binlog/ship/relay_store.hpp"
#include "binlog/ship/retention.hpp"
#include "binlog/ship/ship_frame.hpp"
#include "cli/hub_login.hpp"
#include "cli/server_address.hpp"
#include "position/ack_policy.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace binferry::cli {

enum class OutputFormat : std::uint8_t { text, json, sql };

// What every command that reads logs and prints them takes.
struct ReadArguments {
  OutputFormat format = OutputFormat::text;
  bool verbose = false;                         // original statements of row changes, where the log has them
  std::optional<std::uint64_t> start_position;  // in the first file
  TransactionFilter filter;                     // stop_position is for the last file, whose name is not known here
  std::string schema_file;                      // output of mysqldump --no-data; empty: none
  std::string key_file;                         // MariaDB file_key_management
  std::string key_file_password;                // file_key_management_filekey; empty: the key file is plain
  std::string keyring;                          // MySQL
};

struct InspectArguments {
  std::vector<std::string> inputs;
  ReadArguments read;
  enum class Mode : std::uint8_t { changes, events, coverage, stats, quiet } mode = Mode::changes;
};

struct TailArguments {
  std::string input;
  ReadArguments read;
  std::string start_file;  // with read.start_position; empty: the first
  bool from_start = false;
  bool stop_at_end = false;
  LoginArguments login;   // of a live server
  HubLoginArguments hub;  // of a hub
};

// Where replicas and logs stand.
struct PositionArguments {
  enum class Action : std::uint8_t {
    show,
    locate,
    compare,
    wait,
    gtid_union,  // this and those behind it: arithmetic of the GTID sets in `operands`
    gtid_subtract,
    gtid_intersect,
    gtid_contains,
    gtid_count,
  } action = Action::show;
  std::vector<std::string> operands;  // as many as the action takes
  bool json = false;
  std::optional<std::uint32_t> datetime;  // locate: this or a GTID; seconds since 1970
  std::optional<AnyGtid> gtid;
  std::optional<BinlogPosition> position;  // wait: this, a GTID set, or both
  std::optional<AnyGtidSet> gtid_set;
  std::optional<std::uint64_t> timeout_ms;  // none: for ever
  ReadArguments keys;                       // only the keys of encrypted logs
  HubLoginArguments hub;                    // show: of a hub
};

// Logs into a SQLite replica.
struct ReplayArguments {
  std::vector<std::string> inputs;
  std::string into;
  ReadArguments read;            // start_position is for a new replica; format is not used
  std::uint64_t batch = 40'000;  // source transactions that share a commit while catching up
  bool durable = false;          // every commit survives a power loss, not only the last one
  bool follow = false;
  bool strict = false;
  bool decimal_real = false;
  std::string system_time_zone;   // of the source; empty: not known
  bool lower_case_names = false;  // of the source's tables: lower_case_table_names is 1 or 2
  BadText bad_text = BadText::stop;
};

// A live server into a SQLite replica.
struct FollowArguments {
  std::string source;
  std::vector<std::string> more_sources;  // to fail over to
  std::string into;
  LoginArguments login;
  std::vector<std::string> schemas;  // beside those of the address
  std::vector<std::string> tables;
  bool check = false;  // only look whether the source is fit
  bool no_snapshot = false;
  std::optional<BinlogPosition> start_position;  // with no_snapshot
  std::optional<AnyGtidSet> start_gtids;         // the same
  std::string schema_file;                       // the same
  std::uint32_t connections = 2;                 // of a snapshot
  std::optional<std::uint32_t> server_id;
  enum class SemiSync : std::uint8_t { off, preferred, required } semi_sync = SemiSync::off;
  bool ack_logged = false;  // acknowledge what the relay log has, instead of what the replica has
  enum class OnPurged : std::uint8_t { stop, reseed } on_purged = OnPurged::stop;
  bool stop_at_current = false;
  bool auto_resync = false;
  bool is_resync = false;                  // the command `resync`: copy tables anew, and end
  std::vector<std::string> resync_tables;  // patterns; empty: those that are quarantined
  bool strict = false;
  bool decimal_real = false;
  bool json_status = false;
  std::uint64_t batch = 1000;
  BadText bad_text = BadText::stop;
};

// The hub.
struct ServeArguments {
  std::string source;  // mysql://… or a folder of logs that grow
  std::string store;
  std::string address = "127.0.0.1";
  std::uint16_t port = 7070;
  std::string tls_cert;  // PEM files; empty: no TLS
  std::string tls_key;
  std::string tls_client_ca;
  std::string token_file;
  RelaySync sync = RelaySync::always;
  AckPolicy ack;
  ship::AckLevel ack_level = ship::AckLevel::applied;
  std::uint64_t ack_timeout_ms = 0;  // then the hub does not wait for followers any more; 0: for ever
  bool semi_sync = false;            // answer the source's requests for acknowledgement
  KeepPolicy keep;                   // of the store
  bool seed = true;                  // keep a seed replica for new followers
};

// A hub's follower.
struct JoinArguments {
  std::string hub;
  HubLoginArguments login;
  std::string into;
  std::string name;
  std::vector<std::string> schemas;  // for a new replica
  std::vector<std::string> tables;   // the same
  bool counts = false;               // --sync
  ship::AckLevel ack = ship::AckLevel::applied;
  bool no_snapshot = false;  // a new replica begins with the hub's oldest log
  FollowArguments::OnPurged on_purged = FollowArguments::OnPurged::stop;
  bool auto_resync = false;
  bool stop_at_current = false;
  bool strict = false;
  bool json_status = false;
};

// `--help` or `--version`: to be printed, and done.
struct HelpText {
  std::string text;
};

using CommandLine = std::variant<HelpText, InspectArguments, TailArguments, PositionArguments, ReplayArguments,
                                 FollowArguments, ServeArguments, JoinArguments>;

// Errors: `usage`.
Result<CommandLine> parse_arguments(int argc, const char* const* argv);

}  // namespace binferry::cli
