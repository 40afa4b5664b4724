#include "binlog/format/same_value.hpp"

#include <gtest/gtest.h>

namespace binferry {
namespace {

TEST(SameValue, ComparesBytesAndNeverWhatIsNotThere) {
  Value absent;
  EXPECT_FALSE(same_value(absent, absent));
  Value null;
  null.kind = ValueKind::null;
  EXPECT_TRUE(same_value(null, null));
  Value zero;
  zero.kind = ValueKind::double_;
  zero.d = 0.0;
  Value negative_zero = zero;
  negative_zero.d = -0.0;
  EXPECT_FALSE(same_value(zero, negative_zero));
  EXPECT_FALSE(same_value(zero, null));
  Value text;
  text.kind = ValueKind::text;
  text.data = bytes_of("ab").data();
  text.size = 2;
  Value shorter = text;
  shorter.size = 1;
  EXPECT_TRUE(same_value(text, text));
  EXPECT_FALSE(same_value(text, shorter));
}

}  // namespace
}  // namespace binferry
