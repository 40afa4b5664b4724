#include "binlog/coordinates/gtid.hpp"

#include "binlog/coordinates/gtid_text.hpp"

#include <algorithm>

namespace binferry {

bool is_valid_tag(std::string_view tag) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; };
  const auto letter_or_digit = [&](char c) { return letter(c) || (c >= '0' && c <= '9'); };
  return !tag.empty() && tag.size() <= kMaxTagLength && letter(tag[0]) && std::ranges::all_of(tag, letter_or_digit);
}

Result<Gtid> Gtid::parse(std::string_view text) {
  gtid_text::Cursor cursor(text, "GTID");
  Gtid gtid;
  cursor.skip_space();
  auto uuid = cursor.uuid();
  if (!uuid) return propagate(uuid);
  gtid.uuid = *uuid;
  if (!cursor.accept(':')) return cursor.expected("':' and a transaction number");
  if (cursor.at_tag()) {
    auto tag = cursor.tag();
    if (!tag) return propagate(tag);
    gtid.tag = std::move(*tag);
    if (!cursor.accept(':')) return cursor.expected("':' and a transaction number");
  }
  auto gno = cursor.gno(1);
  if (!gno) return propagate(gno);
  gtid.gno = *gno;
  if (!cursor.done()) return cursor.expected("the end");
  return gtid;
}

void Gtid::append_to(std::string& out) const {
  uuid.append_to(out);
  out.push_back(':');
  if (!tag.empty()) out.append(tag).push_back(':');
  gtid_text::append_number(out, gno);
}

std::string Gtid::text() const {
  std::string out;
  append_to(out);
  return out;
}

Result<MariadbGtid> MariadbGtid::parse(std::string_view text) {
  gtid_text::Cursor cursor(text, "MariaDB GTID");
  cursor.skip_space();
  auto gtid = cursor.mariadb_gtid();
  if (gtid && !cursor.done()) return cursor.expected("the end");
  return gtid;
}

void MariadbGtid::append_to(std::string& out) const {
  gtid_text::append_number(out, domain);
  out.push_back('-');
  gtid_text::append_number(out, server_id);
  out.push_back('-');
  gtid_text::append_number(out, seq_no);
}

std::string MariadbGtid::text() const {
  std::string out;
  append_to(out);
  return out;
}

void append_to(std::string& out, const AnyGtid& gtid) {
  if (const auto* mysql = std::get_if<Gtid>(&gtid)) mysql->append_to(out);
  if (const auto* mariadb = std::get_if<MariadbGtid>(&gtid)) mariadb->append_to(out);
}

std::string text_of(const AnyGtid& gtid) {
  std::string out;
  append_to(out, gtid);
  return out;
}

Result<AnyGtid> parse_any_gtid(std::string_view text) {
  if (text.find(':') == std::string_view::npos) {
    auto mariadb = MariadbGtid::parse(text);
    if (!mariadb) return propagate(mariadb);
    return *mariadb;
  }
  auto mysql = Gtid::parse(text);
  if (!mysql) return propagate(mysql);
  return std::move(*mysql);
}

}  // namespace binferry
