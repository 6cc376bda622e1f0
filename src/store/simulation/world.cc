// SPDX-License-Identifier: Apache-2.0
#include "store/simulation/world.h"

#include <fmt/core.h>

#include <algorithm>
#include <deque>

#include "admission/admission.h"
#include "base/durable_file.h"
#include "base/text.h"
#include "store/content_keys.h"
#include "store/simulation/clients.h"
#include "store/simulation/disk.h"
#include "store/simulation/model.h"

namespace bw::store::simulation {
namespace {

using namespace admission;

constexpr int processes = 3;
constexpr int turns_max = 20;

// The one folder that all worlds use after each other; only the lock is a real file in it.
const std::string& folder() {
  static const TemporaryFolder folder(std::filesystem::exists("/dev/shm") ? "/dev/shm" : "/tmp");
  return folder.path;
}

// An empty ledger, made once: most worlds start with it.
const Disk::Image& new_ledger() {
  static const Disk::Image image = [] {
    auto& disk = Disk::instance();
    disk.format(0);
    seed_randomness(0);
    open_sqlite(folder()).value().reset();
    return disk.image();
  }();
  return image;
}

// The keys of that ledger, on the real disk: a world that rotated them leaves others.
void put_back_keys() {
  static const std::string keys = read_file(content_keys_path(folder()), 4096).value();
  BW_ASSERT(write_durably(content_keys_path(folder()), keys, 0600).has_value());
}

// A change that was sent, and whether its sender could count on its being stopped.
struct Sent {
  Change change;
  bool must_stop = false;
};

ledger::Digest digest_of(const std::string& bytes) {
  ledger::Digest out{};
  std::ranges::copy(bytes, out.begin());
  return out;
}

std::vector<ledger::Digest> digests_of(const std::vector<std::string>& hashes) {
  std::vector<ledger::Digest> out;
  for (const auto& hash : hashes) out.push_back(digest_of(hash));
  return out;
}

class World {
 public:
  World(std::uint64_t seed, Plant plant, bool loud)
      : plant_(plant), loud_(loud), chance_(seed), clients_(seed + 1), disk_(Disk::instance()) {
    const auto& image = new_ledger();
    put_back_keys();
    disk_.format(seed);
    seed_randomness(seed);
    made_ = !chance_.once_in(16);
    if (made_) disk_.load(image);
    disk_.lie(plant == Plant::acknowledges_unsynced);
  }
  ~World() { disk_.lie(false); }

  Story run() {
    for (int i = 0; i < processes && good(); ++i) {
      if (i > 0 && chance_.once_in(4)) rotate();
      if (good()) process();
    }
    for (int i = 0; i < 3 && good() && !finish(); ++i) continue;
    if (good()) check_spending();
    story_.entries = model_.size();
    story_.trace = (story_.trace ^ disk_.trace()) * 0x100000001B3ULL;
    return std::move(story_);
  }

 private:
  template <class... Args>
  void say(fmt::format_string<Args...> format, Args&&... args) {
    if (loud_) fmt::print("  {}\n", fmt::format(format, std::forward<Args>(args)...));
  }
  bool good() const { return story_.wrong.empty(); }
  void wrong(std::string what) {
    if (!good() || what.empty()) return;
    say("WRONG: {}", what);
    story_.wrong = std::move(what);
  }

  void process();
  bool open();
  void turn();
  void send();
  void maybe_fault(std::int64_t odds, std::int64_t within);
  void move_clock();
  void collect(std::vector<Completion> answers);
  void answer(std::size_t sent, Result<Committed> result);
  void hand_out(bool all);
  void reread();
  void catch_up();
  void read_entries();
  void compare();
  void compare_contents(const std::vector<std::uint64_t>& entries);
  void check_receipts(const std::vector<std::uint64_t>& entries);
  void rotate();
  void end();
  bool finish();
  void check_spending();
  bool must_stop(const Change& change) const;

  Plant plant_;
  bool loud_;
  Chance chance_;
  Clients clients_;
  Disk& disk_;
  FakeClock clock_{noon};
  Model model_;
  Story story_;

  std::unique_ptr<Ledger> ledger_;
  std::unique_ptr<PlantedStore> store_;
  std::unique_ptr<Admission> admission_;
  bool failed_ = false;  // the committer said that its store failed
  bool made_ = false;    // there is a ledger; before the first start came through nothing can be rotated

  std::deque<Sent> sent_;
  std::vector<Completion> held_;                   // answers under way
  std::map<std::uint64_t, std::string> promised_;  // seq and leaf hash of all that was acknowledged
  std::uint64_t tree_size_ = 0;                    // the newest tree that was acknowledged
  ledger::Digest tree_root_{};
  std::set<domain::Scope> killed_;                   // acknowledged, and no clearing sent since
  std::map<std::string, std::string> used_tickets_;  // by which action
};

// One process from its start to its end.
void World::process() {
  ++story_.processes;
  maybe_fault(4, 60);
  if (open()) {
    auto turns = chance_.below(turns_max);
    for (std::int64_t i = 0; i < turns && good() && !disk_.failed(); ++i) turn();
  }
  end();
}

bool World::open() {
  failed_ = false;
  auto ledger = open_sqlite(folder());
  if (!ledger) {
    say("cannot open: {}", ledger.error().message);
    if (!disk_.failed()) wrong("the ledger cannot be opened: " + ledger.error().message);
    return false;
  }
  made_ = true;
  ledger_ = std::move(*ledger);
  store_ = std::make_unique<PlantedStore>(ledger_->store(), plant_);
  constexpr std::array<std::size_t, 4> batches{1, 2, 5, 64};
  AdmissionOptions options;
  options.batch_max = batches[static_cast<std::size_t>(chance_.below(batches.size()))];
  options.stepped = true;
  options.deliver = [this](std::vector<Completion> answers) { collect(std::move(answers)); };
  options.on_failure = [this](const Error& error) {
    say("the committer gives up: {}", error.message);
    failed_ = true;
    if (!disk_.failed()) wrong("the store failed on a good disk: " + error.message);
  };
  say("process {}: batches of {}", story_.processes, options.batch_max);
  auto admission = Admission::open(*store_, clock_, std::move(options));
  if (!admission) {
    say("cannot start: {}", admission.error().message);
    if (!disk_.failed()) wrong("the committer cannot start: " + admission.error().message);
    return false;
  }
  admission_ = std::move(*admission);
  if (!disk_.failed()) reread();
  return true;
}

void World::turn() {
  for (auto n = chance_.below(6); n > 0; --n) send();
  if (chance_.once_in(12)) maybe_fault(1, 12);
  admission_->step();
  if (disk_.failed() && !failed_ && !disk_.down()) say("a fault that no commit has met yet");
  if (!disk_.failed()) catch_up();
  if (failed_ && admission_->submit(Expire{}, [](Result<Committed>) {}))
    wrong("a change was taken after the store failed");
  hand_out(false);
  move_clock();
}

void World::send() {
  auto change = clients_.next(clock_.now_ms(), ledger_->records());
  if (const auto* set = std::get_if<SetSwitch>(&change); set != nullptr && !set->on) killed_.erase(set->scope);
  sent_.push_back({change, must_stop(change)});
  auto number = sent_.size() - 1;
  auto taken =
      admission_->submit(std::move(change), [this, number](Result<Committed> r) { answer(number, std::move(r)); });
  if (!taken && !failed_) wrong("a change was not taken: " + taken.error().message);
}

bool World::must_stop(const Change& change) const {
  const auto* admit = std::get_if<Admit>(&change);
  if (admit == nullptr) return false;
  const auto& action = admit->action;
  using enum domain::Scope::Kind;
  return killed_.contains({}) || killed_.contains({upstream, action.upstream}) ||
         killed_.contains({tool, action.name}) || killed_.contains({agent, action.principal.agent}) ||
         killed_.contains({run, action.run});
}

void World::maybe_fault(std::int64_t odds, std::int64_t within) {
  if (!chance_.once_in(odds)) return;
  using enum Disk::Fault;
  constexpr std::array<Disk::Fault, 7> faults{crash_before, crash_before, crash_after, crash_after,
                                              write_error,  full,         sync_error};
  auto fault = faults[static_cast<std::size_t>(chance_.below(faults.size()))];
  auto operations = chance_.below(within);
  say("fault {} after {} operations", static_cast<int>(fault), operations);
  disk_.arm(fault, operations);
}

void World::move_clock() {
  auto dice = chance_.below(40);
  if (dice == 0) clock_.advance_ms(-chance_.below(3'600'000));
  if (dice == 1) clock_.advance_ms(chance_.below(3'600'000));
  if (dice > 10) clock_.advance_ms(chance_.below(400));
}

// A commit is through: from here on what it says is promised, although nobody was told yet.
void World::collect(std::vector<Completion> answers) {
  for (auto& one : answers) {
    if (one.result && !one.result->leaf_hash.empty()) {
      ++story_.acknowledged;
      if (disk_.failed()) wrong("an entry was acknowledged after the disk failed");
      if (!promised_.emplace(one.result->seq, one.result->leaf_hash).second)
        wrong(fmt::format("entry {} was acknowledged twice", one.result->seq));
    }
    held_.push_back(std::move(one));
  }
}

// Answers arrive in any order, and some late.
void World::hand_out(bool all) {
  auto keep = all ? 0 : chance_.below(4);
  while (static_cast<std::int64_t>(held_.size()) > keep) {
    auto& one = chance_.pick(held_);
    std::swap(one, held_.back());
    auto last = std::move(held_.back());
    held_.pop_back();
    last();
  }
}

void World::answer(std::size_t number, Result<Committed> result) {
  const auto& [change, must_stop] = sent_[number];
  auto text = !result ? result.error().message : result->refusal ? result->refusal->text : result->leaf_hash;
  say("answer to {} (kind {}): {}", number, change.index(), text);
  story_.trace = (story_.trace ^ std::hash<std::string>()(text)) * 0x100000001B3ULL;
  if (!result) return;
  if (const auto* set = std::get_if<SetSwitch>(&change); set != nullptr && set->on) {
    bool cleared = false;  // by a change that was sent later, and may be committed already
    for (auto later = number + 1; later < sent_.size(); ++later) {
      const auto* other = std::get_if<SetSwitch>(&sent_[later].change);
      cleared = cleared || (other != nullptr && !other->on && other->scope == set->scope);
    }
    if (!cleared) killed_.insert(set->scope);
  }
  if (const auto* admit = std::get_if<Admit>(&change); admit != nullptr && !result->refusal) {
    if (must_stop) wrong(fmt::format("action {} was admitted after a kill was acknowledged", admit->action.id));
    if (!admit->ticket.empty() && !used_tickets_.emplace(admit->ticket, admit->action.id).second)
      wrong(fmt::format("ticket {} let two actions through", admit->ticket));
  }
  clients_.learn(change, *result);
}

// A new process: everything that was promised is there, and what is there follows from what was.
void World::reread() {
  model_ = {};
  read_entries();
  for (const auto& [seq, hash] : promised_) {
    if (seq >= model_.size() || model_.hash(seq) != hash)
      return wrong(fmt::format("entry {} was acknowledged and is not there", seq));
  }
  for (const auto& [id, job] : clients_.jobs()) {
    if (!model_.admitted(id)) return wrong(fmt::format("action {} ran, and its intent is not there", id));
  }
  compare();
  auto some = model_.newly_erased();
  check_receipts(some);
  constexpr std::uint64_t sample = 4;  // and all of them are looked at when the world is verified
  for (auto seq = static_cast<std::uint64_t>(chance_.below(sample)); seq < model_.size(); seq += sample)
    some.push_back(seq);
  compare_contents(some);
}

void World::catch_up() {
  read_entries();
  compare();
  auto erased = model_.newly_erased();
  compare_contents(erased);
  check_receipts(erased);
}

// What was erased stays away, and all else can be read.
void World::compare_contents(const std::vector<std::uint64_t>& entries) {
  for (auto seq : entries) {
    if (good()) wrong(model_.compare_contents(ledger_->records(), seq));
  }
}

void World::check_receipts(const std::vector<std::uint64_t>& entries) {
  for (auto seq : entries) {
    if (!good()) return;
    auto hashes = ledger_->records().prove_inclusion(seq, model_.size());
    if (!hashes) return wrong("inclusion cannot be proven: " + hashes.error().message);
    auto leaf = digest_of(from_hex(model_.hash(seq)).value());
    if (!ledger::verify_inclusion(seq, model_.size(), leaf, digests_of(*hashes), model_.root()))
      return wrong(fmt::format("the receipt of entry {} does not hold since contents of it were erased", seq));
  }
}

void World::read_entries() {
  while (good()) {
    auto entries = ledger_->records().entries(model_.size(), 500);
    if (!entries) return wrong("entries cannot be read: " + entries.error().message);
    if (entries->empty()) return;
    for (const auto& stored : *entries) {
      say("{} {}", stored.entry.seq, stored.leaf.substr(0, 160));
      wrong(model_.add(stored));
    }
  }
}

// The tables with the entries, and this tree with the one before.
void World::compare() {
  auto& records = ledger_->records();
  if (good()) wrong(model_.compare(records));
  if (!good()) return;
  if (tree_size_ > 0) {
    auto hashes = records.prove_consistency(tree_size_, model_.size());
    if (!hashes) return wrong("consistency cannot be proven: " + hashes.error().message);
    if (!ledger::verify_consistency(tree_size_, model_.size(), tree_root_, model_.root(), digests_of(*hashes)))
      return wrong("an earlier tree is no part of this one");
  }
  tree_size_ = model_.size();
  tree_root_ = model_.root();
}

// The process stops in good order, is killed, or was stopped by a fault; then, perhaps, the power goes.
void World::end() {
  if (admission_ && !disk_.failed() && chance_.once_in(3)) {
    say("stops in good order");
    admission_->stop();
    if (!disk_.failed()) catch_up();
    hand_out(true);
  } else if (!disk_.failed()) {
    say("killed");
    disk_.cut();
  }
  bool fault = disk_.failed();
  story_.faults += fault ? 1 : 0;
  if (!disk_.down() && chance_.once_in(2)) disk_.cut();  // closing the files is interrupted, too
  admission_.reset();
  store_.reset();
  ledger_.reset();
  held_.clear();
  clients_.forget_running();
  auto how = chance_.once_in(2) ? Disk::End::power : Disk::End::process;
  say("the {} ends", how == Disk::End::power ? "power" : "process");
  disk_.end(how);
}

// Between two processes another exchanges the key of contents, or is stopped by a fault while it does.
void World::rotate() {
  maybe_fault(2, 40);
  auto rotated = rotate_content_keys(folder());
  say("rotates the key of contents: {}", rotated ? rotated->fresh : rotated.error().message);
  if (!rotated && !disk_.failed() && made_) wrong("the key of contents cannot be rotated: " + rotated.error().message);
  story_.faults += disk_.failed() ? 1 : 0;
  disk_.end(chance_.once_in(2) ? Disk::End::power : Disk::End::process);
}

// Without another fault: a last process that only looks, and the whole ledger verified. True when it came so far.
bool World::finish() {
  if (!open()) return false;
  admission_->stop();
  catch_up();
  admission_.reset();
  store_.reset();
  ledger_.reset();
  if (!good()) return true;
  auto report = verify(folder(), {});
  if (!report) wrong("verification fails: " + report.error().message);
  return true;
}

// What really happened outside never exceeds a window, whatever anybody knew of it.
void World::check_spending() {
  struct Spending {
    std::int64_t at_ms, amount;
  };
  std::map<std::string, std::vector<Spending>> all;
  std::map<std::string, domain::Charge> charged;
  for (const auto& [id, job] : clients_.jobs()) {
    for (const auto& charge : job.admit.charges) {
      if (!job.done || charge.window_ms == 0) continue;
      auto name = charge.meter + "/" + charge.key;
      charged[name] = charge;
      all[name].push_back({job.at_ms, job.spent.at(name)});
    }
  }
  for (const auto& [name, spendings] : all) {
    const auto& charge = charged[name];
    for (const auto& last : spendings) {
      std::int64_t sum = 0;
      for (const auto& one : spendings) {
        sum += one.at_ms <= last.at_ms && one.at_ms > last.at_ms - charge.window_ms ? one.amount : 0;
      }
      if (sum > charge.limit) wrong(fmt::format("{} of {} were really spent on meter {}", sum, charge.limit, name));
    }
  }
}

}  // namespace

Story live(std::uint64_t seed, Plant plant, bool loud) { return World(seed, plant, loud).run(); }

}  // namespace bw::store::simulation
