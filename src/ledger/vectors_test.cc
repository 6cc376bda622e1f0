// SPDX-License-Identifier: Apache-2.0
// What others wrote about the formats that we follow: tests/vectors, and the examples of the specifications.
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "base/text.h"
#include "json/document.h"
#include "ledger/receipt.h"

namespace bw::ledger {
namespace {

json::Document read_vectors(const std::string& name) {
  std::ifstream file(std::string(BW_SOURCE_DIR "/tests/vectors/tlog/") + name, std::ios::binary);
  return json::Document::parse({std::istreambuf_iterator<char>(file), {}}).value();
}

// A proof, or nothing when a hash in it has not 32 bytes: such a proof cannot even be said here.
std::optional<std::vector<Digest>> proof_of(const json::Value& vector) {
  std::vector<Digest> out;
  for (auto hash : vector["proof"].elements()) {
    auto digest = parse_hash(hash.string().value());
    if (!digest) return std::nullopt;
    out.push_back(*digest);
  }
  return out;
}

// Also one that has no place in 63 bits.
std::uint64_t number(const json::Value& value) { return std::stoull(std::string(value.raw())); }

TEST(Vectors, InclusionProofsOfTransparencyDev) {
  auto vectors = read_vectors("inclusion.json");
  int good = 0, all = 0;
  for (auto vector : vectors.root().elements()) {
    auto root = parse_hash(vector["root"].string().value_or(""));
    auto leaf = parse_hash(vector["leafHash"].string().value_or(""));
    auto proof = proof_of(vector);
    bool accepted = root && leaf && proof &&
                    verify_inclusion(number(vector["leafIdx"]), number(vector["treeSize"]), *leaf, *proof, *root);
    EXPECT_EQ(accepted, !vector["wantErr"].boolean().value()) << vector["name"].string().value();
    good += accepted ? 1 : 0;
    ++all;
  }
  EXPECT_EQ(all, 98);
  EXPECT_EQ(good, 6);
}

TEST(Vectors, ConsistencyProofsOfTransparencyDev) {
  auto vectors = read_vectors("consistency.json");
  int good = 0, all = 0;
  for (auto vector : vectors.root().elements()) {
    auto old_root = parse_hash(vector["root1"].string().value_or(""));
    auto root = parse_hash(vector["root2"].string().value_or(""));
    auto proof = proof_of(vector);
    bool accepted = old_root && root && proof &&
                    verify_consistency(number(vector["size1"]), number(vector["size2"]), *old_root, *root, *proof);
    // One good vector has words for roots, not hashes: it cannot be said here.
    bool hashes = old_root && root && proof;
    EXPECT_EQ(accepted, hashes && !vector["wantErr"].boolean().value()) << vector["name"].string().value();
    good += accepted ? 1 : 0;
    ++all;
  }
  EXPECT_EQ(all, 98);
  EXPECT_EQ(good, 5);
}

// C2SP signed-note, "Example".
TEST(Vectors, TheNoteOfTheSpecification) {
  auto key = NoteVerifier::parse("example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k").value();
  std::string bytes =
      "This is an example message.\n\n— example.com/foo "
      "Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n";
  auto note = parse_note(bytes).value();
  EXPECT_EQ(format(note), bytes);
  EXPECT_EQ(check_note(note, std::vector{key}).value(), std::vector<std::size_t>{0});
  note.text = "This is another message.\n";
  EXPECT_EQ(check_note(note, std::vector{key}).error().code, Code::permission_denied);
}

// C2SP tlog-checkpoint and tlog-cosignature: the shapes; the keys of these examples are not published.
TEST(Vectors, TheCheckpointOfTheSpecification) {
  std::string bytes =
      "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n"
      "— example.com/behind-the-sofa "
      "Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
      "— witness.example.com/w1 "
      "jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n";
  auto note = parse_note(bytes).value();
  EXPECT_EQ(format(note), bytes);
  auto checkpoint = parse_checkpoint(note.text).value();
  EXPECT_EQ(checkpoint.origin, "example.com/behind-the-sofa");
  EXPECT_EQ(checkpoint.size, 20852163U);
  EXPECT_EQ(format(checkpoint), note.text);
  EXPECT_EQ(cosigned_at(note.signatures.at(1)), 1679315147);
  EXPECT_EQ(cosigned_at(note.signatures.at(0)), std::nullopt);
}

}  // namespace
}  // namespace bw::ledger
