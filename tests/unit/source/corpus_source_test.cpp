// Logs that real servers wrote, where the checkout has them.
#include "binlog/source/file_source.hpp"

#include "tests/support/source_dir.hpp"
#include "tests/unit/source/drain.hpp"
#include "tests/unit/support/temp_dir.hpp"

#include <gtest/gtest.h>

#include <filesystem>

namespace binferry {
namespace {

TEST(CorpusSource, ReadsEveryFixtureToItsLastByte) {
  const std::filesystem::path folder = std::filesystem::path(source_dir()) / "fixtures";
  int logs = 0;
  if (std::filesystem::exists(folder)) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
      const std::string path = entry.path().string();
      const std::string bytes = entry.is_regular_file() ? test::read_file(path) : "";
      if (!bytes.starts_with("\xFE\x62in")) continue;
      ++logs;
      const Result<MariadbKeys> keys =
          MariadbKeys::parse(bytes_of("1;00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\n"));
      ASSERT_TRUE(keys);
      FileSourceOptions options;
      options.mariadb_keys = &*keys;
      auto source = FileSource::open(path, options);
      ASSERT_TRUE(source);
      const test::Drained got = test::drain(**source);
      EXPECT_FALSE(got.error) << path << ": " << got.error->message();
      EXPECT_EQ(4 + got.event_bytes + got.torn, bytes.size()) << path;

      // From any event of it on, the same events come.
      if (bytes.size() > 20'000) continue;
      for (std::size_t i = 0; i < got.offsets.size(); ++i) {
        options.start = got.offsets[i];
        auto tail = FileSource::open(path, options);
        ASSERT_TRUE(tail);
        const test::Drained rest = test::drain(**tail);
        ASSERT_FALSE(rest.error) << path << ": " << rest.error->message();
        EXPECT_EQ(rest.offsets.back(), got.offsets.back());
        EXPECT_GE(rest.offsets.size(), got.offsets.size() - i);
      }
    }
  }
  if (logs == 0) GTEST_SKIP() << "no fixtures in this checkout";
}

}  // namespace
}  // namespace binferry
