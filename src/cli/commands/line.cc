// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/line.h"

#include <fmt/format.h>
#include <pwd.h>
#include <unistd.h>

#include <cstdlib>

#include "cli/version.h"
#include "http/message.h"

namespace bw::cli {
namespace {

std::string login_name() {
  const passwd* user = ::getpwuid(::geteuid());
  return user ? user->pw_name : "";
}

}  // namespace

std::string environment(const char* name, std::string otherwise) {
  const char* value = std::getenv(name);
  return value && *value ? std::string(value) : std::move(otherwise);
}

Query& Query::add(std::string_view name, const std::string& value) {
  if (value.empty()) return *this;
  text_ += fmt::format("{}{}={}", text_.contains('?') ? '&' : '?', name, http::percent_encode(value));
  return *this;
}

Line::Line()
    : app("Bailiwick: every action of an agent happens in somebody's bailiwick, and leaves a receipt.", "bailiwick"),
      by(environment("BAILIWICK_USER", environment("USER", login_name()))) {
  app.require_subcommand(1);
  app.set_version_flag("--version", fmt::format("bailiwick {}", version));
  app.failure_message(CLI::FailureMessage::simple);
  remote.url = environment("BAILIWICK_ADMIN", remote.url);
  remote.data = environment("BAILIWICK_DATA", remote.data);
}

CLI::App* Line::add(CLI::App& parent, const char* name, const char* what, std::function<int()> done_by) {
  CLI::App* sub = parent.add_subcommand(name, what);
  // Also called, and last, for a command of which a subcommand was given.
  sub->callback([this, sub, done_by = std::move(done_by)] {
    if (sub->get_subcommands().empty()) command = done_by;
  });
  return sub;
}

CLI::App* Line::add_remote(CLI::App& parent, const char* name, const char* what, std::function<int()> done_by) {
  CLI::App* sub = add(parent, name, what, std::move(done_by));
  sub->add_option("--admin", remote.url, "the server's admin address (BAILIWICK_ADMIN)")->capture_default_str();
  sub->add_option("--data", remote.data, "the server's data folder, for the operator's token (BAILIWICK_DATA)")
      ->capture_default_str();
  sub->add_flag("--json", remote.json, "print JSON");
  return sub;
}

void Line::add_page(CLI::App* sub) {
  sub->add_option("--limit", limit, "rows, up to 1000");
  sub->add_option("--cursor", cursor, "where the page before ended");
}

int Line::ask_for(const Query& query) const { return show(ask(remote, query.text())); }

}  // namespace bw::cli
