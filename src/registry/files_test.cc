// SPDX-License-Identifier: Apache-2.0
#include "registry/files.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace bw::registry {
namespace {

namespace fs = std::filesystem;

class Folder : public testing::Test {
 protected:
  void SetUp() override {
    root_ = fs::temp_directory_path() / ("bw-registry-" + std::to_string(getpid()));
    fs::remove_all(root_);
    fs::create_directories(root_ / "in" / "sub");
    fs::create_directories(root_ / "in" / ".hidden");
    fs::create_directories(root_ / "out");
  }
  void TearDown() override { fs::remove_all(root_); }

  void write(const std::string& path, std::string_view text) { std::ofstream(root_ / path) << text; }
  std::string names(FileLimits limits = {}) {
    std::string out;
    diagnostics_.clear();
    for (const auto& [name, text] : read_folder((root_ / "in").string(), diagnostics_, limits)) out += name + " ";
    return out;
  }

  fs::path root_;
  Diagnostics diagnostics_;
};

TEST_F(Folder, YieldsYamlFilesAndPassesOverTheRest) {
  write("in/a.yaml", "a");
  write("in/sub/b.yml", "b");
  write("in/readme.md", "no");
  write("in/.c.yaml", "no");
  write("in/.hidden/d.yaml", "no");
  EXPECT_EQ(names(), "a.yaml sub/b.yml ");
  EXPECT_TRUE(diagnostics_.empty());
}

TEST_F(Folder, FollowsNoLinkOutOfItself) {
  write("in/a.yaml", "a");
  write("out/b.yaml", "b");
  fs::create_symlink(root_ / "in/a.yaml", root_ / "in/inside.yaml");
  fs::create_symlink(root_ / "out/b.yaml", root_ / "in/outside.yaml");
  fs::create_symlink(root_ / "out", root_ / "in/folder");
  fs::create_symlink(root_ / "nowhere.yaml", root_ / "in/broken.yaml");
  EXPECT_EQ(names(), "a.yaml inside.yaml ");
  ASSERT_EQ(diagnostics_.size(), 1U);
  EXPECT_EQ(diagnostics_[0].where.file, "outside.yaml");
}

TEST_F(Folder, KeepsItsLimits) {
  write("in/a.yaml", "12345");
  write("in/b.yaml", "12345");
  names({.files_max = 2, .file_bytes_max = 5, .total_bytes_max = 10});
  EXPECT_TRUE(diagnostics_.empty());
  names({.files_max = 1});
  EXPECT_EQ(diagnostics_.size(), 1U);
  names({.file_bytes_max = 4});
  EXPECT_EQ(diagnostics_.size(), 2U);
  names({.total_bytes_max = 9});
  EXPECT_EQ(diagnostics_.size(), 1U);
}

TEST_F(Folder, ThatIsNoneIsAnError) {
  EXPECT_FALSE(load((root_ / "nowhere").string()).snapshot);
  write("in/a.yaml", "kind: Team");
  EXPECT_FALSE(load((root_ / "in/a.yaml").string()).snapshot);
  fs::remove(root_ / "in/a.yaml");
  auto empty = load((root_ / "in").string());
  ASSERT_EQ(empty.diagnostics.size(), 1U);
  EXPECT_EQ(empty.diagnostics[0].message, "no documents found");
}

}  // namespace
}  // namespace bw::registry
