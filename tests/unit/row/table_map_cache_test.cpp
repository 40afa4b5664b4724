#include "binlog/row/table_map_cache.hpp"

#include "tests/unit/row/row_events.hpp"

namespace binferry {
namespace {

using test::map_body;
using test::MapColumn;

// A map of one TINYINT column named by its table id.
std::string map_of_id(std::uint64_t id, std::size_t columns = 1) {
  std::string body = map_body(std::vector<MapColumn>(columns, MapColumn{wire_type::kTiny}));
  body.replace(0, 6, std::move(ByteWriter().u48(id)).str());
  return body;
}

class TableMapCacheTest : public ::testing::Test {
 protected:
  TableMapCache cache(const Limits& limits = {}) {
    return TableMapCache(
        [this](const TableMap& map) -> Result<std::shared_ptr<const Table>> {
          ++resolved_;
          Result<Table> table = table_from_map(map, false);
          if (!table) return propagate(table);
          return std::make_shared<const Table>(*std::move(table));
        },
        limits);
  }
  int resolved_ = 0;
};

TEST_F(TableMapCacheTest, ASecondIdenticalMapIsNotDecoded) {
  TableMapCache maps = cache();
  const auto first = maps.add(bytes_of(map_of_id(1)), 8);
  ASSERT_TRUE(first);
  maps.clear_statement();
  const auto second = maps.add(bytes_of(map_of_id(1)), 8);
  ASSERT_TRUE(second);
  EXPECT_EQ(*first, *second);
  EXPECT_EQ(resolved_, 1);
}

TEST_F(TableMapCacheTest, AChangedMapOfTheSameIdWins) {
  TableMapCache maps = cache();
  ASSERT_TRUE(maps.add(bytes_of(map_of_id(1)), 8));
  ASSERT_TRUE(maps.add(bytes_of(map_of_id(1, 2)), 8));
  EXPECT_EQ((*maps.find(1))->columns.size(), 2U);
  EXPECT_EQ(resolved_, 2);
}

TEST_F(TableMapCacheTest, SeveralMapsLiveInOneStatement) {
  TableMapCache maps = cache();
  ASSERT_TRUE(maps.add(bytes_of(map_of_id(1)), 8));
  ASSERT_TRUE(maps.add(bytes_of(map_of_id(2, 2)), 8));
  EXPECT_EQ((*maps.find(1))->columns.size(), 1U);
  EXPECT_EQ((*maps.find(2))->columns.size(), 2U);
}

TEST_F(TableMapCacheTest, IdsOfAnEarlierStatementMeanNothing) {
  TableMapCache maps = cache();
  ASSERT_TRUE(maps.add(bytes_of(map_of_id(1)), 8));
  maps.clear_statement();
  const auto gone = maps.find(1);
  ASSERT_FALSE(gone);
  EXPECT_EQ(gone.error().code, Errc::out_of_order);
  EXPECT_FALSE(maps.find(2));
}

TEST_F(TableMapCacheTest, InvalidatingResolvesAfresh) {
  TableMapCache maps = cache();
  ASSERT_TRUE(maps.add(bytes_of(map_of_id(1)), 8));
  maps.invalidate();
  EXPECT_FALSE(maps.find(1));
  ASSERT_TRUE(maps.add(bytes_of(map_of_id(1)), 8));
  EXPECT_EQ(resolved_, 2);
}

TEST_F(TableMapCacheTest, TheCapCountsIdsOfOneStatement) {
  Limits limits;
  limits.table_maps = 2;
  TableMapCache maps = cache(limits);
  for (int statement = 0; statement < 3; ++statement) {
    ASSERT_TRUE(maps.add(bytes_of(map_of_id(1)), 8));
    ASSERT_TRUE(maps.add(bytes_of(map_of_id(2)), 8));
    ASSERT_TRUE(maps.add(bytes_of(map_of_id(1)), 8));
    const auto third = maps.add(bytes_of(map_of_id(3)), 8);
    ASSERT_FALSE(third);
    EXPECT_EQ(third.error().code, Errc::limit);
    maps.clear_statement();
  }
}

TEST_F(TableMapCacheTest, IdleMapsAreDroppedAndLiveOnesStay) {
  TableMapCache maps = cache();
  for (std::uint64_t id = 1; id <= 1024; ++id) {
    ASSERT_TRUE(maps.add(bytes_of(map_of_id(id)), 8));
    maps.clear_statement();
  }
  ASSERT_TRUE(maps.add(bytes_of(map_of_id(5000)), 8));  // evicts all that are idle
  ASSERT_TRUE(maps.add(bytes_of(map_of_id(5001)), 8));
  EXPECT_TRUE(maps.find(5000));
  EXPECT_EQ(resolved_, 1026);
  ASSERT_TRUE(maps.add(bytes_of(map_of_id(1)), 8));
  EXPECT_EQ(resolved_, 1027);
}

TEST_F(TableMapCacheTest, AMapThatCannotBeDecodedIsAnError) {
  TableMapCache maps = cache();
  EXPECT_FALSE(maps.add(bytes_of(std::string("abc")), 8));
  const std::string whole = map_of_id(1);
  EXPECT_FALSE(maps.add(bytes_of(whole).first(whole.size() - 1), 8));
  EXPECT_FALSE(maps.find(1));
}

}  // namespace
}  // namespace binferry
