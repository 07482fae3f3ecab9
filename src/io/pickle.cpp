#include "io/pickle.h"

#include <span>

#include <fmt/format.h>

#include "carousel/error.h"

#include "io/pickle_bytes.h"
#include "io/pickle_machine.h"
#include "io/pickle_names.h"
#include "io/pickle_stack.h"

namespace carousel {
namespace {

class PickleReader {
 public:
  explicit PickleReader(std::string_view bytes) : bytes_(bytes) {}

  Pickle read() {
    try {
      for (auto opcode = next(); opcode != '.'; opcode = next()) {
        if (!does_constant(opcode) && !does_text(opcode) && !does_stack(opcode) && !does_memo(opcode))
          refuse(opcode);
      }
      if (bytes_.left() != 0) throw Error("something follows its end");
      return machine_.take(stack_.only());
    } catch (const Error& reason) {
      throw Error(fmt::format("{} (byte {} of its pickle)", reason.what(), bytes_.position()));
    }
  }

 private:
  std::uint8_t next() { return bytes_.number<std::uint8_t>(); }

  [[noreturn]] static void refuse(std::uint8_t opcode) {
    const auto name = opcode_name(opcode);
    throw Error(fmt::format("it holds the opcode 0x{:02x}{}, which no state dict needs", opcode,
                            name.empty() ? "" : fmt::format(" ({})", name)));
  }

  bool does_constant(std::uint8_t opcode) {
    switch (opcode) {
      case 'N':  // NONE
        stack_.push(machine_.add(PickleKind::none));
        return true;
      case 0x88:  // NEWTRUE
      case 0x89:  // NEWFALSE
        stack_.push(machine_.add(PickleKind::boolean));
        return true;
      case 'K':  // BININT1
        stack_.push(machine_.add_integer(bytes_.number<std::uint8_t>()));
        return true;
      case 'M':  // BININT2
        stack_.push(machine_.add_integer(bytes_.number<std::uint16_t>()));
        return true;
      case 'J':  // BININT
        stack_.push(machine_.add_integer(static_cast<std::int32_t>(bytes_.number<std::uint32_t>())));
        return true;
      case 0x8a:  // LONG1
        push_long(bytes_.take(bytes_.number<std::uint8_t>()));
        return true;
      case 0x8b:  // LONG4
        push_long(bytes_.take(bytes_.number<std::uint32_t>()));
        return true;
      case 'G':  // BINFLOAT
        bytes_.take(8);
        stack_.push(machine_.add(PickleKind::other));
        return true;
      case ']':   // EMPTY_LIST
      case 0x8f:  // EMPTY_SET
        stack_.push(machine_.add(PickleKind::other));
        return true;
      case '}':  // EMPTY_DICT
        stack_.push(machine_.add_dict());
        return true;
      case ')':  // EMPTY_TUPLE
        push_tuple({});
        return true;
      default:
        return false;
    }
  }

  /// Two's complement of any length; what no shape can hold is not looked into.
  void push_long(std::string_view digits) {
    if (digits.size() > sizeof(std::int64_t)) return stack_.push(machine_.add(PickleKind::other));
    const bool negative = !digits.empty() && static_cast<unsigned char>(digits.back()) >= 0x80;
    std::uint64_t value = negative ? ~std::uint64_t{0} : 0;
    for (std::size_t i = digits.size(); i-- > 0;) value = value << 8 | static_cast<unsigned char>(digits[i]);
    stack_.push(machine_.add_integer(static_cast<std::int64_t>(value)));
  }

  bool does_text(std::uint8_t opcode) {
    switch (opcode) {
      case 'X':  // BINUNICODE
        stack_.push(machine_.add_text(bytes_.take(bytes_.number<std::uint32_t>())));
        return true;
      case 0x8c:  // SHORT_BINUNICODE
        stack_.push(machine_.add_text(bytes_.take(bytes_.number<std::uint8_t>())));
        return true;
      case 0x8d:  // BINUNICODE8
        stack_.push(machine_.add_text(bytes_.take(bytes_.number<std::uint64_t>())));
        return true;
      case 'U':  // SHORT_BINSTRING
      case 'C':  // SHORT_BINBYTES
        bytes_.take(bytes_.number<std::uint8_t>());
        stack_.push(machine_.add(PickleKind::other));
        return true;
      case 'T':  // BINSTRING
      case 'B':  // BINBYTES
        bytes_.take(bytes_.number<std::uint32_t>());
        stack_.push(machine_.add(PickleKind::other));
        return true;
      case 0x8e:  // BINBYTES8
      case 0x96:  // BYTEARRAY8
        bytes_.take(bytes_.number<std::uint64_t>());
        stack_.push(machine_.add(PickleKind::other));
        return true;
      default:
        return false;
    }
  }

  bool does_stack(std::uint8_t opcode) {
    switch (opcode) {
      case '(':  // MARK
        stack_.mark();
        return true;
      case 't':  // TUPLE
        push_tuple(stack_.unmark());
        return true;
      case 0x85:  // TUPLE1
      case 0x86:  // TUPLE2
      case 0x87:  // TUPLE3
        push_tuple(stack_.last(opcode - 0x84u));
        return true;
      case 'a':  // APPEND
        stack_.pop();
        check_list(stack_.top());
        return true;
      case 'e':   // APPENDS
      case 0x90:  // ADDITEMS
        stack_.drop(stack_.unmark().size());
        check_list(stack_.top());
        return true;
      case 0x91:  // FROZENSET
        stack_.drop(stack_.unmark().size());
        stack_.push(machine_.add(PickleKind::other));
        return true;
      case 's':  // SETITEM
        set_items(stack_.last(2));
        return true;
      case 'u':  // SETITEMS
        set_items(stack_.unmark());
        return true;
      default:
        return does_call(opcode);
    }
  }

  bool does_call(std::uint8_t opcode) {
    switch (opcode) {
      case 'c': {  // GLOBAL
        const auto module = bytes_.line();
        stack_.push(machine_.add_function(module, bytes_.line()));
        return true;
      }
      case 0x93: {  // STACK_GLOBAL
        const auto name = stack_.pop(), module = stack_.pop();
        stack_.push(machine_.add_function(text(module), text(name)));
        return true;
      }
      case 'R': {  // REDUCE
        const auto arguments = stack_.pop(), function = stack_.pop();
        stack_.push(machine_.call(function, arguments));
        return true;
      }
      case 'Q':  // BINPERSID
        stack_.push(machine_.storage(stack_.pop()));
        return true;
      case 'b':  // BUILD
        stack_.pop();
        machine_.build(stack_.top());
        return true;
      default:
        return false;
    }
  }

  bool does_memo(std::uint8_t opcode) {
    switch (opcode) {
      case 'q':  // BINPUT
        stack_.put(bytes_.number<std::uint8_t>());
        return true;
      case 'r':  // LONG_BINPUT
        stack_.put(bytes_.number<std::uint32_t>());
        return true;
      case 0x94:  // MEMOIZE
        stack_.memoize();
        return true;
      case 'h':  // BINGET
        stack_.get(bytes_.number<std::uint8_t>());
        return true;
      case 'j':  // LONG_BINGET
        stack_.get(bytes_.number<std::uint32_t>());
        return true;
      case 0x80:  // PROTO
        if (const auto protocol = bytes_.number<std::uint8_t>(); protocol < 2 || protocol > 5) {
          throw Error(fmt::format("it is a pickle of protocol {}, not 2 to 5", protocol));
        }
        return true;
      case 0x95:  // FRAME
        bytes_.take(8);
        return true;
      default:
        return false;
    }
  }

  void push_tuple(std::span<const PickleRef> items) {
    const auto tuple = machine_.add_tuple(items);
    stack_.drop(items.size());
    stack_.push(tuple);
  }

  /// Keys and values that lie above their dict.
  void set_items(std::span<const PickleRef> items) {
    const auto dict = stack_.last(items.size() + 1)[0];
    if (items.size() % 2 != 0) throw Error("it sets a key without a value");
    for (std::size_t i = 0; i < items.size(); i += 2) machine_.set_item(dict, items[i], items[i + 1]);
    stack_.drop(items.size());
  }

  /// What a list holds is never looked into.
  void check_list(PickleRef list) const {
    const auto kind = machine_.pickle().at(list).kind;
    if (kind != PickleKind::other) throw Error(fmt::format("it appends to {}", kind_name(kind)));
  }

  std::string_view text(PickleRef ref) const {
    const auto& value = machine_.pickle().at(ref);
    if (value.kind != PickleKind::text)
      throw Error(fmt::format("{} stands where a name is needed", kind_name(value.kind)));
    return machine_.pickle().texts[value.index];
  }

  PickleBytes bytes_;
  PickleMachine machine_;
  PickleStack stack_;
};

}  // namespace

Pickle read_pickle(std::string_view bytes) {
  return PickleReader(bytes).read();
}

}  // namespace carousel
