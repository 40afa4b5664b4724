#include "tests/unit/applier/ddl_replica.hpp"

#include "applier/conversion.hpp"
#include "applier/decimal_number.hpp"
#include "applier/moment.hpp"

#include <gtest/gtest.h>

namespace binferry::test {
namespace {

constexpr std::uint64_t kStrict = 1ULL << 21;

// One row's value, an SQL literal of SQLite, in a column that changes type: the new value, or the reason for a resync
// in parentheses without the names.
class Conversion : public testing::Test {
 protected:
  std::string after(std::string_view from, std::string_view value, std::string_view to) {
    DdlReplica replica;
    replica.context = context;
    EXPECT_EQ(replica.run("CREATE TABLE t (id INT PRIMARY KEY, c " + std::string(from) + ")"), "");
    replica.sqlite("INSERT INTO t VALUES (1, " + std::string(value) + ")");
    const std::string reason = replica.run("ALTER TABLE t MODIFY c " + std::string(to));
    if (!reason.empty()) {
      EXPECT_EQ(replica.rows("SELECT quote(c) = quote(" + std::string(value) + ") FROM t"), "1");
      return "(" + reason.substr(reason.rfind(": ") + 2) + ")";
    }
    EXPECT_EQ(replica.rows("SELECT id FROM t"), "1");
    return replica.rows("SELECT c FROM t");
  }

  DdlContext context = [] {
    DdlContext made = DdlReplica().context;
    made.dialect.sql_mode = kStrict;
    return made;
  }();
};

TEST_F(Conversion, IntegersWidenAndNarrow) {
  EXPECT_EQ(after("TINYINT", "-128", "BIGINT"), "-128");
  EXPECT_EQ(after("BIGINT", "127", "TINYINT"), "127");
  EXPECT_EQ(after("INT", "300", "TINYINT"), "(a value beyond its range)");
  EXPECT_EQ(after("INT", "-1", "INT UNSIGNED"), "(a value beyond its range)");
  context.dialect.sql_mode = 0;
  EXPECT_EQ(after("INT", "300", "TINYINT"), "127");
  EXPECT_EQ(after("INT", "-300", "TINYINT"), "-128");
  EXPECT_EQ(after("INT", "-1", "BIGINT UNSIGNED"), "0");
}

TEST_F(Conversion, DecimalsRoundHalfAwayFromZero) {
  EXPECT_EQ(after("DECIMAL(10,4)", "'1.2345'", "DECIMAL(10,3)"), "1.235");
  EXPECT_EQ(after("DECIMAL(10,4)", "'-1.2345'", "DECIMAL(10,3)"), "-1.235");
  EXPECT_EQ(after("DECIMAL(10,4)", "'-0.0004'", "DECIMAL(10,3)"), "0.000");
  EXPECT_EQ(after("DECIMAL(10,4)", "'999.9995'", "DECIMAL(6,3)"), "(a value beyond its range)");
  EXPECT_EQ(after("DECIMAL(10,4)", "'99.9995'", "DECIMAL(6,3)"), "100.000");
  EXPECT_EQ(after("DECIMAL(10,2)", "'2.50'", "INT"), "3");
  EXPECT_EQ(after("DECIMAL(10,2)", "'-2.50'", "INT"), "-3");
  EXPECT_EQ(after("INT", "7", "DECIMAL(5,2)"), "7.00");
  EXPECT_EQ(
      after("DECIMAL(65,30)", "'12345678901234567890123456789012345.000000000000000000000000000001'", "DECIMAL(65,29)"),
      "12345678901234567890123456789012345.00000000000000000000000000000");
}

TEST_F(Conversion, FloatsAreTheNumbersTheyAreNotTheirText) {
  EXPECT_EQ(after("FLOAT", "1.1", "DOUBLE"), "1.10000002384186");
  EXPECT_EQ(after("DOUBLE", "1.1", "FLOAT"), "1.1");
  EXPECT_EQ(after("DOUBLE", "2.5", "INT"), "2");
  EXPECT_EQ(after("DOUBLE", "3.5", "INT"), "4");
  EXPECT_EQ(after("DOUBLE", "0.1", "DECIMAL(5,3)"), "0.100");
  EXPECT_EQ(after("FLOAT", "1.1", "DECIMAL(12,9)"), "1.100000024");
  EXPECT_EQ(after("DOUBLE", "1e300", "FLOAT"), "(a value beyond its range)");
  EXPECT_EQ(after("FLOAT", "1.1", "VARCHAR(20)"), "1.1");
  EXPECT_EQ(after("FLOAT", "16777216.0", "VARCHAR(20)"), "(a value that prints in the source's own way)");
  EXPECT_EQ(after("DOUBLE", "1e300", "VARCHAR(20)"), "1e300");
}

TEST_F(Conversion, NumbersBecomeTextsAndTextsThatAreNumbersBecomeNumbers) {
  EXPECT_EQ(after("INT", "-42", "VARCHAR(5)"), "-42");
  EXPECT_EQ(after("INT(5) UNSIGNED ZEROFILL", "42", "VARCHAR(5)"), "00042");
  EXPECT_EQ(after("DECIMAL(5,2)", "'1.50'", "VARCHAR(10)"), "1.50");
  EXPECT_EQ(after("INT", "123456", "VARCHAR(3)"), "(a text that does not fit)");
  EXPECT_EQ(after("VARCHAR(10)", "'1.5'", "INT"), "(a fraction in it)");
  EXPECT_EQ(after("VARCHAR(10)", "'1.0'", "INT"), "1");
  EXPECT_EQ(after("VARCHAR(10)", "' -12 '", "INT"), "-12");
  EXPECT_EQ(after("VARCHAR(10)", "'1.255'", "DECIMAL(5,2)"), "1.26");
  EXPECT_EQ(after("VARCHAR(10)", "'12abc'", "INT"), "(a value that is no plain number)");
  EXPECT_EQ(after("VARCHAR(10)", "''", "INT"), "(a value that is no plain number)");
  EXPECT_EQ(after("VARCHAR(10)", "'1e2'", "DOUBLE"), "100.0");
}

TEST_F(Conversion, TextsKeepTheirCharactersAndLoseOnlyBlanks) {
  EXPECT_EQ(after("VARCHAR(9)", "'ab  '", "CHAR(9)"), "ab");
  EXPECT_EQ(after("VARCHAR(9)", "'ab   '", "VARCHAR(3)"), "ab ");
  EXPECT_EQ(after("VARCHAR(9)", "'abcd'", "VARCHAR(3)"), "(a text that does not fit)");
  EXPECT_EQ(after("VARCHAR(9)", "'äöü'", "VARCHAR(3)"), "äöü");
  EXPECT_EQ(after("TEXT", "'äöü'", "TINYTEXT"), "äöü");
  EXPECT_EQ(after("TEXT", "printf('%.300c', 'x')", "TINYTEXT"), "(a text that may not fit)");
}

TEST_F(Conversion, CharacterSetsHoldTheTextOrItIsNotGuessed) {
  EXPECT_EQ(after("VARCHAR(9) CHARACTER SET latin1", "'Größe€'", "VARCHAR(9) CHARACTER SET utf8mb4"), "Größe€");
  EXPECT_EQ(after("VARCHAR(9)", "'Größe€'", "VARCHAR(9) CHARACTER SET latin1"), "Größe€");
  EXPECT_EQ(after("VARCHAR(9)", "'日本'", "VARCHAR(9) CHARACTER SET latin1"), "(a character that latin1 may not have)");
  EXPECT_EQ(after("VARCHAR(9)", "'😀'", "VARCHAR(9) CHARACTER SET utf8mb3"), "(a character that utf8mb3 may not have)");
  EXPECT_EQ(after("VARCHAR(9)", "'日本'", "VARCHAR(9) CHARACTER SET utf16"), "日本");
  EXPECT_EQ(after("VARCHAR(9)", "'日本'", "VARCHAR(9) CHARACTER SET sjis"), "(a character that sjis may not have)");
  EXPECT_EQ(after("VARCHAR(9)", "'abc'", "VARCHAR(9) CHARACTER SET sjis"), "abc");
}

TEST_F(Conversion, BytesArePaddedAndTextsAreTheirBytes) {
  EXPECT_EQ(after("VARBINARY(4)", "x'61'", "BINARY(4)"), "x61000000");
  EXPECT_EQ(after("BINARY(2)", "x'6100'", "VARBINARY(9)"), "x6100");
  EXPECT_EQ(after("BLOB", "x'616263'", "VARBINARY(2)"), "(a value that does not fit)");
  EXPECT_EQ(after("VARCHAR(9) CHARACTER SET latin1", "'ö'", "VARBINARY(9)"), "xF6");
  EXPECT_EQ(after("VARCHAR(9)", "'ö'", "BLOB"), "xC3B6");
  EXPECT_EQ(after("VARBINARY(9)", "x'c3b6'", "VARCHAR(9)"), "ö");
  EXPECT_EQ(after("VARBINARY(9)", "x'f6'", "VARCHAR(9) CHARACTER SET latin1"), "ö");
  EXPECT_EQ(after("VARBINARY(9)", "x'f6'", "VARCHAR(9)"), "(bytes that are no text in its character set)");
}

TEST_F(Conversion, EnumAndSetKeepTheirLabels) {
  EXPECT_EQ(after("ENUM('p','q')", "'p'", "ENUM('q','p','r')"), "p");
  EXPECT_EQ(after("ENUM('p','q')", "''", "ENUM('q','p','r')"), "");
  EXPECT_EQ(after("ENUM('p','q')", "'p'", "ENUM('q')"), "(a label that it does not have)");
  EXPECT_EQ(after("ENUM('p','q')", "'q'", "VARCHAR(3)"), "q");
  EXPECT_EQ(after("VARCHAR(3)", "'q'", "ENUM('p','q')"), "q");
  EXPECT_EQ(after("DOUBLE", "1.5", "ENUM('p','q')"), "(which label this is)");
  EXPECT_EQ(after("SET('a','b','c')", "'a,c'", "SET('c','b','a')"), "c,a");
  EXPECT_EQ(after("SET('a','b','c')", "'a,c'", "SET('a','b')"), "(a label that it does not have)");
}

TEST_F(Conversion, ANumberIsALabelOrAPlaceOfOne) {
  EXPECT_EQ(after("INT", "2", "ENUM('p','q')"), "q");
  EXPECT_EQ(after("INT", "0", "ENUM('p','q')"), "");
  EXPECT_EQ(after("INT", "3", "ENUM('p','q')"), "(a label that it does not have)");
  EXPECT_EQ(after("INT", "-1", "ENUM('p','q')"), "(a label that it does not have)");
  EXPECT_EQ(after("VARCHAR(3)", "'02'", "ENUM('p','q')"), "q");
  EXPECT_EQ(after("VARCHAR(3)", "'2'", "ENUM('2','q')"), "2");
  EXPECT_EQ(after("VARCHAR(3)", "'2'", "ENUM('２','q')"), "(a label that it does not have)");
  EXPECT_EQ(after("INT", "5", "SET('a','b','c')"), "a,c");
  EXPECT_EQ(after("INT", "8", "SET('a','b','c')"), "(a label that it does not have)");
  context.dialect.mariadb = false;
  EXPECT_EQ(after("INT", "2", "ENUM('2','q')"), "2");
  context.dialect.mariadb = true;
  EXPECT_EQ(after("INT", "2", "ENUM('2','q')"), "q");
}

TEST_F(Conversion, EnumAndSetAreTheirPlacesToNumbers) {
  EXPECT_EQ(after("ENUM('5','b')", "'b'", "INT"), "2");
  EXPECT_EQ(after("ENUM('5','b')", "'5'", "DECIMAL(5,1)"), "1.0");
  EXPECT_EQ(after("ENUM('5','b')", "''", "DOUBLE"), "0.0");
  EXPECT_EQ(after("ENUM('5','')", "''", "INT"), "(a value that is no plain number)");
  EXPECT_EQ(after("SET('5','b','c')", "'b,c'", "BIGINT UNSIGNED"), "6");
  EXPECT_EQ(after("SET('5','b','c')", "''", "INT"), "0");
  EXPECT_EQ(after("ENUM('5','b')", "'b'", "BIT(8)"), "(a value that is no plain number)");
}

TEST_F(Conversion, DatesAndTimesAreTheirDigitsToNumbersAndTheOtherWayRound) {
  EXPECT_EQ(after("DATETIME", "'2024-02-29 10:11:12'", "BIGINT"), "20240229101112");
  EXPECT_EQ(after("DATETIME", "'0000-00-00 00:00:00'", "INT"), "0");
  EXPECT_EQ(after("DATE", "'2024-02-29'", "DECIMAL(10,1)"), "20240229.0");
  EXPECT_EQ(after("TIME", "'-00:00:05'", "INT"), "-5");
  EXPECT_EQ(after("TIME", "'-838:59:59'", "INT"), "-8385959");
  EXPECT_EQ(after("DATETIME(3)", "'2024-02-29 10:11:12.000'", "BIGINT"), "(a value that is no plain number)");
  EXPECT_EQ(after("INT", "20240229", "DATE"), "2024-02-29");
  EXPECT_EQ(after("INT", "20240229", "DATETIME(3)"), "2024-02-29 00:00:00.000");
  EXPECT_EQ(after("BIGINT", "20240229101112", "DATE"), "2024-02-29");
  EXPECT_EQ(after("BIGINT", "20240229101112", "TIMESTAMP NULL"), "2024-02-29 10:11:12");
  const std::string odd = "(a value that is no plain date or time, or a time zone not known here)";
  for (const std::string number : {"0", "70", "240229", "20240230", "20240200", "-20240229"}) {
    EXPECT_EQ(after("INT", number, "DATE"), odd) << number;
  }
  EXPECT_EQ(after("INT", "101112", "TIME(1)"), "10:11:12.0");
  EXPECT_EQ(after("INT", "-5", "TIME"), "-00:00:05");
  EXPECT_EQ(after("INT", "101160", "TIME"), odd);
  EXPECT_EQ(after("INT", "8390000", "TIME"), odd);
}

TEST_F(Conversion, SecondsAreRoundedAsTheServerAtHandRoundsThem) {
  EXPECT_EQ(after("DATETIME(6)", "'2023-12-31 23:59:59.995000'", "DATETIME(2)"), "2024-01-01 00:00:00.00");
  EXPECT_EQ(after("DATETIME(6)", "'2023-12-31 23:59:59.994999'", "DATETIME(2)"), "2023-12-31 23:59:59.99");
  EXPECT_EQ(after("TIME(3)", "'-838:59:58.500'", "TIME"), "-838:59:59");
  EXPECT_EQ(after("TIME(3)", "'-00:00:00.400'", "TIME"), "00:00:00");
  EXPECT_EQ(after("TIME", "'12:00:00'", "TIME(3)"), "12:00:00.000");
  EXPECT_EQ(after("DATETIME", "'2024-00-00 00:00:00'", "DATETIME(1)"), "2024-00-00 00:00:00.0");
  context.dialect = dialect_of_version("10.11.6-MariaDB");
  context.dialect.sql_mode = kStrict;
  EXPECT_EQ(after("DATETIME(6)", "'2023-12-31 23:59:59.995000'", "DATETIME(2)"), "2023-12-31 23:59:59.99");
}

TEST_F(Conversion, DatesAndTimesChangeInTheZoneOfTheSession) {
  context.time_zone = "-02:00";
  EXPECT_EQ(after("TIMESTAMP NULL", "'2024-01-01 00:30:00'", "DATETIME"), "2023-12-31 22:30:00");
  EXPECT_EQ(after("DATETIME", "'2023-12-31 22:30:00'", "TIMESTAMP NULL"), "2024-01-01 00:30:00");
  EXPECT_EQ(after("TIMESTAMP NULL", "'0000-00-00 00:00:00'", "DATETIME"), "0000-00-00 00:00:00");
  EXPECT_EQ(after("DATE", "'2024-02-29'", "DATETIME(1)"), "2024-02-29 00:00:00.0");
  EXPECT_EQ(after("DATETIME", "'2024-02-29 12:00:00'", "DATE"), "2024-02-29");
  EXPECT_EQ(after("DATETIME", "'2024-02-29 12:00:00'", "TIME"), "12:00:00");
  EXPECT_EQ(after("VARCHAR(20)", "'2024-02-29'", "DATE"), "2024-02-29");
  EXPECT_EQ(after("VARCHAR(20)", "'2023-02-29'", "DATE"),
            "(a value that is no plain date or time, or a time zone not known here)");
  EXPECT_EQ(after("DATETIME", "'2124-01-01 00:00:00'", "TIMESTAMP NULL"),
            "(a value that is no plain date or time, or a time zone not known here)");
  EXPECT_EQ(after("DATETIME(3)", "'2024-02-29 12:00:00.000'", "VARCHAR(30)"), "2024-02-29 12:00:00.000");
  context.time_zone = "Europe/Berlin";
  EXPECT_EQ(after("TIMESTAMP NULL", "'2024-01-01 00:30:00'", "DATETIME"),
            "(a value that is no plain date or time, or a time zone not known here)");
}

TEST_F(Conversion, YearsOfTwoDigitsFindTheirCentury) {
  EXPECT_EQ(after("INT", "69", "YEAR"), "2069");
  EXPECT_EQ(after("INT", "70", "YEAR"), "1970");
  EXPECT_EQ(after("INT", "0", "YEAR"), "0");
  EXPECT_EQ(after("DOUBLE", "3.5", "YEAR"), "(a fraction in it)");
  EXPECT_EQ(after("INT", "1900", "YEAR"), "(a value that is no year)");
  EXPECT_EQ(after("YEAR", "1999", "INT"), "1999");
  EXPECT_EQ(after("YEAR", "0", "VARCHAR(4)"), "0000");
}

TEST_F(Conversion, NullsBecomeTheImplicitDefault) {
  context.dialect.sql_mode = 0;
  EXPECT_EQ(after("INT", "NULL", "INT NOT NULL"), "0");
  EXPECT_EQ(after("INT", "NULL", "BIGINT NOT NULL"), "0");
  EXPECT_EQ(after("VARCHAR(5)", "NULL", "VARCHAR(5) NOT NULL"), "");
  EXPECT_EQ(after("DECIMAL(5,2)", "NULL", "DECIMAL(5,2) NOT NULL"), "0.00");
  EXPECT_EQ(after("TIMESTAMP NULL", "NULL", "TIMESTAMP NOT NULL"), "(NULL in it)");
  EXPECT_EQ(after("INT", "7", "INT NOT NULL"), "7");
}

TEST_F(Conversion, JsonIsTextOneWayOnly) {
  EXPECT_EQ(after("JSON", "'{\"a\": 1}'", "TEXT"), "{\"a\": 1}");
  EXPECT_EQ(after("TEXT", "'{\"a\":1}'", "JSON"), "(this conversion is the source's own)");
  EXPECT_EQ(after("VARCHAR(9)", "'A'", "BIT(8)"), "(a value that is no plain number)");
}

TEST_F(Conversion, TheReplicasOwnRoundingIsNotConvertedOn) {
  DdlReplica replica;
  replica.options.decimal_real = true;
  EXPECT_EQ(replica.run("CREATE TABLE t (id INT PRIMARY KEY, d DECIMAL(5,2))"), "");
  replica.sqlite("INSERT INTO t VALUES (1, 1.5)");
  EXPECT_EQ(replica.run("ALTER TABLE t MODIFY d DECIMAL(9,2)"), "");
  EXPECT_NE(replica.run("ALTER TABLE t MODIFY d VARCHAR(9)"), "");
}

TEST(DecimalNumber, ReadsWholeTextsOnly) {
  EXPECT_EQ(DecimalNumber::parse("1e3")->text(), "1000");
  EXPECT_EQ(DecimalNumber::parse("-12.34e-3")->text(), "-0.01234");
  EXPECT_EQ(DecimalNumber::parse("1.5E1")->text(), "15");
  EXPECT_EQ(DecimalNumber::parse(" .5 ")->text(), "0.5");
  EXPECT_EQ(DecimalNumber::parse("-0")->text(), "0");
  for (const std::string_view odd : {"", " ", "-", ".", "1e", "1e99999", "1x", "0x10", "1 2", "--1", "nan"}) {
    EXPECT_FALSE(DecimalNumber::parse(odd).has_value()) << odd;
  }
}

TEST(DecimalNumber, CarriesThroughNines) {
  DecimalNumber number = *DecimalNumber::parse("-999.995");
  number.rescale(2);
  EXPECT_EQ(number.text(), "-1000.00");
}

TEST(Moment, ZonesAreOffsetsOrUnknown) {
  EXPECT_EQ(zone_offset_s("+05:30"), 19800);
  EXPECT_EQ(zone_offset_s("-0:30"), -1800);
  EXPECT_EQ(zone_offset_s("UTC"), 0);
  for (const std::string_view odd : {"", "SYSTEM", "Europe/Berlin", "+25:00", "+5", "+05:3", "05:30", "+-5:30"}) {
    EXPECT_FALSE(zone_offset_s(odd).has_value()) << odd;
  }
}

}  // namespace
}  // namespace binferry::test
