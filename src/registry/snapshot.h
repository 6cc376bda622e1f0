// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "domain/action.h"
#include "domain/rules.h"
#include "registry/things.h"

namespace bw::registry {

// Everything that was declared, checked, typed and frozen (A1).
//
//   auto profile = snapshot->profile("desk", "create_refund", "refund-desk");    // nullopt: no such tool
//   if (auto may = snapshot->granted(asked); !may) return refuse(may.error().message);
//
// Two registries that mean the same have the same digest, however their files are laid out, ordered and commented. The
// digest is over canonical(), which is also the form to store: from_canonical() gives the same snapshot back years later,
// when the YAML has long changed. places() is not part of the digest: it remembers which file and line each part came from,
// so that "why" can say so after a restart.
//
// Immutable; share it as shared_ptr<const Snapshot> and read it from any thread. An action keeps the snapshot it began with.
class Snapshot {
 public:
  static Result<std::shared_ptr<const Snapshot>> from_canonical(std::string_view canonical,
                                                                std::string_view places = {});

  const std::string& digest() const { return digest_; }        // hex SHA-256 of canonical()
  const std::string& canonical() const { return canonical_; }  // canonical JSON (RFC 8785): {KIND: {NAME: {…}}}
  const std::string& places() const { return places_; }        // JSON

  const Named<Person>& people() const { return people_; }
  const Named<Team>& teams() const { return teams_; }
  const Named<Agent>& agents() const { return agents_; }
  const Named<Workflow>& workflows() const { return workflows_; }
  const Named<Upstream>& upstreams() const { return upstreams_; }
  const Named<Retention>& retention() const { return retention_; }
  const std::vector<domain::Policy>& policies() const { return policies_; }  // these three are sorted by name
  const std::vector<domain::Meter>& meters() const { return meters_; }
  const std::vector<domain::Fact>& facts() const { return facts_; }
  const std::vector<Credential>& fact_credentials(std::string_view fact) const;  // none for most

  // Null when nothing has that name. The pointer lives as long as the snapshot.
  const Person* person(std::string_view name) const;
  const Team* team(std::string_view name) const;
  const Agent* agent(std::string_view name) const;
  const Workflow* workflow(std::string_view name) const;
  const Upstream* upstream(std::string_view name) const;
  const Tool* tool(std::string_view upstream, std::string_view name) const;

  // The class of contents of a tool that `workflow` uses: the tool's, else the workflow's, else the default. Null: they stay. The same
  // for what is no tool, whose name is none.
  const Retention* retention_of(std::string_view upstream, std::string_view tool, std::string_view workflow) const;

  // The active humans behind names of people and teams: sorted, each once. Names that mean nothing give nobody.
  std::vector<std::string> humans(const std::vector<std::string>& people_and_teams) const;

  // What the registry says of a tool when `workflow` uses it. An owner named on the tool counts before the upstream's, and
  // that before the workflow's. An undeclared tool has no profile and cannot be called.
  std::optional<domain::ToolProfile> profile(std::string_view upstream, std::string_view tool,
                                             std::string_view workflow) const;

  // The same for a resource or a prompt of the upstream: it reads. Nullopt when the upstream does not offer it.
  std::optional<domain::ToolProfile> read_profile(std::string_view upstream, domain::ActionKind kind,
                                                  std::string_view name, std::string_view workflow) const;

  // What somebody wants to use. `name` is "UPSTREAM/TOOL", "UPSTREAM/PROMPT" or a URI, as in domain::Action.
  struct Asked {
    std::string_view agent;
    std::string_view workflow;
    domain::ActionKind kind = domain::ActionKind::tool;
    std::string_view upstream;
    std::string_view name;
    domain::Tier tier = domain::Tier::execute;
  };

  // Whether agent and workflow are both granted it, the agent belongs to the workflow, and both may act in the upstream's
  // environment (B1, B5). Otherwise `permission_denied`, saying which of these is missing.
  Status granted(const Asked& asked) const;

 private:
  friend class Builder;
  Snapshot() = default;

  std::string digest_;
  std::string canonical_;
  std::string places_;
  Named<Person> people_;
  Named<Team> teams_;
  Named<Agent> agents_;
  Named<Workflow> workflows_;
  Named<Upstream> upstreams_;
  Named<Retention> retention_;
  std::vector<domain::Policy> policies_;
  std::vector<domain::Meter> meters_;
  std::vector<domain::Fact> facts_;
  Named<std::vector<Credential>> fact_credentials_;
};

}  // namespace bw::registry
