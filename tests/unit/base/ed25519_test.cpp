#include "binlog/base/ed25519.hpp"

#include "binlog/base/hex.hpp"

#include <string>
#include <string_view>

#include <gtest/gtest.h>

namespace binferry {
namespace {

std::string sign(std::string_view seed_hex, std::string_view message_hex) {
  const std::string seed = from_hex(seed_hex).value();
  const std::string message = from_hex(message_hex).value();
  return to_hex(ed25519_sign(bytes_of(seed), bytes_of(message)));
}

TEST(Ed25519, SignsAsRfc8032Does) {
  EXPECT_EQ(sign("9D61B19DEFFD5A60BA844AF492EC2CC44449C5697B326919703BAC031CAE7F60", ""),
            "E5564300C360AC729086E2CC806E828A84877F1EB8E5D974D873E065224901555FB8821590A33BACC61E39701CF9B46B"
            "D25BF5F0595BBE24655141438E7A100B");
  EXPECT_EQ(sign("4CCD089B28FF96DA9DB6C346EC114E0F5B8A319F35ABA624DA8CF6ED4FB8A6FB", "72"),
            "92A009A9F0D4CAB8720E820B5F642540A2B27B5416503F8FB3762223EBDB69DA085AC1E43E15996E458F3613D0F11D8C"
            "387B2EAEB4302AEEB00D291612BB0C00");
}

TEST(Ed25519, TakesSeedsOfAnyLength) {
  const std::string message(32, 'n');
  EXPECT_NE(ed25519_sign(Bytes(), bytes_of(message)), ed25519_sign(bytes_of(std::string_view("a")), bytes_of(message)));
  const std::string long_seed(1000, 'p');
  EXPECT_NE(ed25519_sign(bytes_of(long_seed), bytes_of(message)),
            ed25519_sign(bytes_of(std::string_view(long_seed).substr(1)), bytes_of(message)));
}

}  // namespace
}  // namespace binferry
