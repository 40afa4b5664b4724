// Result<T>: a value or an Error. No exception crosses a library function.
#pragma once

#include "binlog/base/error.hpp"

#include <expected>
#include <string>
#include <utility>

namespace binferry {

template <class T>
using Result = std::expected<T, Error>;
using Status = std::expected<void, Error>;

// return fail(Errc::corrupt, "length 12 is shorter than a header", "fetch the file again");
[[nodiscard]] inline std::unexpected<Error> fail(Errc code, std::string what, std::string hint = {}) {
  return std::unexpected(Error{code, std::move(what), {}, std::move(hint)});
}

// if (!x) return propagate(x);
template <class T>
[[nodiscard]] std::unexpected<Error> propagate(std::expected<T, Error>& failed) {
  return std::unexpected(std::move(failed.error()));
}
template <class T>
[[nodiscard]] std::unexpected<Error> propagate(std::expected<T, Error>&& failed) {
  return std::unexpected(std::move(failed.error()));
}
template <class T>
[[nodiscard]] std::unexpected<Error> propagate(std::expected<T, Error>& failed, std::string_view place) {
  return std::unexpected(std::move(failed.error()).at(place));
}

}  // namespace binferry
