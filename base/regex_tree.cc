#include "base/regex_tree.h"

#include <algorithm>
#include <string>

namespace leat {

namespace {

using ByteSet = Regex::ByteSet;
using Node = RegexNode;
using NodeKind = RegexNodeKind;
using NodePtr = RegexNodePtr;
using StepKind = Regex::StepKind;

constexpr int kRepeatMax = 1000;
constexpr int kDepthMax = 250;

Error refusal(std::string why) { return {ErrorKind::kInvalidArgument, std::move(why)}; }

template <class Predicate>
ByteSet bytes_where(Predicate holds) {
  ByteSet bytes;
  for (unsigned i = 0; i < 256; ++i) bytes[i] = holds(i);
  return bytes;
}
bool is_digit(unsigned c) { return c >= '0' && c <= '9'; }
bool is_lower(unsigned c) { return c >= 'a' && c <= 'z'; }
bool is_upper(unsigned c) { return c >= 'A' && c <= 'Z'; }
bool is_word(unsigned c) { return is_digit(c) || is_lower(c) || is_upper(c) || c == '_'; }
bool is_space(unsigned c) { return c == ' ' || c == '\t' || c == '\n' || c == '\f' || c == '\r'; }
bool is_graph(unsigned c) { return c > ' ' && c < 0x7f; }

/// \d \w \s and their opposites.
std::optional<ByteSet> class_of_letter(char letter) {
  switch (letter) {
    case 'd': return bytes_where(is_digit);
    case 'D': return ~bytes_where(is_digit);
    case 'w': return bytes_where(is_word);
    case 'W': return ~bytes_where(is_word);
    case 's': return bytes_where(is_space);
    case 'S': return ~bytes_where(is_space);
    default: return std::nullopt;
  }
}

std::optional<ByteSet> class_of_name(std::string_view name) {
  if (name == "alpha") return bytes_where([](unsigned c) { return is_lower(c) || is_upper(c); });
  if (name == "alnum") return bytes_where([](unsigned c) { return is_word(c) && c != '_'; });
  if (name == "ascii") return bytes_where([](unsigned c) { return c < 0x80; });
  if (name == "blank") return bytes_where([](unsigned c) { return c == ' ' || c == '\t'; });
  if (name == "cntrl") return bytes_where([](unsigned c) { return c < 0x20 || c == 0x7f; });
  if (name == "digit") return bytes_where(is_digit);
  if (name == "graph") return bytes_where(is_graph);
  if (name == "lower") return bytes_where(is_lower);
  if (name == "print") return bytes_where([](unsigned c) { return is_graph(c) || c == ' '; });
  if (name == "punct") return bytes_where([](unsigned c) { return is_graph(c) && !(is_word(c) && c != '_'); });
  if (name == "space") return bytes_where([](unsigned c) { return is_space(c) || c == '\v'; });
  if (name == "upper") return bytes_where(is_upper);
  if (name == "word") return bytes_where(is_word);
  if (name == "xdigit")
    return bytes_where([](unsigned c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); });
  return std::nullopt;
}

class Parser {
 public:
  explicit Parser(std::string_view pattern) : rest_(pattern) {}

  Result<NodePtr> parse() {
    LEAT_ASSIGN_OR_RETURN(NodePtr all, choice(0));
    if (!rest_.empty()) return refusal("unexpected )");
    return all;
  }

 private:
  bool at(char c) const { return !rest_.empty() && rest_.front() == c; }
  bool take(std::string_view text) {
    if (!rest_.starts_with(text)) return false;
    rest_.remove_prefix(text.size());
    return true;
  }
  char take_one() {
    const char c = rest_.front();
    rest_.remove_prefix(1);
    return c;
  }

  Result<NodePtr> choice(int depth) {
    if (depth > kDepthMax) return refusal("expression nests too deeply");
    const bool outer_folds_case = folds_case_;
    auto node = std::make_unique<Node>();
    node->kind = NodeKind::kChoice;
    do {
      LEAT_ASSIGN_OR_RETURN(NodePtr branch, sequence(depth));
      node->children.push_back(std::move(branch));
    } while (take("|"));
    folds_case_ = outer_folds_case;
    return node->children.size() == 1 ? std::move(node->children.front()) : std::move(node);
  }

  Result<NodePtr> sequence(int depth) {
    auto node = std::make_unique<Node>();
    node->kind = NodeKind::kSequence;
    while (!rest_.empty() && !at('|') && !at(')')) {
      NodePtr each;
      if (take("\\Q")) {
        quoted(*node);
        if (node->children.empty()) continue;
        each = std::move(node->children.back());  // what comes behind the quotation is said of its end
        node->children.pop_back();
      } else {
        LEAT_ASSIGN_OR_RETURN(each, atom(depth));
      }
      LEAT_ASSIGN_OR_RETURN(each, repeated(std::move(each)));
      node->children.push_back(std::move(each));
    }
    return node;
  }

  void quoted(Node& into) {
    while (!rest_.empty() && !take("\\E")) into.children.push_back(literal(static_cast<unsigned char>(take_one())));
  }

  Result<NodePtr> repeated(NodePtr node) {
    const std::string_view before = rest_;
    auto repeat = std::make_unique<Node>();
    repeat->kind = NodeKind::kRepeat;
    if (take("*")) {
    } else if (take("+")) {
      repeat->least = 1;
    } else if (take("?")) {
      repeat->most = 1;
    } else if (!counts(*repeat)) {
      return node;
    }
    if (repeat->least > kRepeatMax || repeat->most.value_or(0) > kRepeatMax ||
        (repeat->most && *repeat->most < repeat->least))
      return refusal("invalid repetition size: " + std::string(before.substr(0, before.size() - rest_.size())));
    take("?");  // the same texts match
    if (at('*') || at('+') || at('?'))
      return refusal("bad repetition operator: " + std::string(before.substr(0, before.size() - rest_.size() + 1)));
    repeat->children.push_back(std::move(node));
    return repeat;
  }

  /// {n}, {n,} or {n,m}. Anything else in braces stands for itself.
  bool counts(Node& repeat) {
    const std::string_view before = rest_;
    const auto number = [&]() -> std::optional<int> {
      if (rest_.empty() || !is_digit(static_cast<unsigned char>(rest_.front()))) return std::nullopt;
      int value = 0;
      while (!rest_.empty() && is_digit(static_cast<unsigned char>(rest_.front())))
        value = std::min(value * 10 + (take_one() - '0'), kRepeatMax + 1);
      return value;
    };
    if (take("{")) {
      if (const auto least = number()) {
        repeat.least = *least;
        if (take(",")) {
          repeat.most = number();
        } else {
          repeat.most = least;
        }
        if (take("}")) return true;
      }
    }
    rest_ = before;
    repeat.least = 0;
    repeat.most.reset();
    return false;
  }

  Result<NodePtr> atom(int depth) {
    switch (const char c = take_one()) {
      case '(': return group(depth);
      case '[': return bracket();
      case '.': return of_bytes(bytes_where([](unsigned byte) { return byte != '\n'; }));
      case '^': return assertion(StepKind::kBegin);
      case '$': return assertion(StepKind::kEnd);
      case '*':
      case '+':
      case '?': return refusal("missing argument to repetition operator: " + std::string(1, c));
      case '\\': return escaped();
      default: return literal(static_cast<unsigned char>(c));
    }
  }

  Result<NodePtr> group(int depth) {
    const bool outer_folds_case = folds_case_;
    if (take("?")) {
      if (take("P<") || (at('<') && !rest_.starts_with("<=") && !rest_.starts_with("<!") && take("<"))) {
        const std::size_t end = rest_.find('>');
        const std::string_view name = rest_.substr(0, std::min(end, rest_.size()));
        if (end == std::string_view::npos || name.empty() ||
            !std::all_of(name.begin(), name.end(), [](char c) { return is_word(static_cast<unsigned char>(c)); }))
          return refusal("invalid named capture");
        rest_.remove_prefix(end + 1);
      } else {
        LEAT_ASSIGN_OR_RETURN(const bool ends_here, flags());
        // (?i): for what is left of the group around it.
        if (ends_here) return std::make_unique<Node>();
      }
    }
    LEAT_ASSIGN_OR_RETURN(NodePtr inner, choice(depth + 1));
    folds_case_ = outer_folds_case;
    if (!take(")")) return refusal("missing closing )");
    return inner;
  }

  /// The flags behind "(?", up to ')' (true) or ':' (false).
  Result<bool> flags() {
    bool on = true;
    while (!rest_.empty()) {
      switch (take_one()) {
        case ')': return true;
        case ':': return false;
        case '-': on = false; break;
        case 'i': folds_case_ = on; break;
        case 's':
        case 'm':
        case 'U': break;  // about line ends and which of several matches: of no meaning here
        default: return refusal("invalid or unsupported Perl syntax");
      }
    }
    return refusal("missing closing )");
  }

  Result<NodePtr> escaped() {
    if (rest_.empty()) return refusal("trailing backslash at end of expression");
    const char c = rest_.front();
    if (c == 'A') return rest_.remove_prefix(1), assertion(StepKind::kBegin);
    if (c == 'z') return rest_.remove_prefix(1), assertion(StepKind::kEnd);
    if (c == 'b') return rest_.remove_prefix(1), assertion(StepKind::kBoundary);
    if (c == 'B') return rest_.remove_prefix(1), assertion(StepKind::kNoBoundary);
    if (const auto bytes = class_of_letter(c)) return rest_.remove_prefix(1), of_bytes(*bytes);
    LEAT_ASSIGN_OR_RETURN(const unsigned byte, escaped_byte());
    return literal(byte);
  }

  /// The byte behind a backslash.
  Result<unsigned> escaped_byte() {
    const char c = take_one();
    switch (c) {
      case 'a': return 0x07u;
      case 'f': return unsigned{'\f'};
      case 'n': return unsigned{'\n'};
      case 'r': return unsigned{'\r'};
      case 't': return unsigned{'\t'};
      case 'v': return unsigned{'\v'};
      case 'x': {
        unsigned value = 0;
        for (int i = 0; i < 2; ++i) {
          if (rest_.empty() || !(*class_of_name("xdigit"))[static_cast<unsigned char>(rest_.front())])
            return refusal("invalid escape sequence: \\x");
          const char digit = take_one();
          value = value * 16 + static_cast<unsigned>(is_digit(static_cast<unsigned char>(digit))
                                                         ? digit - '0'
                                                         : (digit | 0x20) - 'a' + 10);
        }
        return value;
      }
      default: break;
    }
    const auto byte = static_cast<unsigned char>(c);
    if (is_word(byte) && c != '_') return refusal(std::string("invalid escape sequence: \\") + c);
    return unsigned{byte};
  }

  Result<NodePtr> bracket() {
    const bool negated = take("^");
    ByteSet bytes;
    for (bool first = true; first || !at(']'); first = false) {
      if (rest_.empty()) return refusal("missing closing ]");
      if (take("[:")) {
        const std::size_t end = rest_.find(":]");
        const bool opposite = end != std::string_view::npos && take("^");
        const auto named =
            end == std::string_view::npos ? std::nullopt : class_of_name(rest_.substr(0, end - (opposite ? 1 : 0)));
        if (!named) return refusal("invalid character class range");
        rest_.remove_prefix(end + 2 - (opposite ? 1 : 0));
        bytes |= opposite ? ~*named : *named;
        continue;
      }
      if (rest_.size() > 1 && at('\\'))
        if (const auto of_letter = class_of_letter(rest_[1])) {
          rest_.remove_prefix(2);
          bytes |= *of_letter;
          continue;
        }
      LEAT_ASSIGN_OR_RETURN(const unsigned low, byte_in_bracket());
      unsigned high = low;
      if (rest_.size() > 1 && rest_[0] == '-' && rest_[1] != ']') {
        rest_.remove_prefix(1);
        LEAT_ASSIGN_OR_RETURN(high, byte_in_bracket());
      }
      if (high < low) return refusal("invalid character class range");
      for (unsigned byte = low; byte <= high; ++byte) bytes |= folded(byte);
    }
    rest_.remove_prefix(1);
    return of_bytes(negated ? ~bytes : bytes);
  }
  Result<unsigned> byte_in_bracket() {
    if (rest_.empty()) return refusal("missing closing ]");
    if (!take("\\")) return unsigned{static_cast<unsigned char>(take_one())};
    if (rest_.empty()) return refusal("trailing backslash at end of expression");
    return escaped_byte();
  }

  ByteSet folded(unsigned byte) const {
    ByteSet bytes;
    bytes.set(byte);
    if (folds_case_ && (is_lower(byte) || is_upper(byte))) bytes.set(byte ^ 0x20);
    return bytes;
  }
  NodePtr literal(unsigned byte) const { return of_bytes(folded(byte)); }
  static NodePtr of_bytes(const ByteSet& bytes) {
    auto node = std::make_unique<Node>();
    node->kind = NodeKind::kBytes;
    node->bytes = bytes;
    return node;
  }
  static NodePtr assertion(StepKind kind) {
    auto node = std::make_unique<Node>();
    node->kind = NodeKind::kAssertion;
    node->assertion = kind;
    return node;
  }

  std::string_view rest_;
  bool folds_case_ = false;
};

}  // namespace

Result<RegexNodePtr> parse_regex(std::string_view pattern) { return Parser(pattern).parse(); }

}  // namespace leat
