// A password or key in memory: wiped when it goes, left out of core dumps, and never printed by accident.
//
// A value with one owner a copy; there is no conversion to text and no output operator, only reveal(), so that every
// use can be found. Views from reveal() live as long as the Secret.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace binferry {

// Overwrites what `text` holds in a way that the compiler keeps, and empties it.
void wipe(std::string& text);

class Secret {
 public:
  Secret() = default;
  // Copies and wipes the original.
  explicit Secret(std::string&& text);
  Secret(const Secret& other);
  Secret(Secret&& other) noexcept;
  Secret& operator=(Secret other) noexcept;
  ~Secret();

  [[nodiscard]] bool empty() const { return size_ == 0; }
  [[nodiscard]] std::string_view reveal() const& { return {data_, size_}; }
  std::string_view reveal() const&& = delete;

 private:
  void assign(std::string_view text);

  char* data_ = nullptr;  // whole pages of its own
  std::size_t size_ = 0;
};

}  // namespace binferry
