// SPDX-License-Identifier: Apache-2.0
#include "ledger/note.h"

#include <gtest/gtest.h>

#include <map>

#include "ledger/receipt.h"
#include "ledger/tile_path.h"

namespace bw::ledger {
namespace {

NoteSigner signer(const std::string& name, char seed, KeyKind kind = KeyKind::note) {
  return {name, kind, crypto::SigningKey::from_seed(std::string(32, seed)).value()};
}

TEST(Note, KeysSurviveTheirText) {
  for (auto kind : {KeyKind::note, KeyKind::cosignature}) {
    auto key = signer("example.org/log", 'a', kind);
    auto again = NoteSigner::parse(key.secret()).value();
    EXPECT_EQ(again.secret(), key.secret());
    EXPECT_EQ(again.verifier().vkey(), key.verifier().vkey());
    EXPECT_EQ(NoteVerifier::parse(key.verifier().vkey())->vkey(), key.verifier().vkey());
  }
  EXPECT_NE(signer("a", 'a').verifier().id(), signer("b", 'a').verifier().id());
  EXPECT_NE(signer("a", 'a').verifier().id(), signer("a", 'a', KeyKind::cosignature).verifier().id());
}

TEST(Note, RefusesMalformedKeysAndNotes) {
  auto good = signer("log", 'a').verifier().vkey();
  for (auto key :
       {std::string(), std::string("log"), good.substr(4), "x" + good, good + "A", "log+00000000" + good.substr(12),
        std::string("log+530d903a+"), std::string("a b") + good.substr(3)}) {
    EXPECT_FALSE(NoteVerifier::parse(key)) << key;
  }
  std::string line = format(signer("log", 'a').sign("text\n"));
  EXPECT_TRUE(parse_note("text\n\n" + line));
  for (const std::string& note : std::vector<std::string>{
           "", "text\n" + line, "text\n\n", "text\n\n" + line.substr(0, line.size() - 1), "text\n\n" + line + "x\n",
           "te\rxt\n\n" + line, "te\xFFxt\n\n" + line, "te\xC0\x80xt\n\n" + line, "te\xED\xA0\x80xt\n\n" + line,
           "text\n\n" + line.substr(1), "text\n\n— log AAAA\n", "text\n\n— lo+g" + line.substr(7),
           std::string(note_bytes_max, 'x') + "\n\n" + line}) {
    auto parsed = parse_note(note);
    EXPECT_FALSE(parsed) << note.substr(0, 100);
    if (!parsed) EXPECT_EQ(parsed.error().code, Code::invalid_argument);
  }
  std::string many = "text\n\n";
  for (std::size_t i = 0; i < note_signatures_max; ++i) many += line;
  EXPECT_TRUE(parse_note(many));
  EXPECT_FALSE(parse_note(many + line));
}

// The list of signatures is open: unknown keys are passed over, known ones must be right.
TEST(Note, ChecksEveryKnownSignatureAndNoOther) {
  auto log = signer("log", 'a'), other = signer("log", 'b'), stranger = signer("log", 'c');
  auto witness = signer("witness", 'w', KeyKind::cosignature);
  Note note{"text\n", {stranger.sign("else\n"), log.sign("text\n"), witness.sign("text\n", 1'800'000'000)}};
  std::vector known{log.verifier(), other.verifier(), witness.verifier()};
  EXPECT_EQ(check_note(note, known).value(), (std::vector<std::size_t>{0, 2}));
  EXPECT_EQ(cosigned_at(note.signatures[2]), 1'800'000'000);

  auto wrong = note;
  wrong.signatures[2].bytes[7] ^= 1;  // another time
  EXPECT_EQ(check_note(wrong, known).error().message, "the signature of key `witness` is wrong");
  EXPECT_TRUE(check_note(wrong, std::vector{log.verifier()}));
  wrong = note;
  wrong.signatures.push_back(log.sign("else\n"));
  EXPECT_FALSE(check_note(wrong, known));
  EXPECT_FALSE(check_note(note, std::vector{other.verifier()}));
  EXPECT_FALSE(check_note(note, {}));
}

TEST(Checkpoint, IsSignedByAKeyOfItsOrigin) {
  Checkpoint checkpoint{"log", 0, Frontier().root(), ""};
  auto text = format(checkpoint);
  EXPECT_EQ(text, "log\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n");
  auto log = signer("log", 'a'), other = signer("other", 'a'), witness = signer("log", 'w', KeyKind::cosignature);
  auto bytes = [&](const NoteSigner& key) { return format(Note{text, {key.sign(text, 5)}}); };
  EXPECT_EQ(open_checkpoint(bytes(log), std::vector{log.verifier()})->checkpoint.size, 0U);
  EXPECT_FALSE(open_checkpoint(bytes(other), std::vector{other.verifier()}));
  EXPECT_FALSE(open_checkpoint(bytes(witness), std::vector{witness.verifier()}));
  for (auto wrong : {"", "log\n", "log\n01\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n", "log\n0\nAAAA\n",
                     "\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n",
                     "log\n9223372036854775808\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n",
                     "log\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n\n",
                     "log\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\nmore"}) {
    EXPECT_FALSE(parse_checkpoint(wrong)) << wrong;
  }
}

TEST(TilePath, IsSpelledAsSpecified) {
  EXPECT_EQ(format({false, 0, 1234067, 256}), "tile/0/x001/x234/067");
  EXPECT_EQ(format({true, 0, 5, 17}), "tile/entries/005.p/17");
  for (auto path : {TilePath{false, 63, 999, 1}, TilePath{false, 1, 1000, 255}, TilePath{true, 0, 1234567890, 256}}) {
    EXPECT_EQ(parse_tile_path(format(path)).value(), path);
  }
  for (auto wrong : {"",
                     "tile",
                     "tile/0",
                     "tile/0/",
                     "tile/00/000",
                     "tile/64/000",
                     "tile/-1/000",
                     "tile/0/0",
                     "tile/0/0000",
                     "tile/0/x000/001",
                     "tile/0/001/002",
                     "tile/0/x001",
                     "tile/0/000.p/0",
                     "tile/0/000.p/256",
                     "tile/0/000.p/01",
                     "tile/0/000.p/",
                     "tile/0/../../token.key",
                     "tile/entries/000/",
                     "/tile/0/000",
                     "tile/0/x001/x001/x001/x001/x001/x001/001"}) {
    EXPECT_FALSE(parse_tile_path(wrong)) << wrong;
  }
}

// The example of C2SP tlog-tiles, "Partial Tiles".
TEST(TilePath, ListsTheTilesOfATree) {
  std::map<std::string, int> tiles;
  for (const auto& path : tile_paths(70'000)) {
    ++tiles[path.entries ? "entries" : std::to_string(path.level)];
    if (path.width < 256)
      tiles["partial " + (path.entries ? "entries" : std::to_string(path.level))] = static_cast<int>(path.width);
  }
  EXPECT_EQ(tiles, (std::map<std::string, int>{{"0", 274},
                                               {"partial 0", 112},
                                               {"1", 2},
                                               {"partial 1", 17},
                                               {"2", 1},
                                               {"partial 2", 1},
                                               {"entries", 274},
                                               {"partial entries", 112}}));
  EXPECT_EQ(tile_paths(256), (std::vector<TilePath>{{false, 0, 0, 256}, {true, 0, 0, 256}, {false, 1, 0, 1}}));
  EXPECT_TRUE(tile_paths(0).empty());
}

TEST(Bundle, HoldsItsEntries) {
  std::string bundle;
  append_to_bundle(bundle, "first");
  append_to_bundle(bundle, std::string(300, 'x'));
  EXPECT_EQ(parse_bundle(bundle).value(), (std::vector<std::string_view>{"first", std::string_view(bundle).substr(9)}));
  for (std::size_t cut = 1; cut < bundle.size(); ++cut) {
    EXPECT_EQ(parse_bundle(bundle.substr(0, cut)).has_value(), cut == 7) << cut;
  }
}

TEST(Receipt, ProvesItsEntryAndNothingElse) {
  auto log = signer("log", 'a');
  std::vector<Digest> leaves;
  std::vector<std::string> bytes;
  Frontier frontier;
  for (std::uint64_t i = 0; i < 5; ++i) {
    Entry entry;
    entry.seq = i;
    entry.at_ms = 1'800'000'000'000;
    bytes.push_back(encode(entry).value());
    leaves.push_back(leaf_hash(bytes.back()));
    frontier.append(leaves.back());
  }
  auto subtree = [&](unsigned level, std::uint64_t index) -> Result<Digest> {
    std::string hashes;
    for (auto i = index << level; i < (index + 1) << level; ++i) hashes += crypto::view(leaves[i]);
    return tile_root(hashes);
  };
  auto text = format(Checkpoint{"log", 5, frontier.root(), ""});
  std::vector keys{log.verifier()};
  for (std::uint64_t i = 0; i < 5; ++i) {
    Receipt receipt{bytes[i], i, prove_inclusion(i, 5, subtree).value(), format(Note{text, {log.sign(text)}})};
    auto file = format(receipt);
    auto read = parse_receipt(file).value();
    EXPECT_EQ(format(read), file);
    EXPECT_EQ(verify_receipt(read, keys)->entry.seq, i);
    EXPECT_EQ(verify_receipt(read, {}).error().code, Code::permission_denied);
    read.index = (i + 1) % 5;
    EXPECT_EQ(verify_receipt(read, keys).error().code, Code::data_loss);
    read.index = i;
    read.leaf = bytes[(i + 1) % 5];
    EXPECT_EQ(verify_receipt(read, keys).error().code, Code::data_loss);
    for (std::size_t cut = 0; cut < file.size(); cut += 7) {
      auto part = parse_receipt(file.substr(0, cut));
      EXPECT_FALSE(part && verify_receipt(*part, keys)) << cut;
    }
  }
}

}  // namespace
}  // namespace bw::ledger
