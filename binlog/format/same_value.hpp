// Whether a column has one and the same value in two images of a row.
#pragma once

#include "binlog/row/value.hpp"

namespace binferry {

// By kind and bytes: a JSON diff is never the same as a document, and what an image does not hold equals nothing.
bool same_value(const Value& left, const Value& right);

}  // namespace binferry
