// An option of the command line that takes one of a few words.
#pragma once

#include <CLI/CLI.hpp>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace binferry::cli {

// The word given puts its value into `into`, which must outlive the parsing. `text` says which is the default.
template <class Value>
CLI::Option* add_choice(CLI::App& command, const std::string& name, Value& into,
                        const std::vector<std::pair<std::string, Value>>& words, const std::string& text) {
  std::vector<std::string> names;
  for (const auto& [word, value] : words) names.push_back(word);
  return command
      .add_option_function<std::string>(
          name,
          [&into, values = std::map(words.begin(), words.end())](const std::string& word) { into = values.at(word); },
          text)
      ->check(CLI::IsMember(std::move(names)))
      ->type_name("HOW");
}

}  // namespace binferry::cli
