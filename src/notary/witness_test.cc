// SPDX-License-Identifier: Apache-2.0
#include "notary/witness.h"

#include <gtest/gtest.h>

#include "base/text.h"
#include "crypto/hash.h"
#include "ledger/entry.h"
#include "notary/witness_client.h"
#include "store/testing.h"

namespace bw::notary {
namespace {

// A ledger that signs what it is told to.
class Log {
 public:
  explicit Log(const std::string& origin, char seed = 'a')
      : signer(origin, ledger::KeyKind::note, crypto::SigningKey::from_seed(std::string(32, seed)).value()) {}

  std::string checkpoint(std::uint64_t size, char variant = 'x') const {
    ledger::Frontier frontier;
    for (const auto& leaf : leaves(size, variant)) frontier.append(leaf);
    auto text = format(ledger::Checkpoint{signer.verifier().name(), size, frontier.root(), ""});
    return format(ledger::Note{text, {signer.sign(text)}});
  }
  std::string request(std::uint64_t from, std::uint64_t to, char variant = 'x') const {
    auto all = leaves(to, variant);
    auto subtree = [&](unsigned level, std::uint64_t index) -> Result<ledger::Digest> {
      std::string hashes;
      for (auto i = index << level; i < (index + 1) << level; ++i) hashes += crypto::view(all[i]);
      return ledger::tile_root(hashes);
    };
    std::string out = "old " + std::to_string(from) + "\n";
    for (const auto& hash : ledger::prove_consistency(from, to, subtree).value())
      out += to_base64(crypto::view(hash)) + "\n";
    return out + "\n" + checkpoint(to, variant);
  }
  ledger::NoteSigner signer;

 private:
  static std::vector<ledger::Digest> leaves(std::uint64_t size, char variant) {
    std::vector<ledger::Digest> out;
    for (std::uint64_t i = 0; i < size; ++i) out.push_back(ledger::leaf_hash(variant + std::to_string(i)));
    return out;
  }
};

TEST(Witness, SignsWhatContinuesAndNothingElse) {
  store::TemporaryFolder folder;
  Log log("example.org/log"), stranger("example.org/other"), impostor("example.org/log", 'b');
  auto witness = Witness::open(folder.path, "witness.example", {log.signer.verifier()}).value();
  auto status = [&](const std::string& body) { return witness->add_checkpoint(body, 1'800'000'000).status; };
  auto hash = to_hex(crypto::sha256("example.org/log"));
  EXPECT_EQ(witness->checkpoint(hash).status, 404);

  auto first = witness->add_checkpoint(log.request(0, 5), 1'800'000'000);
  ASSERT_EQ(first.status, 200) << first.body;
  auto key = ledger::NoteVerifier::parse(witness->vkey()).value();
  auto note = ledger::parse_note(log.checkpoint(5) + first.body).value();
  EXPECT_EQ(ledger::check_note(note, std::vector{log.signer.verifier(), key})->size(), 2U);
  EXPECT_EQ(ledger::cosigned_at(note.signatures[1]), 1'800'000'000);

  auto conflict = witness->add_checkpoint(log.request(0, 9), 1'800'000'000);
  EXPECT_EQ(conflict.status, 409);
  EXPECT_EQ(conflict.content_type, "text/x.tlog.size");
  EXPECT_EQ(conflict.body, "5\n");
  EXPECT_EQ(status(log.request(5, 9, 'y')), 422);  // another past
  EXPECT_EQ(status(log.request(5, 5, 'y')), 422);  // another ledger of the same size
  EXPECT_EQ(status(log.request(5, 5)), 200);
  EXPECT_EQ(status(log.request(5, 9)), 200);
  EXPECT_EQ(status(log.request(5, 9)), 409);  // it was at 5 and is at 9
  EXPECT_EQ(status(log.request(5, 7)), 409);  // and does not go back
  EXPECT_EQ(status(stranger.request(0, 5)), 404);
  EXPECT_EQ(status(impostor.request(9, 10)), 403);
  for (const std::string& wrong : {std::string(), std::string("old 9\n"), "old 09\n\n" + log.checkpoint(10),
                                   "old 11\n\n" + log.checkpoint(10), "old 9\nAAAA\n\n" + log.checkpoint(10),
                                   "old 9\n\n" + log.checkpoint(10).substr(5, 40), "new 9\n\n" + log.checkpoint(10)}) {
    EXPECT_EQ(status(wrong), 400) << wrong;
  }
  EXPECT_EQ(status("old 9\n\n" + log.checkpoint(10)), 422);  // without its proof

  auto kept = witness->checkpoint(hash);
  EXPECT_EQ(kept.status, 200);
  EXPECT_EQ(ledger::open_checkpoint(kept.body, std::vector{log.signer.verifier(), key})->checkpoint.size, 9U);
  EXPECT_EQ(witness->checkpoint("../witness.key").status, 404);
}

TEST(Witness, RemembersAcrossRestarts) {
  store::TemporaryFolder folder;
  Log log("example.org/log");
  std::string vkey;
  {
    auto witness = Witness::open(folder.path, "witness.example", {log.signer.verifier()}).value();
    vkey = witness->vkey();
    EXPECT_EQ(witness->add_checkpoint(log.request(0, 5), 1).status, 200);
    EXPECT_EQ(Witness::open(folder.path, "witness.example", {}).error().code, Code::failed_precondition);
  }
  EXPECT_EQ(Witness::open(folder.path, "another.example", {}).error().code, Code::failed_precondition);
  auto witness = Witness::open(folder.path, "witness.example", {log.signer.verifier()}).value();
  EXPECT_EQ(witness->vkey(), vkey);
  EXPECT_EQ(witness->add_checkpoint(log.request(0, 5, 'y'), 1).status, 409);
  EXPECT_EQ(witness->add_checkpoint(log.request(5, 6), 1).status, 200);
}

TEST(Witness, AddressesAreAUrlAndAKey) {
  ledger::NoteSigner key("w", ledger::KeyKind::cosignature, crypto::SigningKey::generate());
  auto good = parse_witness("http://127.0.0.1:1/," + key.verifier().vkey()).value();
  EXPECT_EQ(good.url, "http://127.0.0.1:1");
  for (const std::string& wrong : {std::string(), std::string("http://a"), "ftp://a," + key.verifier().vkey(),
                                   std::string("http://a,key"), "http://a," + Log("l").signer.verifier().vkey()}) {
    EXPECT_FALSE(parse_witness(wrong).has_value()) << wrong;
  }
}

}  // namespace
}  // namespace bw::notary
