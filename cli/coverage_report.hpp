// `inspect --coverage`: where every byte of a file went.
#pragma once

#include "binlog/source/coverage.hpp"

#include <string>

namespace binferry::cli {

void append_coverage_text(const FileCoverage& coverage, std::string& out);
// One line of the contract in docs/cli-json.md.
void append_coverage_json(const FileCoverage& coverage, std::string& out);

}  // namespace binferry::cli
