// SPDX-License-Identifier: Apache-2.0
// The grammar of CEL by recursive descent, with one loop for all binary operators. Every recursion passes through
// `Parser::deeper`, and every node through `Parser::finish`, so neither the stack nor the tree outgrows depth_max.
// Reading stops at the first mistake: what follows one would be guesses.
#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <span>
#include <utility>

#include "cel/compile.h"
#include "cel/syntax/lexer.h"
#include "cel/syntax/literal.h"
#include "cel/syntax/macros.h"
#include "cel/utf8.h"

namespace bw::cel {
namespace {

struct Operator {
  TokenKind token;
  int binding;  // higher binds tighter
  std::string_view function;
};
constexpr int or_binding = 1;
constexpr int and_binding = 2;
constexpr std::array operators{
    Operator{TokenKind::or_or, or_binding, "_||_"},
    Operator{TokenKind::and_and, and_binding, "_&&_"},
    Operator{TokenKind::less, 3, "_<_"},
    Operator{TokenKind::less_equal, 3, "_<=_"},
    Operator{TokenKind::greater, 3, "_>_"},
    Operator{TokenKind::greater_equal, 3, "_>=_"},
    Operator{TokenKind::equal, 3, "_==_"},
    Operator{TokenKind::not_equal, 3, "_!=_"},
    Operator{TokenKind::in, 3, "@in"},
    Operator{TokenKind::plus, 4, "_+_"},
    Operator{TokenKind::minus, 4, "_-_"},
    Operator{TokenKind::star, 5, "_*_"},
    Operator{TokenKind::slash, 5, "_/_"},
    Operator{TokenKind::percent, 5, "_%_"},
};

constexpr std::array<std::string_view, 17> reserved{"as",        "break",  "const",  "continue", "else", "for",
                                                    "function",  "if",     "import", "let",      "loop", "package",
                                                    "namespace", "return", "var",    "void",     "while"};
constexpr std::array<std::string_view, 3> keywords{"true", "false", "null"};

bool contains(std::span<const std::string_view> words, std::string_view word) {
  return std::ranges::find(words, word) != words.end();
}

const Operator* find_operator(TokenKind token) {
  auto found = std::ranges::find(operators, token, &Operator::token);
  return found == operators.end() ? nullptr : &*found;
}

// A node, and the text it takes up with the parentheses around it.
struct Piece {
  ExprPtr expr;
  Place extent;
};

class Parser {
 public:
  Parser(std::vector<Token> tokens, const CompileOptions& options, Diagnostics& diagnostics)
      : tokens_(std::move(tokens)), options_(options), diagnostics_(diagnostics) {}

  ExprPtr run() {
    Piece piece = expression();
    if (!failed_ && peek().kind != TokenKind::end) unexpected("an operator or the end");
    return std::move(piece.expr);
  }

 private:
  const Token& peek(std::size_t ahead = 0) const { return tokens_[std::min(at_ + ahead, tokens_.size() - 1)]; }
  const Token& take() {
    const Token& token = peek();
    if (at_ + 1 < tokens_.size()) ++at_;
    return token;
  }
  bool accept(TokenKind kind) {
    if (failed_ || peek().kind != kind) return false;
    take();
    return true;
  }
  bool expect(TokenKind kind) {
    if (failed_) return false;
    if (accept(kind)) return true;
    unexpected(fmt::format("`{}`", describe(kind)));
    return false;
  }

  void fail(Place place, std::string message, std::string hint = {}) {
    if (!failed_)
      diagnostics_.push_back({Severity::error, to_span(place, options_.origin), std::move(message), std::move(hint)});
    failed_ = true;
    at_ = tokens_.size() - 1;
  }
  void unexpected(std::string_view wanted) {
    const Token& token = peek();
    std::string found = token.kind == TokenKind::end ? "the end" : fmt::format("`{}`", token.text);
    fail(token.place, fmt::format("expected {}, found {}", wanted, found));
  }

  // Runs `parse` one level further in.
  template <class Parse>
  Piece deeper(Parse parse) {
    if (level_ >= options_.depth_max) {
      too_deep(peek().place);
      return broken();
    }
    ++level_;
    Piece piece = parse();
    --level_;
    return piece;
  }
  void too_deep(Place place) {
    fail(place, fmt::format("the expression nests deeper than {} levels", options_.depth_max), "split it into several");
  }

  ExprPtr make(ExprKind kind, Place name_place) {
    auto expr = std::make_unique<Expr>();
    expr->kind = kind;
    expr->id = next_id_++;
    expr->place = expr->name_place = name_place;
    return expr;
  }
  Piece broken() {
    Place place = peek().place;
    return {make(ExprKind::error, place), place};
  }
  Piece finish(ExprPtr expr, Place extent) {
    expr->place = extent;
    for (const auto& child : expr->children) expr->depth = std::max(expr->depth, child->depth + 1);
    if (expr->depth > options_.depth_max) too_deep(expr->name_place);
    return {std::move(expr), extent};
  }

  Piece expression() {
    return deeper([&] {
      Piece condition = binary(or_binding);
      if (!accept(TokenKind::question)) return condition;
      auto expr = make(ExprKind::conditional, tokens_[at_ - 1].place);
      Piece yes = binary(or_binding);
      expect(TokenKind::colon);
      Piece no = expression();
      Place extent = cover(condition.extent, no.extent);
      for (Piece* piece : {&condition, &yes, &no}) expr->children.push_back(std::move(piece->expr));
      return finish(std::move(expr), extent);
    });
  }

  Piece binary(int binding_min) {
    Piece left = unary();
    while (const Operator* op = failed_ ? nullptr : find_operator(peek().kind)) {
      if (op->binding < binding_min) break;
      Place place = take().place;
      if (op->binding <= and_binding) {
        left = chain(std::move(left), *op, place);
        continue;
      }
      Piece right = binary(op->binding + 1);
      auto expr = make(ExprKind::call, place);
      expr->name = op->function;
      Place extent = cover(left.extent, right.extent);
      expr->children.push_back(std::move(left.expr));
      expr->children.push_back(std::move(right.expr));
      left = finish(std::move(expr), extent);
    }
    return left;
  }

  // a && b && c as one node.
  Piece chain(Piece first, const Operator& op, Place place) {
    auto expr = make(op.binding == and_binding ? ExprKind::logic_and : ExprKind::logic_or, place);
    expr->name = op.function;
    Place extent = first.extent;
    expr->children.push_back(std::move(first.expr));
    do {
      Piece next = binary(op.binding + 1);
      extent = cover(extent, next.extent);
      expr->children.push_back(std::move(next.expr));
    } while (accept(op.token));
    return finish(std::move(expr), extent);
  }

  Piece unary() {
    TokenKind kind = peek().kind;
    if (failed_ || (kind != TokenKind::bang && kind != TokenKind::minus)) return member();
    TokenKind next = peek(1).kind;
    if (kind == TokenKind::minus && (next == TokenKind::integer || next == TokenKind::floating)) return member();
    Place place = take().place;
    Piece operand = deeper([&] { return unary(); });
    auto expr = make(kind == TokenKind::bang ? ExprKind::logic_not : ExprKind::call, place);
    expr->name = kind == TokenKind::bang ? "!_" : "-_";
    Place extent = cover(place, operand.extent);
    expr->children.push_back(std::move(operand.expr));
    return finish(std::move(expr), extent);
  }

  Piece member() {
    Piece piece = primary();
    while (!failed_) {
      if (accept(TokenKind::dot)) {
        piece = selection(std::move(piece));
      } else if (accept(TokenKind::left_bracket)) {
        piece = index(std::move(piece));
      } else if (peek().kind == TokenKind::left_brace && is_type_name(*piece.expr)) {
        piece = message(std::move(piece));
      } else {
        break;
      }
    }
    return piece;
  }

  Piece selection(Piece operand) {
    bool optional = accept(TokenKind::question);
    const Token& name = peek();
    bool quoted = name.kind == TokenKind::quoted_ident;
    if (!quoted && (name.kind != TokenKind::ident || contains(keywords, name.text))) {
      unexpected("a field name");
      return broken();
    }
    auto expr = make(ExprKind::select, take().place);
    expr->name = quoted ? name.text.substr(1, name.text.size() - 2) : name.text;
    expr->optional = optional;
    Place extent = cover(operand.extent, expr->name_place);
    expr->children.push_back(std::move(operand.expr));
    if (!optional && !quoted && accept(TokenKind::left_paren)) {
      expr->kind = ExprKind::call;
      expr->receiver = true;
      return call(std::move(expr), extent);
    }
    return finish(std::move(expr), extent);
  }

  Piece index(Piece operand) {
    auto expr = make(ExprKind::call, tokens_[at_ - 1].place);
    expr->name = accept(TokenKind::question) ? "_[?_]" : "_[_]";
    Piece key = expression();
    Place extent = cover(operand.extent, peek().place);
    expect(TokenKind::right_bracket);
    expr->children.push_back(std::move(operand.expr));
    expr->children.push_back(std::move(key.expr));
    return finish(std::move(expr), extent);
  }

  // After the opening parenthesis.
  Piece call(ExprPtr expr, Place start) {
    if (peek().kind != TokenKind::right_paren) {
      do expr->children.push_back(expression().expr);
      while (accept(TokenKind::comma));
    }
    Place extent = cover(start, peek().place);
    expect(TokenKind::right_paren);
    expr->place = extent;
    if (failed_) return finish(std::move(expr), start);
    if (auto bad = expand_macro(*expr, [this](ExprKind kind, Place place) { return make(kind, place); }))
      fail(bad->place, bad->message, bad->hint);
    return finish(std::move(expr), extent);
  }

  static bool is_type_name(const Expr& expr) {
    const Expr* at = &expr;
    while (at->kind == ExprKind::select && !at->optional) at = at->children[0].get();
    return at->kind == ExprKind::ident;
  }
  static std::string type_name(const Expr& expr) {
    if (expr.kind == ExprKind::ident) return (expr.global ? "." : "") + expr.name;
    return type_name(*expr.children[0]) + "." + expr.name;
  }

  Piece message(Piece type) {
    auto expr = make(ExprKind::message, type.extent);
    expr->name = type_name(*type.expr);
    take();
    while (!failed_ && peek().kind != TokenKind::right_brace) {
      expr->optional_items.push_back(accept(TokenKind::question));
      const Token& field = peek();
      bool quoted = field.kind == TokenKind::quoted_ident;
      if (!quoted && field.kind != TokenKind::ident) unexpected("a field name");
      expr->names.emplace_back(quoted ? field.text.substr(1, field.text.size() - 2) : field.text);
      take();
      expect(TokenKind::colon);
      expr->children.push_back(expression().expr);
      if (!accept(TokenKind::comma)) break;
    }
    return closed(std::move(expr), type.extent, TokenKind::right_brace);
  }

  Piece primary() {
    if (failed_) return broken();
    const Token& token = peek();
    switch (token.kind) {
      case TokenKind::minus:
      case TokenKind::integer:
      case TokenKind::unsigned_integer:
      case TokenKind::floating:
      case TokenKind::string:
      case TokenKind::bytes: return literal();
      case TokenKind::dot:
      case TokenKind::ident: return name();
      case TokenKind::left_paren: return parenthesised();
      case TokenKind::left_bracket: return list();
      case TokenKind::left_brace: return map();
      default: unexpected("an expression"); return broken();
    }
  }

  Piece literal() {
    Place minus = peek().place;
    bool negative = accept(TokenKind::minus);
    const Token& token = take();
    auto read = read_literal(token, negative);
    if (auto* bad = std::get_if<BadLiteral>(&read)) {
      Place place = token.place;
      place.offset += static_cast<std::uint32_t>(bad->offset);
      place.column += static_cast<std::uint32_t>(bad->offset);
      place.length = static_cast<std::uint32_t>(bad->length);
      fail(place, bad->message, bad->hint);
      return broken();
    }
    auto expr = make(ExprKind::literal, token.place);
    expr->literal = std::get<Literal>(std::move(read));
    return finish(std::move(expr), negative ? cover(minus, token.place) : token.place);
  }

  Piece name() {
    Place start = peek().place;
    bool global = accept(TokenKind::dot);
    const Token& token = peek();
    if (token.kind != TokenKind::ident) {
      unexpected("a name");
      return broken();
    }
    if (contains(reserved, token.text)) {
      fail(token.place, fmt::format("`{}` is a reserved word", token.text), "it can be a field name, not a variable");
      return broken();
    }
    take();
    Place extent = cover(start, token.place);
    if (!global && contains(keywords, token.text)) return keyword(token);
    auto expr = make(ExprKind::ident, token.place);
    expr->name = token.text;
    expr->global = global;
    if (accept(TokenKind::left_paren)) {
      expr->kind = ExprKind::call;
      return call(std::move(expr), extent);
    }
    return finish(std::move(expr), extent);
  }

  Piece keyword(const Token& token) {
    auto expr = make(ExprKind::literal, token.place);
    if (token.text != "null") expr->literal = token.text == "true";
    return finish(std::move(expr), token.place);
  }

  Piece parenthesised() {
    Place start = take().place;
    Piece inner = expression();
    inner.extent = cover(start, peek().place);
    expect(TokenKind::right_paren);
    return inner;
  }

  Piece list() {
    Place start = take().place;
    auto expr = make(ExprKind::list, start);
    while (!failed_ && peek().kind != TokenKind::right_bracket) {
      expr->optional_items.push_back(accept(TokenKind::question));
      expr->children.push_back(expression().expr);
      if (!accept(TokenKind::comma)) break;
    }
    return closed(std::move(expr), start, TokenKind::right_bracket);
  }

  Piece map() {
    Place start = take().place;
    auto expr = make(ExprKind::map, start);
    while (!failed_ && peek().kind != TokenKind::right_brace) {
      expr->optional_items.push_back(accept(TokenKind::question));
      expr->children.push_back(expression().expr);
      expect(TokenKind::colon);
      expr->children.push_back(expression().expr);
      if (!accept(TokenKind::comma)) break;
    }
    return closed(std::move(expr), start, TokenKind::right_brace);
  }

  Piece closed(ExprPtr expr, Place start, TokenKind bracket) {
    Place extent = failed_ ? start : cover(start, peek().place);
    expect(bracket);
    return finish(std::move(expr), extent);
  }

  std::vector<Token> tokens_;
  const CompileOptions& options_;
  Diagnostics& diagnostics_;
  std::size_t at_ = 0;
  int level_ = 0;
  std::uint32_t next_id_ = 0;
  bool failed_ = false;
};

Place whole(std::string_view source) {
  return {0, static_cast<std::uint32_t>(std::min<std::size_t>(source.size(), 1)), 1, 1};
}

}  // namespace

Span to_span(Place place, const Span& origin) {
  int line = std::max(origin.line, 1);
  int column = origin.column == 0 ? 1 : origin.column;
  return {origin.file, line + static_cast<int>(place.line) - 1,
          std::max(column + static_cast<int>(place.column) - 1, 1), std::max(static_cast<int>(place.length), 1)};
}

Parsed parse(std::string_view source, const CompileOptions& options) {
  Parsed parsed;
  auto refuse = [&](std::string message) {
    parsed.diagnostics.push_back({Severity::error, to_span(whole(source), options.origin), std::move(message), {}});
  };
  if (source.size() > options.source_bytes_max) {
    refuse(fmt::format("the expression is longer than {} bytes", options.source_bytes_max));
    return parsed;
  }
  if (!is_utf8(source)) {
    refuse("the expression is not UTF-8");
    return parsed;
  }
  auto tokens = tokenize(source, options.origin, parsed.diagnostics);
  if (has_errors(parsed.diagnostics)) return parsed;
  parsed.expr = Parser(std::move(tokens), options, parsed.diagnostics).run();
  return parsed;
}

}  // namespace bw::cel
