// What is made of the outputs of compilers, as they were printed.
#include "recurrent/plugin/compiler_message.h"

#include <gtest/gtest.h>

namespace carousel::testing {
namespace {

constexpr auto cell = "/home/user/janet.h";

TEST(CompilerMessage, OfGccIsTheStaticAssertsSentenceAtTheNearestLineOfTheCell) {
  EXPECT_EQ(compiler_message(R"(In file included from /usr/include/carousel/cells/cell.h:52,
                 from /home/user/janet.h:1,
                 from /tmp/glue.cpp:1:
/usr/include/carousel/cells/unsupported.h: In instantiation of ‘constexpr auto carousel::sin(const A& ...) [with A = {StepValue<void>}]’:
/home/user/janet.h:12:20:   required from ‘static constexpr auto JanetCell::step(carousel::Gates<V, 2>&) [with V = carousel::StepValue<>]’
/usr/include/carousel/cells/check_cell.h:49:15:   required from ‘consteval bool carousel::detail::check_step() [with C = JanetCell]’
/home/user/janet.h:40:3:   required from here
/usr/include/carousel/cells/unsupported.h:128:27: error: static assertion failed: sin is not among a step's functions: so
  128 |     static_assert(detail::refused<A...>, CAROUSEL_NO_FUNCTION(name, instead));
      |                   ~~~~~~~~^~~~~~~~~~~~~
/usr/include/carousel/cells/unsupported.h:128:27: note: ‘carousel::detail::refused<carousel::StepValue<void> >’ evaluates to false
/tmp/glue.cpp:3:74: error: no matching function for call to ‘readings_of<JanetCell>()’
)",
                             cell),
            "janet.h:12: sin is not among a step's functions: so");
}

TEST(CompilerMessage, OfClangIsTheSame) {
  const std::string
      in =
          "In file included from /tmp/glue.cpp:1:\n/usr/include/carousel/cells/unsupported.h:131:32: error: ",
      notes = R"(
CAROUSEL_UNSUPPORTED_FUNCTIONS(CAROUSEL_REFUSE_FUNCTION)
~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~^~~~~~~~~~~~~~~~~~~~~~~~~
/usr/include/carousel/cells/unsupported.h:22:3: note: expanded from macro 'CAROUSEL_UNSUPPORTED_FUNCTIONS'
/home/user/janet.h:12:17: note: in instantiation of function template specialization 'carousel::sin<carousel::StepValue<>>' requested here
    const V h = sin(f);
                ^
/home/user/janet.h:40:11: note: in instantiation of function template specialization 'JanetCell::step<carousel::StepValue<>>' requested here
1 error generated.
)";
  const auto expected = "janet.h:12: a cell has a name: write \"janet\"";
  EXPECT_EQ(
      compiler_message(
          in +
              "static_assert failed due to requirement 'refused<carousel::StepValue<void>>' \"a cell has a "
              "name: write \\\"janet\\\"\"" +
              notes,
          cell),
      expected);
  EXPECT_EQ(
      compiler_message(
          in +
              "static assertion failed due to requirement 'refused<carousel::StepValue<void>>': a cell has a "
              "name: write \"janet\"" +
              notes,
          cell),
      expected);
}

TEST(CompilerMessage, HasTheNumbersThatWereCompared) {
  const std::string error =
      "/usr/include/check_cell.h:209:34: error: static assertion failed: another number of gates\n";
  EXPECT_EQ(
      compiler_message(
          error + "/usr/include/check_cell.h:209:34: note: the comparison reduces to ‘(1 == 2)’\n", cell),
      "janet.h: another number of gates (1, not 2)");
  EXPECT_EQ(compiler_message(
                error + "/usr/include/check_cell.h:209:34: note: expression evaluates to '17 <= 16'\n", cell),
            "janet.h: another number of gates (17, limit 16)");
  EXPECT_EQ(
      compiler_message(
          error + "/tmp/glue.cpp:3:1: error: next\n/x.h:2:3: note: expression evaluates to '1 == 2'\n", cell),
      "janet.h: another number of gates")
      << "the numbers of another error";
}

TEST(CompilerMessage, OfAPlainErrorIsTheCompilersTextInTheWordsOfTheCell) {
  EXPECT_EQ(
      compiler_message(
          "/home/user/janet.h:13:9: warning: unused variable 'g' [-Wunused-variable]\n"
          "/home/user/janet.h:12:19: error: ‘const class carousel::StepValue<>’ has no member named ‘foo’\n",
          cell),
      "janet.h:12: 'const V' has no member named 'foo'");
  EXPECT_EQ(compiler_message("/home/user/janet.h:13:57: error: too many initializers for "
                             "‘carousel::Gates<carousel::StepValue<>, "
                             "2>’ {aka ‘std::array<carousel::StepValue<>, 2>’}\n",
                             cell),
            "janet.h:13: too many initializers for 'Gates<V, 2>'");
  EXPECT_EQ(compiler_message(
                "/home/user/janet.h:1:10: fatal error: carousel/cell.h: No such file or directory\n", cell),
            "janet.h:1: carousel/cell.h: No such file or directory");
  EXPECT_EQ(
      compiler_message("/home/user/janet.h:13:63: error: class template argument deduction failed:\n"
                       "/home/user/janet.h:13:63: error: no matching function for call to ‘Stepped(int)’\n",
                       cell),
      "janet.h:13: class template argument deduction failed: no matching function for call to "
      "'Stepped(int)'");
}

TEST(CompilerMessage, OfABraceThatIsMissingNamesTheOneThatIsOpen) {
  EXPECT_EQ(
      compiler_message("In file included from /home/user/janet.h:1,\n                 from /tmp/glue.cpp:1:\n"
                       "/usr/include/dual.h:15:1: error: expected unqualified-id before ‘namespace’\n"
                       "/home/user/janet.h:4:13: note: to match this ‘{’\n",
                       cell),
      "janet.h:4: expected unqualified-id before 'namespace'");
}

TEST(CompilerMessage, OfAnErrorInAnotherFileNamesThatFile) {
  EXPECT_EQ(compiler_message("/home/user/my_math.h:3:1: error: expected ‘;’ before ‘}’ token\n", cell),
            "janet.h: /home/user/my_math.h:3: expected ';' before '}' token");
}

TEST(CompilerMessage, OfAStepThatIsTooMuchForTheCompilerSaysSo) {
  EXPECT_EQ(compiler_message("/usr/include/plan.h:201:45: error: ‘constexpr’ evaluation operation count "
                             "exceeds limit of 33554432 "
                             "(use ‘-fconstexpr-ops-limit=’ to increase the limit)\n",
                             cell),
            "janet.h: a cell's step has too many operations for the compiler to derive it");
}

TEST(CompilerMessage, OfAnOutputWithoutAnErrorIsItsLastLine) {
  EXPECT_EQ(compiler_message("collect2: ld returned 1 exit status\n\n", cell),
            "janet.h: collect2: ld returned 1 exit status");
  EXPECT_EQ(compiler_message("", cell), "janet.h: the compiler failed without a word");
  EXPECT_EQ(compiler_message("c++: fatal error: Killed signal terminated program cc1plus\n", cell),
            "janet.h: Killed signal terminated program cc1plus");
}

TEST(CompilerMessage, OfAStepWithoutItsTemplateSaysWhatIsMissing) {
  for (const char* said :
       {"'sigmoid' was not declared in this scope", "use of undeclared identifier 'sigmoid'"}) {
    EXPECT_EQ(
        compiler_message(std::string("janet.h:12:20: error: ") + said, "janet.h"),
        std::string("janet.h:12: ") + said +
            " (a step is a template: write template <class V> before it, and V for what it computes with)");
  }
  EXPECT_EQ(compiler_message("janet.h:12:20: error: 'preact' was not declared in this scope", "janet.h"),
            "janet.h:12: 'preact' was not declared in this scope");
}

}  // namespace
}  // namespace carousel::testing
