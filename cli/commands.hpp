// The commands: each takes its arguments, does its work and returns the exit code, having reported what went wrong.
#pragma once

#include "cli/arguments.hpp"

namespace binferry::cli {

int run_inspect(const InspectArguments& arguments);
int run_tail(const TailArguments& arguments);
int run_replay(const ReplayArguments& arguments);
int run_follow(const FollowArguments& arguments);
int run_serve(const ServeArguments& arguments);
int run_join(const JoinArguments& arguments);
int run_position(const PositionArguments& arguments);

}  // namespace binferry::cli
