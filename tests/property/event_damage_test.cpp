// Every prefix of every fixture event, and every byte of it changed, gives a value or an error, and reads nothing
// beyond the bytes given.
//
// Each event is decoded in its context, the catalogue and the table maps of the log before it. A row reader's state
// between two rows is its place alone, so damage inside a row is read from that row's start, to the end of the next
// one. Of its values only those that the damage changed are made into text again, and of values beyond kLargeValue,
// whose text costs more than their bytes, only at every 61st damage unless BINFERRY_EVERY_TEXT is set (some minutes).
#include "binlog/event/event_framer.hpp"
#include "binlog/row/row_reader.hpp"
#include "binlog/row/table_map.hpp"
#include "binlog/row/value_text.hpp"
#include "binlog/schema/catalogue.hpp"
#include "binlog/schema/ddl_parser.hpp"
#include "binlog/schema/resolve.hpp"
#include "binlog/schema/statement_classifier.hpp"
#include "tests/property/exact_block.hpp"
#include "tests/property/fixture_logs.hpp"
#include "tests/unit/event/decode_any.hpp"

#include <cstdlib>
#include <map>
#include <optional>
#include <set>

namespace binferry::test {
namespace {

constexpr std::size_t kLargeValue = 2048;
constexpr std::size_t kSample = 61;

// What stands instead of byte `at`: all bits turned, or one, in turn over the rounds.
std::uint8_t damaged(std::uint8_t byte, std::size_t at, int round) {
  return round == 0 ? static_cast<std::uint8_t>(~byte) : static_cast<std::uint8_t>(byte ^ 1U << (at % 8));
}
constexpr int kRounds = 2;

// Changes one byte for as long as it lives.
class Damage {
 public:
  Damage(ExactBlock& block, std::size_t at, int round) : place_(block.data() + at), was_(*place_) {
    *place_ = damaged(was_, at, round);
  }
  ~Damage() { *place_ = was_; }
  Damage(const Damage&) = delete;
  Damage& operator=(const Damage&) = delete;

 private:
  std::uint8_t* place_;
  std::uint8_t was_;
};

bool same(const Value& a, const Value& b) {
  return a.kind == b.kind && a.u == b.u && a.data == b.data && a.size == b.size;
}

// A row event as it is when nothing is wrong: its rows' places and values.
struct WholeRows {
  struct Read {
    std::size_t begin = 0;  // in RowsEvent::rows
    std::vector<Value> before;
    std::vector<Value> after;
  };
  RowsEvent event;
  std::vector<Read> rows;
  std::size_t head = 0;  // bytes of the body before the rows; all of it where they are compressed
};

struct Mapped {
  std::string body;  // of its TABLE_MAP
  std::shared_ptr<const Table> table;
};

class Log {
 public:
  explicit Log(const std::string& name) : fixture_(name), framer_(options(fixture_)) {}

  void run() {
    std::size_t at = 4;
    while (at < fixture_.bytes.size()) {
      const Bytes rest = bytes_of(fixture_.bytes).subspan(at);
      const auto length = event_length(rest, {});
      ASSERT_TRUE(length && *length <= rest.size());
      ExactBlock stored(rest.first(*length));
      damage_frame(stored, at);
      const auto event = framer_.frame(stored.bytes(), at, "log");
      ASSERT_TRUE(event) << event.error().message();
      damage_body(*event);
      if (testing::Test::HasFailure()) return;
      at += *length;
    }
  }

 private:
  static FramerOptions options(const FixtureLog& fixture) {
    FramerOptions options;
    options.keys = &fixture.keys;
    return options;
  }

  // Checksums: with one, no damage passes for an event. Without, it is for the decoders, which damage_body() asks.
  void damage_frame(ExactBlock& stored, std::uint64_t offset) {
    const bool is_format = stored.bytes()[4] == static_cast<std::uint8_t>(EventType::format_description);
    const bool has_checksum = framer_.format() != nullptr && framer_.format()->checksum == ChecksumAlgorithm::crc32;
    const std::size_t size = stored.bytes().size();
    EventFramer framer = framer_;
    for (std::size_t left = size; left-- > 0;) {
      stored.shrink_to(left);
      EXPECT_FALSE(framer.frame(stored.bytes(), offset, "log")) << offset << ' ' << left;
    }
    stored.restore();
    if (!has_checksum && !is_format) return;
    for (std::size_t i = 0; i < size; ++i) {
      const Damage damage(stored, i, 0);
      const auto event = framer.frame(stored.bytes(), offset, "log");
      if (!is_format) {
        EXPECT_FALSE(event) << offset << ' ' << i;
      } else {
        static_cast<void>(decode_format_description(stored.bytes()));
        framer = framer_;
      }
    }
  }

  void damage_body(const RawEvent& event) {
    ++events_;
    const EventType type = event.header.type;
    if (type == EventType::table_map) return damage_table_map(event);
    if (is_rows_event(type)) return damage_rows(event);
    if (type == EventType::format_description) return;
    ExactBlock body(event.body);
    for (std::size_t left = body.bytes().size(); left-- > 0;) {
      body.shrink_to(left);
      decode(type, body.bytes());
    }
    body.restore();
    for (int round = 0; round < kRounds; ++round) {
      for (std::size_t i = 0; i < body.bytes().size(); ++i) {
        const Damage damage(body, i, round);
        decode(type, body.bytes());
      }
    }
    const Status whole = decode_body(type, body.bytes());
    EXPECT_TRUE(whole) << event.place() << whole.error().message();
    if (type == EventType::query || type == EventType::query_compressed) run_statement(type, body.bytes(), catalogue_);
  }

  void decode(EventType type, Bytes body) {
    static_cast<void>(decode_body(type, body, limits()));
    if (type != EventType::query && type != EventType::query_compressed) return;
    Catalogue copy = catalogue_;
    run_statement(type, body, copy);
  }

  // A payload or compressed text whose length was damaged may promise gigabytes.
  static Limits limits() {
    Limits limits;
    limits.payload_bytes = limits.inflated_bytes = 4 << 20;
    return limits;
  }

  void run_statement(EventType type, Bytes body, Catalogue& catalogue) {
    const Result<QueryEvent> query = type == EventType::query
                                         ? decode_query(body)
                                         : decode_query_compressed(body, inflated_, limits().inflated_bytes);
    if (!query) return;
    const FormatDescription& format = *framer_.format();
    const SqlDialect dialect{format.kind == ServerKind::mariadb, format.version, query->status.sql_mode.value_or(0)};
    const std::uint16_t client = query->status.charset ? query->status.charset->client : std::uint16_t{0};
    const Result<std::string> text = query_text_utf8(bytes_of(query->text), client);
    if (!text || classify_statement(*text, dialect).statement_class != StatementClass::table_ddl) return;
    const Result<DdlStatement> statement = parse_ddl(*text, dialect);
    if (!statement) return;
    DdlContext context;
    context.default_database = query->database;
    context.dialect = dialect;
    context.server_collation = query->status.charset ? query->status.charset->server : std::uint16_t{0};
    static_cast<void>(catalogue.apply(*statement, context));
  }

  Result<std::shared_ptr<const Table>> table_of(Bytes map_body) {
    const FormatDescription& format = *framer_.format();
    Result<TableMap> map = TableMap::decode(map_body, format.post_header_length(EventType::table_map), limits());
    if (!map) return propagate(map);
    Result<Table> table = table_from_map(*map, format.kind == ServerKind::mariadb);
    if (!table) return propagate(table);
    const TablePtr definition = catalogue_.find(table->schema, table->name);
    if (definition != nullptr && format.kind == ServerKind::mariadb) settle_old_temporals(*table, *definition);
    auto resolved = resolve(*table, definition.get());
    if (resolved) return resolved;
    // What contradicts the catalogue may still be a table of its own.
    return std::make_shared<const Table>(std::move(*table));
  }

  void damage_table_map(const RawEvent& event) {
    const auto id = table_id_of(event.body, 8);
    ASSERT_TRUE(id);
    const auto table = table_of(event.body);
    ASSERT_TRUE(table) << event.place() << table.error().message();
    maps_[*id] = {std::string(text_of(event.body)), *table};
    ExactBlock body(event.body);
    for (std::size_t left = body.bytes().size(); left-- > 0;) {
      body.shrink_to(left);
      static_cast<void>(table_of(body.bytes()));
    }
  }

  // The event as it is when nothing is wrong. Row by row: the fewest bytes that hold the next one are its own.
  WholeRows read_whole(const RawEvent& event, Bytes body) {
    WholeRows whole;
    const auto rows = RowsEvent::decode(
        event.header.type, body, framer_.format()->post_header_length(event.header.type), whole_inflated_, limits());
    EXPECT_TRUE(rows) << event.place();
    if (!rows) return whole;
    whole.event = *rows;
    const auto table = maps_.find(rows->table_id);
    EXPECT_NE(table, maps_.end()) << event.place();
    if (table == maps_.end()) return whole;
    const bool in_body = rows->rows.data() >= body.data() && rows->rows.data() <= body.data() + body.size();
    whole.head = in_body ? static_cast<std::size_t>(rows->rows.data() - body.data()) : body.size();
    if (!in_body) return whole;
    for (std::size_t begin = 0; begin < rows->rows.size();) {
      WholeRows::Read read;
      read.begin = begin;
      const std::size_t size = size_of_row(table->second.table, *rows, begin, read);
      if (size == 0) {
        ADD_FAILURE() << event.place() << ": no row at " << begin;
        return whole;
      }
      whole.rows.push_back(std::move(read));
      begin += size;
    }
    return whole;
  }

  // 0 if there is none.
  std::size_t size_of_row(const std::shared_ptr<const Table>& table, const RowsEvent& event, std::size_t begin,
                          WholeRows::Read& read) {
    const std::size_t most = event.rows.size() - begin;
    const auto fits = [&](std::size_t size) {
      RowsEvent one = event;
      one.rows = event.rows.subspan(begin, size);
      Row row;
      if (!reader_.open(table, one)) return false;
      const auto got = reader_.next(row);
      if (!got || !*got) return false;
      read.before.assign(row.before.begin(), row.before.end());
      read.after.assign(row.after.begin(), row.after.end());
      return true;
    };
    std::size_t enough = 1;
    while (enough < most && !fits(enough)) enough *= 2;
    enough = std::min(enough, most);
    for (std::size_t too_few = enough / 2; too_few + 1 < enough;) {
      const std::size_t middle = (too_few + enough) / 2;
      (fits(middle) ? enough : too_few) = middle;
    }
    return fits(enough) ? enough : 0;
  }

  // Reads rows up to an error or the end. `whole`: those that were there, from number `first` on.
  void read_damaged(const std::shared_ptr<const Table>& table, const RowsEvent& event, const WholeRows* whole,
                    std::size_t first) {
    if (!reader_.open(table, event)) return;
    Row row;
    for (std::size_t number = first;; ++number) {
      const auto more = reader_.next(row);
      if (!more || !*more) return;
      const bool was = whole != nullptr && number < whole->rows.size();
      print_changed(*table, row.before, was ? &whole->rows[number].before : nullptr);
      print_changed(*table, row.after, was ? &whole->rows[number].after : nullptr);
    }
  }

  void print_changed(const Table& table, std::span<const Value> values, const std::vector<Value>* was) {
    for (std::size_t i = 0; i < values.size(); ++i) {
      const Value& value = values[i];
      if (!value.present() || value.is_null()) continue;
      if (was != nullptr && i < was->size() && same(value, (*was)[i])) {
        const bool holds_damage =
            value.data != nullptr && value.data <= damaged_byte_ && damaged_byte_ < value.data + value.size;
        if (!holds_damage) continue;
      }
      if (value.data != nullptr && value.size > kLargeValue && large_values_++ % text_every_ != 0) continue;
      text_.clear();
      static_cast<void>(append_text(table.columns[i], value, text_));
    }
  }

  void damage_rows(const RawEvent& event) {
    ExactBlock body(event.body);
    WholeRows whole = read_whole(event, body.bytes());
    if (testing::Test::HasFailure()) return;
    const Mapped& mapped = maps_[whole.event.table_id];
    const std::size_t header = framer_.format()->post_header_length(event.header.type);
    const auto decode_whole = [&](Bytes bytes) {
      const auto rows = RowsEvent::decode(event.header.type, bytes, header, inflated_, limits());
      if (rows) read_damaged(mapped.table, *rows, nullptr, 0);
    };
    // The longest first: rows, then the head.
    for (std::size_t r = whole.rows.size(); r-- > 0 && whole.head < body.bytes().size();) {
      const std::size_t begin = whole.rows[r].begin;
      for (std::size_t cut = body.bytes().size() - whole.head; cut-- > begin + 1;) {
        body.shrink_to(whole.head + cut);
        RowsEvent rows = whole.event;
        rows.rows = body.bytes().subspan(whole.head + begin);
        ASSERT_TRUE(reader_.open(mapped.table, rows));
        Row row;
        EXPECT_FALSE(reader_.next(row)) << event.place() << ": row " << r << " without its end, " << cut;
      }
      body.shrink_to(whole.head + begin);
    }
    for (std::size_t left = std::min(whole.head, body.bytes().size()); left-- > 0;) {
      body.shrink_to(left);
      decode_whole(body.bytes());
    }
    body.restore();

    for (int round = 0; round < kRounds; ++round) {
      for (std::size_t i = 0; i < whole.head; ++i) {
        const Damage damage(body, i, round);
        damaged_byte_ = body.data() + i;
        decode_whole(body.bytes());
      }
      std::size_t r = 0;
      for (std::size_t i = 0; whole.head + i < body.bytes().size(); ++i) {
        while (r + 1 < whole.rows.size() && whole.rows[r + 1].begin <= i) ++r;
        const Damage damage(body, whole.head + i, round);
        damaged_byte_ = body.data() + whole.head + i;
        RowsEvent rows = whole.event;
        const std::size_t end = r + 2 < whole.rows.size() ? whole.rows[r + 2].begin : rows.rows.size();
        rows.rows = rows.rows.subspan(whole.rows[r].begin, end - whole.rows[r].begin);
        read_damaged(mapped.table, rows, &whole, r);
      }
    }
    damage_map_of(mapped, whole.event);
  }

  // A damaged TABLE_MAP and the first rows behind it; each map that differs by more than its id.
  void damage_map_of(const Mapped& mapped, const RowsEvent& rows) {
    if (!maps_seen_.insert(mapped.body.substr(6)).second) return;
    ExactBlock body(bytes_of(mapped.body));
    for (int round = 0; round < kRounds; ++round) {
      for (std::size_t i = 0; i < mapped.body.size(); ++i) {
        const Damage damage(body, i, round);
        const auto table = table_of(body.bytes());
        if (!table) continue;
        damaged_byte_ = nullptr;
        if (reader_.open(*table, rows)) read_some(**table);
      }
    }
  }

  void read_some(const Table& table) {
    Row row;
    for (int i = 0; i < 3; ++i) {
      const auto more = reader_.next(row);
      if (!more || !*more) return;
      print_changed(table, row.before, nullptr);
      print_changed(table, row.after, nullptr);
    }
  }

  FixtureLog fixture_;
  EventFramer framer_;
  Catalogue catalogue_;
  std::map<std::uint64_t, Mapped> maps_;  // by table id
  std::set<std::string> maps_seen_;
  std::string inflated_;
  std::string whole_inflated_;  // rows of the event in hand, where they are compressed
  std::string text_;
  RowReader reader_;
  const std::uint8_t* damaged_byte_ = nullptr;
  const std::size_t text_every_ = std::getenv("BINFERRY_EVERY_TEXT") != nullptr ? 1 : kSample;
  std::size_t large_values_ = 0;  // that damage changed
  std::uint64_t events_ = 0;
};

class EventDamage : public testing::TestWithParam<std::string> {};

TEST_P(EventDamage, LeavesAValueOrAnErrorAtEveryPrefixAndEveryByte) {
  Log(GetParam()).run();
}

INSTANTIATE_TEST_SUITE_P(Fixtures, EventDamage, testing::ValuesIn(fixture_logs()), name_of_log);

}  // namespace
}  // namespace binferry::test
