# SPDX-License-Identifier: Apache-2.0
"""Each rule of tools/tidy sees what it is there to see, and nothing in the code beside it."""
import importlib.machinery
import importlib.util
import os
import unittest

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")


def load(path):
    loader = importlib.machinery.SourceFileLoader("tidy", path)
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("tidy", loader))
    loader.exec_module(module)
    return module


tidy = load(os.path.join(ROOT, "tools/tidy"))


def found(rule, text, path="src/gateway/x.cc"):
    return [message for _, message in rule(tidy.File(path, text.encode()))]


class Waits(unittest.TestCase):
    def test_sees_the_shapes_that_gcc_breaks(self):
        for text in [
            "Task<> f() { int x = ready ? co_await a() : 0; }",
            "Task<> f() { int x = co_await a() ? 1 : 2; }",
            "Task<> f() { use(ready ? g(co_await a()) : 0); }",
            "Task<> f() { std::vector<int> all{co_await a(), 2}; }",
            "Task<> f() { Pair p = {1, co_await a()}; }",
            "Task<> f() { co_return Pair{1, co_await a()}; }",
            "Task<> f() { auto x = co_await offload(pool, [name] { return name; }); }",
            "Task<> f() { auto x = co_await offload(pool, [&]() { return name; }); }",
            "Task<> f() { auto x = co_await send(Request{.a = 1}); }",
            "Task<> f() { auto x = co_await send({.a = 1}); }",
            "auto f() -> async::Task<int> { co_return co_await a(); }",
            "void f() { spawn([this]() -> Task<void> { co_return; }); }",
            "void f() { spawn([=](int n) mutable -> async::Task<int> { co_return n; }); }",
        ]:
            with self.subTest(text):
                self.assertEqual(len(found(tidy.waits, text)), 1, text)

    def test_lets_named_waits_pass(self):
        for text in [
            "Task<> f() { auto x = co_await a(std::move(b)); }",
            "Task<> f() { if (auto x = co_await a(); x) { y = x ? 1 : 2; } }",
            "Task<> f() { while (co_await a()) { use(b ? 1 : 2); } }",
            "Task<> f() { if (x) co_await a(); y = b ? 1 : 2; }",
            "Task<> f() { y = b ? 1 : 2; co_await a(); }",
            "Task<> f() { auto g = [x] { return x; }; co_await a(std::move(g)); }",
            "Task<> f() { switch (x) { case 1: co_await a(); break; default: { co_await b(); } } }",
            "struct S { Task<> f() const override { co_await a(); } };",
            "Task<> f() { try { co_await a(); } catch (...) { } }",
            "Task<> f() { auto x = co_await a(list[0]); }",
            "Task<> f() { auto x = co_await a(std::string{}); }",
            "Task<> f() { // co_await a() ? 1 : 2\n  log(\"ready ? co_await : {}\"); }",
            "void f() { auto g = [](int n) -> Task<int> { co_return n; }; }",
            "void f() { auto g = [&](int n) -> Task<int> { return h(n); }; } Task<> k() { co_return; }",
        ]:
            with self.subTest(text):
                self.assertEqual(found(tidy.waits, text), [], text)


class Calls(unittest.TestCase):
    def test_sees_banned_calls(self):
        for text in ["std::regex r;", "#include <regex>", "int x = rand();", "std::srand(1);", "sprintf(a, b);",
                     "system(\"ls\");", "std::system(name);", "popen(a, b);", "std::localtime(&t);", "std::cout << 1;"]:
            with self.subTest(text):
                self.assertEqual(len(found(tidy.calls, text)), 1)

    def test_lets_namesakes_pass(self):
        for text in ["snprintf(a, n, b);", "// rand()", "file_system(x);", "policy.system(x);", "\"strcpy(\";", "brand();",
                     "localtime_r(&t, &out);"]:
            with self.subTest(text):
                self.assertEqual(found(tidy.calls, text), [])

    def test_keeps_libraries_behind_their_walls(self):
        self.assertEqual(len(found(tidy.calls, "#include <boost/asio/io_context.hpp>")), 1)
        self.assertEqual(len(found(tidy.calls, "#include <openssl/evp.h>", "src/ledger/x.cc")), 1)
        self.assertEqual(found(tidy.calls, "#include <openssl/evp.h>", "src/crypto/x.cc"), [])

    def test_keeps_pure_rooms_pure(self):
        self.assertEqual(len(found(tidy.calls, "auto now = std::chrono::system_clock::now();", "src/policy/x.cc")), 1)
        self.assertEqual(found(tidy.calls, "auto now = std::chrono::system_clock::now();", "src/policy/x_test.cc"), [])
        self.assertEqual(found(tidy.calls, "auto now = std::chrono::system_clock::now();", "src/base/clock.cc"), [])


class Files(unittest.TestCase):
    def test_words(self):
        self.assertEqual(len(found(tidy.words, "// TODO: later")), 1)
        self.assertEqual(len(found(tidy.words, "// TODO(soon): later")), 1)
        self.assertEqual(len(found(tidy.words, "// FIX" + "ME later")), 1)
        self.assertEqual(len(found(tidy.words, "open(\"/home/" + "ana/x\")")), 1)
        self.assertEqual(found(tidy.words, "// TODO(perf): later"), [])

    def test_headers(self):
        self.assertEqual(found(tidy.shape, "// essay\n#pragma once\n#include <x>\n", "src/gateway/x.h"), [])
        self.assertEqual(len(found(tidy.shape, "#include <x>\n#pragma once\n", "src/gateway/x.h")), 1)
        self.assertEqual(len(found(tidy.shape, "#pragma once\n#include \"../x.h\"\n", "src/gateway/x.h")), 1)

    def test_own_header_first(self):
        os.chdir(ROOT)
        self.assertEqual(found(tidy.shape, "#include \"base/text.h\"\n#include <x>\n", "src/base/text.cc"), [])
        self.assertEqual(len(found(tidy.shape, "#include <x>\n#include \"base/text.h\"\n", "src/base/text.cc")), 1)

    def test_length(self):
        self.assertEqual(len(found(tidy.length, "\n" * 701)), 1)
        self.assertEqual(found(tidy.length, "// stays whole because it is one table\n" + "\n" * 701), [])

    def test_licence(self):
        self.assertEqual(len(found(tidy.licence, "int x;")), 1)
        self.assertEqual(found(tidy.licence, "// SPDX-License-Identifier: Apache-2.0\nint x;"), [])

    def test_markdown(self):
        os.chdir(ROOT)
        for text, faults in [("[a](dev)", 0), ("[a](nowhere.md)", 1), ("# One two\n[a](#one-two)", 0), ("[a](#three)", 1),
                             ("[a](https://example.com/x)", 0), ("```\n[a](nowhere.md)\n```", 0), ("`[a](nowhere.md)`", 0),
                             ("run `./dev test cel`", 0), ("run ./dev tset", 1)]:
            with self.subTest(text):
                rules = [*found(tidy.links, text, "X.md"), *found(tidy.commands, text, "X.md")]
                self.assertEqual(len(rules), faults)


if __name__ == "__main__":
    unittest.main()
