// expect: use of deleted function|call to deleted member function
#include "binlog/coordinates/any_gtid_set.hpp"

// What a set hands out points into the set: a set without a name is gone at the end of the line.
std::size_t count(std::string_view text) {
#ifdef WRONG
  return binferry::AnyGtidSet::parse(text).value().mysql()->origins().size();
#else
  const auto set = binferry::AnyGtidSet::parse(text);
  return set && set->mysql() != nullptr ? set->mysql()->origins().size() : 0;
#endif
}
