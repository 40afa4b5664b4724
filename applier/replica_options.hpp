// What a replica keeps of the options that it was made with.
#pragma once

#include "applier/replica.hpp"

#include <string>

namespace binferry {

// As `binferry_state.options` holds them: one JSON object.
std::string to_json(const ReplicaOptions& options);

}  // namespace binferry
