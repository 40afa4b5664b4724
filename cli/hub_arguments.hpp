// The command lines of the hub and its followers; arguments.cpp puts them beside the others.
#pragma once

#include "cli/arguments.hpp"

#include <string>

namespace CLI {
class App;
}

namespace binferry::cli {

// Options whose text becomes something else when all of the command line has been taken.
struct ServeTexts {
  std::string listen;
  std::string ack;
  std::string ack_timeout;
  std::string keep;
};

// What they are given must outlive the parsing.
CLI::App* add_serve(CLI::App& app, ServeArguments& arguments, ServeTexts& texts, const std::string& exit_codes);
Status take_serve_texts(const ServeTexts& texts, ServeArguments& arguments);
// --on-purged, of a replica that a source or a hub feeds.
void add_on_purged(CLI::App& command, FollowArguments::OnPurged& into, const std::string& whose);
// --status, of whatever follows.
void add_status(CLI::App& command, bool& is_json);
// Of whoever talks to a hub.
void add_hub_login_options(CLI::App& command, HubLoginArguments& login);
CLI::App* add_join(CLI::App& app, JoinArguments& arguments, const std::string& exit_codes);

}  // namespace binferry::cli
