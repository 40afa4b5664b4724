// Writes a binary log with one transaction of many megabytes to standard output: `large_log transaction|payload MB`.
// A payload's rows are random enough that its compressed size is near its own.
#include "binlog/base/crc32.hpp"
#include "binlog/base/zstd_stream.hpp"
#include "tests/unit/support/binlog_writer.hpp"

#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>

using namespace binferry;
using namespace binferry::test;

namespace {

constexpr std::size_t kRowBytes = 200;
constexpr std::size_t kRowsPerEvent = 40;

void put(std::string_view bytes) {
  if (std::fwrite(bytes.data(), 1, bytes.size(), stdout) != bytes.size()) std::exit(1);
}

// One WRITE_ROWS event; the writer's bitwise CRC is too slow for gigabytes, so the checksum is off.
std::string rows(BinlogWriter& log, std::mt19937_64& random, std::uint32_t& id) {
  std::string body;
  for (std::size_t i = 0; i < kRowsPerEvent; ++i) {
    ByteWriter row;
    row.u8(0).u32(++id).u8(kRowBytes);
    for (std::size_t j = 0; j < kRowBytes; j += 8) row.u64((random() & 0x3F3F3F3F3F3F3F3FULL) + 0x2020202020202020ULL);
    body += row.str();
  }
  log.write_rows(7, 2, body, false);
  return log.take();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  const bool payload = std::string_view(argv[1]) == "payload";
  const std::uint64_t target = std::strtoull(argv[2], nullptr, 10) << 20;
  std::mt19937_64 random(1);
  std::uint32_t id = 0;
  BinlogWriter::Options options;
  options.checksums = false;
  const std::vector<ColumnSpec> columns = {{}, {15, std::string("\xC8\x00", 2), false}};

  BinlogWriter head(options);
  head.begin_file(false).gtid(1);
  put(head.take());
  BinlogWriter group(options);
  group.at(head.position()).begin().table_map(7, "shop", "big", columns);
  std::string pending = group.take();
  std::string compressed;
  std::string plain;
  // Several zstd frames, as a server writes them for a large transaction.
  const auto flush = [&](bool last) {
    if (!payload) return put(std::exchange(pending, {}));
    plain += std::exchange(pending, {});
    if (plain.size() < (8U << 20) && !last) return;
    compressed += *zstd_compress(bytes_of(plain), 1);
    plain.clear();
  };
  std::uint64_t position = group.position();
  while (position < target) {
    BinlogWriter part(options);
    part.at(position);
    pending += rows(part, random, id);
    position = part.position();
    flush(false);
  }
  BinlogWriter end(options);
  end.at(position).xid(1);
  pending += end.take();
  flush(true);
  if (payload) {
    ByteWriter body;
    body.pint(2).pint(1).pint(0).pint(1).pint(9).u8(254).u64(compressed.size()).pint(0).text(compressed);
    BinlogWriter outer(options);
    outer.at(head.position()).event(EventType::transaction_payload, body.str());
    put(outer.take());
  }
  return 0;
}
