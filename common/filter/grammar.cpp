#include "common/filter/grammar.hpp"

#include <charconv>
#include <tao/pegtl.hpp>
#include <tao/pegtl/contrib/unescape.hpp>

#include "common/filter/limits.hpp"

namespace certes::filter {
namespace {

namespace peg = tao::pegtl;
using peg::at;
using peg::eof;
using peg::identifier_other;
using peg::if_must;
using peg::must;
using peg::not_at;
using peg::not_one;
using peg::one;
using peg::opt;
using peg::plus;
using peg::rep;
using peg::seq;
using peg::sor;
using peg::star;
using peg::string;
using peg::two;
using peg::until;
using peg::xdigit;

// What has been read so far: nodes that nothing has taken yet, and what is open around them.
struct Reading {
  Builder& builder;
  std::vector<Builder::Id> nodes = {};
  struct Call {
    std::string name;
    Builder::Place place;
    std::size_t first;  // of `nodes`: its receiver or first argument
  };
  std::vector<Call> calls = {};  // and lists, maps and macros
  std::string text = {};         // of the string that is being read
  std::vector<bool> odd_signs = {};
  std::size_t depth = 0;

  Builder::Id pop() {
    const Builder::Id id = nodes.back();
    nodes.pop_back();
    return id;
  }
  std::vector<Builder::Id> pop_from(std::size_t first) {
    std::vector<Builder::Id> taken(nodes.begin() + static_cast<std::ptrdiff_t>(first), nodes.end());
    nodes.resize(first);
    return taken;
  }
  Call pop_call() {
    Call call = std::move(calls.back());
    calls.pop_back();
    return call;
  }
};

// ── Tokens ──
struct Comment : seq<two<'/'>, star<not_one<'\n'>>> {};
struct Space : star<sor<one<' ', '\t', '\n', '\r', '\f'>, Comment>> {};
template <char... C>
struct Mark : seq<string<C...>, Space> {};
template <char... C>
struct Keyword : seq<string<C...>, not_at<identifier_other>, Space> {};

struct Constant : seq<sor<string<'t', 'r', 'u', 'e'>, string<'f', 'a', 'l', 's', 'e'>, string<'n', 'u', 'l', 'l'>,
                          string<'i', 'n'>>,
                      not_at<identifier_other>> {};
struct Name : seq<not_at<Constant>, peg::identifier> {};

struct Digits : plus<peg::digit> {};
struct Exponent : seq<one<'e', 'E'>, opt<one<'+', '-'>>, Digits> {};
struct Real
    : sor<seq<Digits, one<'.'>, Digits, opt<Exponent>>, seq<Digits, Exponent>, seq<one<'.'>, Digits, opt<Exponent>>> {};
struct Hexadecimal : seq<string<'0', 'x'>, plus<xdigit>> {};
struct Sign : opt<one<'-'>, Space> {};
struct NumberEnd : not_at<identifier_other> {};
struct RealNumber : seq<Sign, Real> {};
struct WholeNumber : seq<Sign, sor<Hexadecimal, Digits>> {};
struct Number : seq<sor<RealNumber, WholeNumber>, must<NumberEnd>> {};

// ── Strings ──
struct Simple : one<'a', 'b', 'f', 'n', 'r', 't', 'v', '"', '\'', '\\', '?', '`'> {};
struct HexDigits2 : rep<2, xdigit> {};
struct HexDigits4 : rep<4, xdigit> {};
struct HexDigits8 : rep<8, xdigit> {};
struct Octal : seq<peg::range<'0', '3'>, rep<2, peg::range<'0', '7'>>> {};
struct EscapeBody
    : sor<Simple, seq<one<'x', 'X'>, HexDigits2>, seq<one<'u'>, HexDigits4>, seq<one<'U'>, HexDigits8>, Octal> {};
struct Escape : if_must<one<'\\'>, EscapeBody> {};
template <char... Ends>
struct Plain : not_one<Ends...> {};
struct RawCharacter : peg::any {};
template <char Q>
struct LongEnd : rep<3, one<Q>> {};
template <char Q>
struct ShortBody : until<one<Q>, sor<Escape, Plain<'\\', '\n', '\r'>>> {};
template <char Q>
struct LongBody : until<LongEnd<Q>, sor<Escape, Plain<'\\'>>> {};
template <char Q>
struct RawShortBody : until<one<Q>, Plain<'\n', '\r'>> {};
template <char Q>
struct RawLongBody : until<LongEnd<Q>, RawCharacter> {};
template <char Q>
struct Quoted : sor<if_must<LongEnd<Q>, LongBody<Q>>, if_must<one<Q>, ShortBody<Q>>> {};
template <char Q>
struct RawQuoted : sor<if_must<LongEnd<Q>, RawLongBody<Q>>, if_must<one<Q>, RawShortBody<Q>>> {};
struct Quote : at<one<'"', '\''>> {};
struct NoBytes : peg::failure {};
struct Bytes : if_must<seq<one<'b', 'B'>, opt<one<'r', 'R'>>, Quote>, NoBytes> {};
struct Text
    : sor<seq<one<'r', 'R'>, Quote, sor<RawQuoted<'"'>, RawQuoted<'\''>>>, seq<Quote, sor<Quoted<'"'>, Quoted<'\''>>>> {
};

// ── Arguments ──
struct Expression;
struct Condition;  // before '?', and between it and ':'
struct Close : Mark<')'> {};
struct Comma : Mark<','> {};
struct Bracket : Mark<']'> {};
struct Brace : Mark<'}'> {};
struct Colon : Mark<':'> {};

struct True : Keyword<'t', 'r', 'u', 'e'> {};
struct False : Keyword<'f', 'a', 'l', 's', 'e'> {};
struct Null : Keyword<'n', 'u', 'l', 'l'> {};

struct Arguments : opt<Expression, star<if_must<Comma, Expression>>> {};

struct HasOpen : seq<string<'h', 'a', 's'>, not_at<identifier_other>, Space, one<'('>, Space> {};
struct Has : if_must<HasOpen, Expression, Close> {};
struct CallOpen : seq<Name, Space, one<'('>, Space> {};
struct Call : if_must<CallOpen, Arguments, Close> {};
struct Variable : Name {};
struct Reference : seq<Variable, Space> {};

struct ListOpen : Mark<'['> {};
struct Items : opt<Expression, star<Comma, Expression>, opt<Comma>> {};
struct List : if_must<ListOpen, Items, Bracket> {};
struct MapOpen : Mark<'{'> {};
struct Entry : seq<Expression, must<Colon, Expression>> {};
struct Entries : opt<Entry, star<Comma, Entry>, opt<Comma>> {};
struct Map : if_must<MapOpen, Entries, Brace> {};
struct Nested : if_must<Mark<'('>, Expression, Close> {};

struct NumberValue : seq<Number, Space> {};
struct TextValue : seq<Text, Space> {};
struct Primary : sor<NumberValue, Bytes, TextValue, True, False, Null, Has, Call, Reference, List, Map, Nested> {};

struct MacroName : sor<string<'a', 'l', 'l'>, string<'e', 'x', 'i', 's', 't', 's', '_', 'o', 'n', 'e'>,
                       string<'e', 'x', 'i', 's', 't', 's'>> {};
struct MacroOpen : seq<MacroName, Space, one<'('>, Space> {};
struct Bound : seq<Name, Space> {};
struct Macro : if_must<MacroOpen, Bound, Comma, Expression, Close> {};
struct MethodOpen : seq<Name, Space, one<'('>, Space> {};
struct Method : if_must<MethodOpen, Arguments, Close> {};
struct Field : seq<Name, Space> {};
struct BehindDot : sor<Macro, Method, Field> {};
struct Access : if_must<Mark<'.'>, BehindDot> {};
struct Index : if_must<Mark<'['>, Expression, Bracket> {};
struct Member : seq<Primary, star<sor<Access, Index>>> {};

struct Nots : plus<one<'!'>, Space> {};
struct Minuses : plus<one<'-'>, Space> {};
struct Negation : if_must<Nots, Member> {};
struct Negative : if_must<Minuses, Member> {};
struct Unary : sor<Member, Negation, Negative> {};

// An operator and what stands behind it.
template <Op O, class Mark, class Behind>
struct Binary : if_must<Mark, Behind> {};
struct Product : seq<Unary, star<sor<Binary<Op::times, Mark<'*'>, Unary>, Binary<Op::quotient, Mark<'/'>, Unary>,
                                     Binary<Op::modulo, Mark<'%'>, Unary>>>> {};
struct Sum : seq<Product, star<sor<Binary<Op::plus, Mark<'+'>, Product>, Binary<Op::difference, Mark<'-'>, Product>>>> {
};
struct Relation : seq<Sum, star<sor<Binary<Op::equal, Mark<'=', '='>, Sum>, Binary<Op::unequal, Mark<'!', '='>, Sum>,
                                    Binary<Op::less_equal, Mark<'<', '='>, Sum>,
                                    Binary<Op::greater_equal, Mark<'>', '='>, Sum>, Binary<Op::less, Mark<'<'>, Sum>,
                                    Binary<Op::greater, Mark<'>'>, Sum>, Binary<Op::in, Keyword<'i', 'n'>, Sum>>>> {};
struct All : seq<Relation, star<Binary<Op::all_of, Mark<'&', '&'>, Relation>>> {};
struct Condition : seq<All, star<Binary<Op::any_of, Mark<'|', '|'>, All>>> {};
struct Choice : if_must<Mark<'?'>, Condition, Colon, Expression> {};
struct Expression : seq<Condition, opt<Choice>> {};
struct End : eof {};
struct Filter : must<Expression, End> {};
struct Whole : seq<Space, Filter> {};

// ── What was expected where it is not ──
template <class Rule>
inline constexpr const char* kExpected = "expected a value";
template <>
inline constexpr const char* kExpected<End> = "expected an operator or the end";
template <>
inline constexpr const char* kExpected<Close> = "expected an operator, \",\" or \")\"";
template <>
inline constexpr const char* kExpected<Bracket> = "expected an operator, \",\" or \"]\"";
template <>
inline constexpr const char* kExpected<Brace> = "expected an operator, \",\" or \"}\"";
template <>
inline constexpr const char* kExpected<Comma> = "expected \",\"";
template <>
inline constexpr const char* kExpected<Colon> = "expected an operator or \":\"";
template <>
inline constexpr const char* kExpected<BehindDot> = "expected the name of a member or function behind the dot";
template <>
inline constexpr const char* kExpected<Bound> = "expected the name of a variable";
template <>
inline constexpr const char* kExpected<NumberEnd> = "expected the end of the number: it has no suffix here";
template <>
inline constexpr const char* kExpected<EscapeBody> =
    "expected one of CEL's escapes: \\n and the like, \\xHH, \\uHHHH, \\UHHHHHHHH or three octal digits";
template <>
inline constexpr const char* kExpected<NoBytes> = "bytes (b\"…\") are not among what filters have";
constexpr const char* kExpectedQuote = "expected the end of the string";
template <char Q>
inline constexpr const char* kExpected<ShortBody<Q>> = kExpectedQuote;
template <char Q>
inline constexpr const char* kExpected<LongBody<Q>> = kExpectedQuote;
template <char Q>
inline constexpr const char* kExpected<RawShortBody<Q>> = kExpectedQuote;
template <char Q>
inline constexpr const char* kExpected<RawLongBody<Q>> = kExpectedQuote;

struct Expected {
  template <class Rule>
  static constexpr const char* message = kExpected<Rule>;
  template <class Rule>
  static constexpr bool raise_on_failure = false;  // only where a rule must match
};
template <class Rule>
using Control = peg::must_if<Expected>::control<Rule>;

// ── What is made of it ──
template <class Input>
Builder::Place place_of(const Input& in) {
  return static_cast<Builder::Place>(in.position().byte);
}

// Of CallOpen and the like: "size (" → "size".
std::string_view name_before_parenthesis(std::string_view text) {
  return text.substr(0, text.find_first_of(" \t\n\r\f/("));
}

template <class Rule>
struct Action : peg::nothing<Rule> {};

template <>
struct Action<Expression> : peg::maybe_nothing {
  template <class Rule, peg::apply_mode A, peg::rewind_mode M, template <class...> class Act,
            template <class...> class Ctl, class Input>
  static bool match(Input& in, Reading& reading) {
    struct Level {
      std::size_t& depth;
      explicit Level(std::size_t& of) : depth(of) { ++depth; }
      ~Level() { --depth; }
    };
    const Level level(reading.depth);
    if (level.depth > kMaxDepth) throw peg::parse_error("nested deeper than " + std::to_string(kMaxDepth), in);
    return peg::match<Rule, A, M, Act, Ctl>(in, reading);
  }
};

template <>
struct Action<Variable> {
  template <class In>
  static void apply(const In& in, Reading& reading) {
    reading.nodes.push_back(reading.builder.name(in.string_view(), place_of(in)));
  }
};

// Numbers: CEL's ints are 64 bits, with the sign; hexadecimal, too.
template <>
struct Action<WholeNumber> {
  template <class In>
  static void apply(const In& in, Reading& reading) {
    std::string_view digits = in.string_view();
    const bool negative = digits.front() == '-';
    digits.remove_prefix(digits.find_first_of("0123456789"));
    const bool hexadecimal = digits.starts_with("0x");
    if (hexadecimal) digits.remove_prefix(2);
    const std::string text = (negative ? "-" : "") + std::string(digits);
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, hexadecimal ? 16 : 10);
    if (error != std::errc{}) reading.builder.refuse(place_of(in), "the number does not fit 64 bits");
    reading.nodes.push_back(reading.builder.literal(value, place_of(in)));
  }
};
template <>
struct Action<RealNumber> {
  template <class In>
  static void apply(const In& in, Reading& reading) {
    std::string_view digits = in.string_view();
    const bool negative = digits.front() == '-';
    digits.remove_prefix(digits.find_first_of(".0123456789"));
    double value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (error != std::errc{}) reading.builder.refuse(place_of(in), "the number does not fit a double");
    reading.nodes.push_back(reading.builder.literal(negative ? -value : value, place_of(in)));
  }
};
template <bool Value>
struct PushBoolean {
  template <class In>
  static void apply(const In& in, Reading& reading) {
    reading.nodes.push_back(reading.builder.literal(Value, place_of(in)));
  }
};
template <>
struct Action<True> : PushBoolean<true> {};
template <>
struct Action<False> : PushBoolean<false> {};
template <>
struct Action<Null> {
  template <class In>
  static void apply(const In& in, Reading& reading) {
    reading.nodes.push_back(reading.builder.literal(std::monostate(), place_of(in)));
  }
};

// Strings: pieces are added to `text`, which the whole takes.
struct AddAsWritten {
  template <class In>
  static void apply(const In& in, Reading& reading) {
    reading.text.append(in.string_view());
  }
};
template <char... Ends>
struct Action<Plain<Ends...>> : AddAsWritten {};
template <>
struct Action<RawCharacter> : AddAsWritten {};
template <>
struct Action<Simple> {
  template <class In>
  static void apply(const In& in, Reading& reading) {
    constexpr std::string_view kNames = "abfnrtv", kMeanings = "\a\b\f\n\r\t\v";
    const char name = in.peek_char();
    const auto at = kNames.find(name);
    reading.text.push_back(at == kNames.npos ? name : kMeanings[at]);
  }
};
template <int Base>
struct AddCodePoint {
  template <class In>
  static void apply(const In& in, Reading& reading) {
    std::uint32_t point = 0;
    std::from_chars(in.begin(), in.end(), point, Base);
    if (!peg::unescape::utf8_append_utf32(reading.text, point))
      reading.builder.refuse(place_of(in), "the escape is no character of Unicode");
  }
};
template <>
struct Action<HexDigits2> : AddCodePoint<16> {};
template <>
struct Action<HexDigits4> : AddCodePoint<16> {};
template <>
struct Action<HexDigits8> : AddCodePoint<16> {};
template <>
struct Action<Octal> : AddCodePoint<8> {};
template <>
struct Action<Text> {
  template <class In>
  static void apply(const In& in, Reading& reading) {
    reading.nodes.push_back(reading.builder.literal(std::exchange(reading.text, {}), place_of(in)));
  }
};

// What is open until its bracket is closed. What stands before the dot of a method is its first argument.
template <std::size_t Before>
struct OpenCall {
  template <class In>
  static void apply(const In& in, Reading& reading) {
    reading.calls.push_back(
        {std::string(name_before_parenthesis(in.string_view())), place_of(in), reading.nodes.size() - Before});
  }
};
template <>
struct Action<CallOpen> : OpenCall<0> {};
template <>
struct Action<MethodOpen> : OpenCall<1> {};
template <>
struct Action<MacroOpen> : OpenCall<1> {};
template <>
struct Action<ListOpen> : OpenCall<0> {};
template <>
struct Action<MapOpen> : OpenCall<0> {};

template <>
struct Action<Call> {
  static void apply0(Reading& reading) {
    const auto call = reading.pop_call();
    reading.nodes.push_back(reading.builder.call(call.name, {}, reading.pop_from(call.first), call.place));
  }
};
template <>
struct Action<Method> {
  static void apply0(Reading& reading) {
    const auto call = reading.pop_call();
    auto arguments = reading.pop_from(call.first + 1);
    const Builder::Id receiver = reading.pop();
    reading.nodes.push_back(reading.builder.call(call.name, receiver, std::move(arguments), call.place));
  }
};
template <>
struct Action<Bound> {
  template <class In>
  static void apply(const In& in, Reading& reading) {
    reading.builder.open(name_before_parenthesis(in.string_view()), place_of(in));
  }
};
template <>
struct Action<Macro> {
  static void apply0(Reading& reading) {
    const auto call = reading.pop_call();
    const Builder::Id condition = reading.pop(), range = reading.pop();
    const Op op = call.name == "all" ? Op::every : call.name == "exists" ? Op::some : Op::one;
    reading.nodes.push_back(reading.builder.close(op, range, condition, call.place));
  }
};
template <>
struct Action<List> {
  static void apply0(Reading& reading) {
    const auto list = reading.pop_call();
    reading.nodes.push_back(reading.builder.list(reading.pop_from(list.first), list.place));
  }
};
template <>
struct Action<Map> {
  static void apply0(Reading& reading) {
    const auto map = reading.pop_call();
    reading.nodes.push_back(reading.builder.map(reading.pop_from(map.first), map.place));
  }
};
template <>
struct Action<Has> {
  template <class In>
  static void apply(const In& in, Reading& reading) {
    reading.nodes.push_back(reading.builder.has(reading.pop(), place_of(in)));
  }
};
template <>
struct Action<Field> {
  template <class In>
  static void apply(const In& in, Reading& reading) {
    const Builder::Id of = reading.pop();
    reading.nodes.push_back(reading.builder.field(of, name_before_parenthesis(in.string_view()), place_of(in)));
  }
};
template <>
struct Action<Index> {
  template <class In>
  static void apply(const In& in, Reading& reading) {
    const Builder::Id at = reading.pop(), of = reading.pop();
    reading.nodes.push_back(reading.builder.index(of, at, place_of(in)));
  }
};

// Two signs are none, as in CEL.
template <char S>
struct CountSigns {
  template <class In>
  static void apply(const In& in, Reading& reading) {
    std::size_t count = 0;
    bool comment = false;
    for (const char c : in.string_view()) {
      comment = comment ? c != '\n' : c == '/';
      if (!comment && c == S) ++count;
    }
    reading.odd_signs.push_back(count % 2 == 1);
  }
};
template <>
struct Action<Nots> : CountSigns<'!'> {};
template <>
struct Action<Minuses> : CountSigns<'-'> {};
template <Op O>
struct ApplySign {
  template <class In>
  static void apply(const In& in, Reading& reading) {
    if (reading.odd_signs.back()) reading.nodes.push_back(reading.builder.unary(O, reading.pop(), place_of(in)));
    reading.odd_signs.pop_back();
  }
};
template <>
struct Action<Negation> : ApplySign<Op::negation> {};
template <>
struct Action<Negative> : ApplySign<Op::minus> {};

template <Op O, class Mark, class Behind>
struct Action<Binary<O, Mark, Behind>> {
  template <class In>
  static void apply(const In& in, Reading& reading) {
    const Builder::Id right = reading.pop(), left = reading.pop();
    reading.nodes.push_back(reading.builder.binary(O, left, right, place_of(in)));
  }
};
template <>
struct Action<Choice> {
  template <class In>
  static void apply(const In& in, Reading& reading) {
    const Builder::Id otherwise = reading.pop(), then = reading.pop(), condition = reading.pop();
    reading.nodes.push_back(reading.builder.choice(condition, then, otherwise, place_of(in)));
  }
};

}  // namespace

Result<Builder::Id> parse_expression(std::string_view text, Builder& builder) {
  Reading reading{builder};
  peg::memory_input<> in(text.data(), text.size(), "");
  try {
    if (peg::parse<Whole, Action, Control>(in, reading)) return reading.nodes.back();
  } catch (const peg::parse_error& error) {
    return fail(Code::invalid,
                line_and_column(text, error.positions().front().byte) + ": " + std::string(error.message()));
  }
  return fail(Code::invalid, "line 1, column 1: expected a value");
}

}  // namespace certes::filter
