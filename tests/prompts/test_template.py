"""Templates: roles, fields, parts, and that values stay values."""

from __future__ import annotations

import asyncio
import functools
import inspect
import pickle
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from mirascope_like.core.base.errors import PromptError
from mirascope_like.core.base.messages import (
    AudioPart,
    BaseMessageParam,
    CacheControlPart,
    DocumentPart,
    ImagePart,
    ImageURLPart,
    Messages,
    TextPart,
)
from mirascope_like.core.base.prompts import BaseDynamicConfig, Template, prompt_template

PNG = b"\x89PNG\r\n\x1a\n rest"
WAV = b"RIFF\x24\0\0\0WAVEfmt rest"
PDF = b"%PDF-1.7 rest"
IMAGE = ImagePart(media_type="image/png", image=PNG)


def rendered(text: str, /, **values: object) -> list[tuple[str, Any]]:
    return [(message.role, message.content) for message in Template(text).render(values)]


def content(text: str, /, **values: object) -> Any:
    [message] = Template(text).render(values)
    assert message.role == "user"
    return message.content


def refused(text: str, /, **values: object) -> PromptError:
    with pytest.raises(PromptError) as caught:
        Template(text).render(values)
    return caught.value


@dataclass
class Document:
    number: int


class Page(BaseModel):
    number: int


@dataclass
class Named:
    number: int

    def __str__(self) -> str:
        return f"number {self.number}"


class TestRoles:
    def test_without_a_role_the_message_is_of_the_user(self) -> None:
        assert rendered("Recommend a {genre} book", genre="fantasy") == [("user", "Recommend a fantasy book")]

    def test_every_role(self) -> None:
        assert rendered("SYSTEM: a\nUSER: b\nASSISTANT: c\nUSER:d") == [
            ("system", "a"),
            ("user", "b"),
            ("assistant", "c"),
            ("user", "d"),
        ]

    def test_indented_as_source_code_is(self) -> None:
        template = """
        SYSTEM:
        You know {language}.
        Be brief.

        USER: {question}
        """
        assert rendered(template, language="Python", question="Why?") == [
            ("system", "You know Python.\nBe brief."),
            ("user", "Why?"),
        ]

    def test_text_behind_the_opening_quotes(self) -> None:
        assert rendered("""SYSTEM: a
            USER: b""") == [("system", "a"), ("user", "b")]
        assert (
            content("""Recommend a book
            about tea.
            """)
            == "Recommend a book\nabout tea."
        )

    @pytest.mark.parametrize(
        "text",
        [
            "The SUPERUSER: said",
            "Explain what USER: means",
            "Say SYSTEM: and ASSISTANT: aloud",
            "user: a",
            "USER : a",
        ],
    )
    def test_a_role_word_counts_only_at_the_start_of_a_line(self, text: str) -> None:
        assert rendered(text) == [("user", text)]

    def test_an_indented_role_word_is_text(self) -> None:
        assert rendered("USER: A transcript:\n  USER: hi\nASSISTANT: ok") == [
            ("user", "A transcript:\n  USER: hi"),
            ("assistant", "ok"),
        ]

    def test_text_before_the_first_role_is_kept(self) -> None:
        assert rendered("Hello {x}\nSYSTEM: a\nUSER: b", x=1) == [
            ("user", "Hello 1"),
            ("system", "a"),
            ("user", "b"),
        ]

    def test_an_empty_message_is_left_out(self) -> None:
        assert rendered("SYSTEM:\nUSER: {x}\nASSISTANT:   \n", x="a") == [("user", "a")]
        assert rendered("SYSTEM: a\nUSER: {x}", x=None) == [("system", "a")]
        assert rendered("SYSTEM: a\nUSER: {x}\nASSISTANT: {y:texts}", x="", y=[]) == [("system", "a")]

    @pytest.mark.parametrize("text", ["", "  \n ", "SYSTEM:\nUSER:"])
    def test_an_empty_template_is_an_error(self, text: str) -> None:
        with pytest.raises(PromptError, match="the template is empty"):
            Template(text)

    def test_windows_line_ends(self) -> None:
        assert rendered("SYSTEM: a\r\nb\r\nUSER: {x}\r\n", x=1) == [("system", "a\nb"), ("user", "1")]


class TestIndentation:
    def test_code_keeps_its_shape(self) -> None:
        template = """
        USER: Mend this:
            def f(x):
                return x

        ASSISTANT:
            key:
              - a
              - b: {x}
        """
        assert rendered(template, x=1) == [
            ("user", "Mend this:\n    def f(x):\n        return x"),
            ("assistant", "key:\n  - a\n  - b: 1"),
        ]

    def test_one_string_without_source_indentation(self) -> None:
        text = "Mend this:\n    if x:\n        y"
        assert content(text) == text
        assert rendered(f"USER: {text}") == [("user", text)]

    def test_closing_quotes_set_the_indentation_of_the_source(self) -> None:
        assert (
            content("""Mend this:
                if x:
                    y
            """)
            == "Mend this:\n    if x:\n        y"
        )

    def test_blank_lines_inside_stay(self) -> None:
        assert content("\n\n  a\n\n  b\n\n") == "a\n\nb"

    def test_a_value_keeps_its_whitespace(self) -> None:
        assert content("  {x}  ", x="\n  a\n ") == "\n  a\n "
        assert content("    Code:\n    {x}\n", x="    a\n        b") == "Code:\n    a\n        b"


class TestHistory:
    history = (Messages.User("hi"), Messages.Assistant("ho"))

    def test_is_spliced_in(self) -> None:
        template = Template("SYSTEM: a\nMESSAGES: {history}\nUSER: b")
        expected = [Messages.System("a"), *self.history, Messages.User("b")]
        assert template.render({"history": list(self.history)}) == expected
        assert template.render({"history": self.history}) == expected

    @pytest.mark.parametrize("empty", [[], (), None])
    def test_an_empty_one_gives_nothing(self, empty: object) -> None:
        assert rendered("MESSAGES: {h}", h=empty) == []
        assert rendered("MESSAGES: {h}\nUSER: b", h=empty) == [("user", "b")]

    def test_native_messages_go_through_untouched(self) -> None:
        native: list[Any] = [{"role": "user", "content": "hi"}, SimpleNamespace(role="model")]
        result: list[Any] = Template("MESSAGES:\n    {chat.turns}").render({"chat": SimpleNamespace(turns=native)})
        assert result == native
        assert result is not native
        assert result[0] is native[0]

    @pytest.mark.parametrize("wrong", ["hi", 3, {"role": "user"}, Messages.User("hi"), ["hi"], [None], [b""]])
    def test_what_is_no_history(self, wrong: object) -> None:
        error = refused("MESSAGES: {h}", h=wrong)
        assert str(error).startswith("{h}: expected a list of messages")
        assert error.position == 10

    @pytest.mark.parametrize(
        "text",
        [
            "MESSAGES: history",
            "MESSAGES: {a} {b}",
            "MESSAGES: {a:list}",
            "MESSAGES: {a!r}",
            "MESSAGES: {a}\nb",
        ],
    )
    def test_takes_one_variable(self, text: str) -> None:
        with pytest.raises(PromptError, match="MESSAGES: must be followed by one variable"):
            Template(text)


class TestFields:
    book = SimpleNamespace(title="Dune", tags={"a": "sand", "b c": "spice"}, parts=["one", "two"])

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("{book.title}", "Dune"),
            ("{book.tags[a]}", "sand"),
            ("{book.tags[b c]}", "spice"),
            ("{book.parts[1]}", "two"),
            ("{book.title!r}", "'Dune'"),
            ("{book.title!r:>8}|", "  'Dune'|"),
            ("{accented!a}", "'\\xe9'"),
            ("{number:.2f}", "3.14"),
            ("{number!s:>6}", "3.1415"),
            ("{day:%d.%m.%Y}", "02.01.2026"),
            ("-{none}", "-"),
            ("-{none:.2f}", "-"),
            ("{none!r}", "None"),
            ("{yes}", "True"),
            ("{self.x}", "7"),
        ],
    )
    def test_as_python_formats(self, text: str, expected: str) -> None:
        values = {
            "book": self.book,
            "accented": "é",
            "number": 3.1415,
            "day": date(2026, 1, 2),
            "none": None,
            "yes": True,
            "self": SimpleNamespace(x=7),
        }
        assert Template(text).render(values) == [Messages.User(expected)]

    def test_literal_braces(self) -> None:
        assert content('{{"a": {x}}} {{{x}}} {{x}}', x=1) == '{"a": 1} {1} {x}'

    def test_models_and_dataclasses_in_lists_are_json(self) -> None:
        # A repr is Python's own notation, which models are not trained on; JSON is.
        docs = [Document(1), Page(number=2)]
        expected = '{"number":1}\n{"number":2}'
        assert content("{x:list}", x=docs) == content("{x:lists}", x=[docs]) == expected
        assert content("{x:texts}", x=docs) == [TextPart(text=one) for one in expected.split("\n")]
        assert content("{x:list}", x=[Named(1)]) == "number 1"
        held = [{"page": docs[1]}, [docs[0], 2], {"a": 1}]
        assert content("{x:list}", x=held) == '{"page":{"number":2}}\n[{"number":1},2]\n{\'a\': 1}'

    def test_lists(self) -> None:
        assert content("{x:list}", x=["a", 1, None]) == "a\n1\n"
        assert content("{x:list}", x=("a", "b")) == "a\nb"
        assert content("{x:list}", x=(str(i) for i in range(2))) == "0\n1"
        assert content("{x:list}", x={"a": 1, "b": 2}) == "a\nb"
        assert content("All: {x:lists}!", x=[["a", "b"], ("c",)]) == "All: a\nb\n\nc!"
        assert content("<{x:list}{y:lists}{z:list}>", x=[], y=None, z=None) == "<>"

    @pytest.mark.parametrize("wrong", ["abc", b"abc", 3, TextPart(text="a")])
    def test_what_is_no_list(self, wrong: object) -> None:
        assert "expected a list or another iterable" in str(refused("{x:list}", x=wrong))
        assert "expected a list or another iterable" in str(refused("{x:lists}", x=[wrong]))

    def test_a_literal_list_spec_is_text(self) -> None:
        assert content("Write :list or :lists, {x:list}", x=["a"]) == "Write :list or :lists, a"

    def test_variables(self) -> None:
        assert Template("{a} {b.c} {d[e]!r} {{f}} {:cache_control} {self.x}").variables == {
            "a",
            "b",
            "d",
            "self",
        }

    @pytest.mark.parametrize(
        ("text", "position", "reason"),
        [
            ("a { b", 2, "a single { is not a field"),
            ("a } b", 2, "a single } is not a field"),
            ("a\n  {}", 4, "the variable is missing"),
            ("{0}", 0, "{0} is not a field"),
            ("{ x }", 0, "{ x } is not a field"),
            ("{a-b}", 0, "{a-b} is not a field"),
            ('{"a": 1}', 0, '{"a": 1} is not a field'),
            ('x {"a": {"b": 1}}', 2, "a single { is not a field"),
            ("{x!z}", 0, "unknown conversion !z"),
            ("{x!r:list}", 0, "!r cannot be combined with :list"),
            ("{:image}", 0, "the variable is missing"),
            ("{x:cache_control}", 0, "cache_control has no variable"),
            ("{:cache_control(type=persistent)}", 0, "use type=ephemeral"),
            ("{x:image(detial=low)}", 0, "unknown option 'detial'; did you mean 'detail'?"),
            ("{x:audio(detail=low)}", 0, "unknown option 'detail'"),
            ("{x:image(detail)}", 0, "write detail=value"),
        ],
    )
    def test_malformed_ones_fail_at_once_with_the_position(self, text: str, position: int, reason: str) -> None:
        with pytest.raises(PromptError, match=re.escape(reason)) as caught:
            Template(text)
        assert caught.value.position == position
        assert caught.value.template == text

    def test_braces_are_explained(self) -> None:
        with pytest.raises(PromptError, match=re.escape("to write a literal brace, double it: {{ or }}")):
            Template('{"a": 1}')

    def test_a_missing_variable(self) -> None:
        error = refused("\n    SYSTEM: a\n    USER: b {gnre}", genre="x", n=1)
        assert str(error) == (
            "{gnre}: unknown variable 'gnre'; did you mean 'genre'? (known: genre, n) (line 3, column 13)"
        )
        assert error.position == 27
        assert error.template is not None
        assert error.template[27:33] == "{gnre}"

    @pytest.mark.parametrize("head", ["", "\n", "\n        ", "USER:\n      ", "a\n  SYSTEM: b\n  USER: "])
    def test_positions_survive_dedenting(self, head: str) -> None:
        text = f"{head}x {{y}}\n        z {{missing}}\n        "
        error = refused(text, y=1)
        assert error.position == text.index("{missing}")

    def test_missing_attributes_and_items(self) -> None:
        book = SimpleNamespace(title="Dune", tags={"genre": 1}, parts=[1])
        assert "{b.tilte}: SimpleNamespace has no attribute 'tilte'; did you mean 'title'?" in str(
            refused("{b.tilte}", b=book)
        )
        assert "dict has no item 'gnre'; did you mean 'genre'?" in str(refused("{b.tags[gnre]}", b=book))
        assert "list has no item '1' (line 1" in str(refused("{b.parts[1]}", b=book))
        assert "list has no item 'a' (line 1" in str(refused("{b.parts[a]}", b=book))
        assert "NoneType has no attribute 'a' (line 1" in str(refused("{b.a}", b=None))

    def test_an_attribute_that_fails(self) -> None:
        class Book:
            @property
            def title(self) -> str:
                raise AttributeError("'NoneType' object has no attribute 'upper'")

        error = refused("{b.title}", b=Book())
        assert str(error) == (
            "{b.title}: the attribute 'title' of Book failed: 'NoneType' object has no attribute 'upper' "
            "(line 1, column 1)"
        )
        assert error.__cause__ is not None
        assert isinstance(error.__cause__.__cause__, AttributeError)

    def test_a_spec_that_does_not_fit(self) -> None:
        assert "did you mean 'list'?" in str(refused("{x:lst}", x="a"))
        assert refused("a {x:.2f}", x="a").position == 2


class TestParts:
    def test_text_around_parts_keeps_its_text(self) -> None:
        assert content("Look: {x:image} and tell", x=PNG) == [
            TextPart(text="Look: "),
            IMAGE,
            TextPart(text=" and tell"),
        ]

    def test_whitespace_between_parts_is_dropped(self) -> None:
        assert content("{x:image}\n{y:image} {{", x=PNG, y=PNG) == [IMAGE, IMAGE, TextPart(text=" {")]

    def test_every_kind(self, tmp_path: Path) -> None:
        (tmp_path / "a.pdf").write_bytes(PDF)
        text = (
            "{a:text}{b:texts}{c:image}{d:images(detail=low)}{e:audio}{f:audios}{g:document}{h:documents}"
            "{i:part}{j:parts}{:cache_control}"
        )
        url = "https://a.b/c.png"
        wav = AudioPart(media_type="audio/wav", audio=WAV)
        pdf = DocumentPart(media_type="application/pdf", document=PDF)
        assert content(
            text,
            a="a",
            b=("b", TextPart(text="c")),
            c=url,
            d=[url, PNG],
            e=WAV,
            f=[WAV],
            g=tmp_path / "a.pdf",
            h=[PDF],
            i=IMAGE,
            j=[wav, "text", PNG],
        ) == [
            TextPart(text="a"),
            TextPart(text="b"),
            TextPart(text="c"),
            ImageURLPart(url=url),
            ImageURLPart(url=url, detail="low"),
            ImagePart(media_type="image/png", image=PNG, detail="low"),
            wav,
            wav,
            pdf,
            pdf,
            IMAGE,
            wav,
            TextPart(text="text"),
            IMAGE,
            CacheControlPart(),
        ]

    def test_cache_control(self) -> None:
        expected = [TextPart(text="Long. "), CacheControlPart()]
        assert content("Long. {:cache_control}") == expected
        assert content("Long. {:cache_control(type=ephemeral)}") == expected

    def test_nothing_given_gives_no_part(self) -> None:
        assert content("Look {x:image}{y:images}{z:text} here", x=None, y=[], z="") == "Look  here"
        assert rendered("{x:image}", x="") == []

    def test_a_text_alone_is_a_str(self) -> None:
        assert content("{x:text}", x="a") == "a"

    def test_files_and_urls_are_read_only_where_the_template_names_a_medium(self, tmp_path: Path) -> None:
        secret = tmp_path / "secret"
        secret.write_bytes(PNG)
        for spec in ("", ":text", ":part", ":list", ":texts", ":parts"):
            value: object = [str(secret)] if spec in (":list", ":texts", ":parts") else str(secret)
            assert content(f"{{x{spec}}}", x=value) == str(secret)
        assert content("{x:image}", x=str(secret)) == [IMAGE]
        assert content("{x}", x="https://a.b/c.png") == "https://a.b/c.png"

    def test_the_error_of_media_that_do_not_fit_has_the_position(self) -> None:
        error = refused("a\nb {x:image}", x=WAV)
        assert str(error) == "{x:image}: expected image, but the data is audio/wav (line 2, column 3)"
        assert error.position == 4
        assert "expected a list or another iterable" in str(refused("{x:images}", x="https://a.b/c.png"))
        assert "pass text, a part, or media such as bytes" in str(refused("{x:part}", x=3))


class TestTemplate:
    def test_is_a_value(self) -> None:
        template = Template("USER: {a.b[0]:list}")
        assert template.text == "USER: {a.b[0]:list}"
        assert template == Template("USER: {a.b[0]:list}")
        assert len({template, Template("USER: {a.b[0]:list}")}) == 1
        copy = pickle.loads(pickle.dumps(template))
        assert copy == template
        assert copy.render({"a": SimpleNamespace(b=[["x"]])}) == [Messages.User("x")]
        with pytest.raises(AttributeError):
            template.text = "other"  # type: ignore[misc]  # that it cannot be set is the point

    def test_values_are_left_alone(self) -> None:
        history = [Messages.User("a")]
        values = {"h": history, "x": {"a": 1}}
        Template("MESSAGES: {h}\nUSER: {x}").render(values)
        assert values == {"h": [Messages.User("a")], "x": {"a": 1}}


class TestDecorator:
    def test_arguments_become_variables(self) -> None:
        @prompt_template("{a} {b} {c} {args} {d} {extra}")
        def prompt(a: int, b: int = 2, *args: int, c: int = 3, **rest: int) -> None:
            """Says it."""

        assert prompt(1, d=4, extra=5) == [Messages.User("1 2 3 () 4 5")]
        assert prompt.__name__ == "prompt"
        assert prompt.__doc__ == "Says it."
        assert list(inspect.signature(prompt).parameters) == ["a", "b", "args", "c", "rest"]

    def test_what_the_call_decorator_reads(self) -> None:
        def fn(genre: str) -> None: ...

        prompt: Any = prompt_template("{genre}")(fn)
        assert prompt.__prompt_template__ == Template("{genre}")
        assert prompt.__wrapped__ is fn
        assert not hasattr(fn, "__prompt_template__")

    def test_methods(self) -> None:
        class Librarian:
            name = "Ann"

            @prompt_template("{self.name} knows {topic}")
            def ask(self, topic: str) -> str: ...  # type: ignore[empty-body]  # the template is the prompt

        assert Librarian().ask("tea") == [Messages.User("Ann knows tea")]

    def test_async(self) -> None:
        @prompt_template("{genre} {n}")
        async def prompt(genre: str) -> dict[str, Any]:
            await asyncio.sleep(0)
            return {"computed_fields": {"n": 2}}

        assert inspect.iscoroutinefunction(prompt)
        assert asyncio.run(prompt("a")) == [Messages.User("a 2")]

    def test_a_wrapped_async_function_is_async(self) -> None:
        async def inner(genre: str) -> None: ...

        @functools.wraps(inner)
        def outer(genre: str) -> Any:
            return inner(genre)

        assert asyncio.run(prompt_template("{genre}")(outer)("a")) == [Messages.User("a")]

    def test_an_async_callable_object_is_async(self) -> None:
        class Prompt:
            async def __call__(self, genre: str) -> None: ...

        assert asyncio.run(prompt_template("{genre}")(Prompt())("a")) == [Messages.User("a")]

    def test_computed_fields_add_and_override(self) -> None:
        @prompt_template("{a} {b}")
        def prompt(a: int) -> Mapping[str, object]:
            return {"computed_fields": {"a": a * 10, "b": 2}, "call_params": {"max_tokens": 5}}

        assert prompt(1) == [Messages.User("10 2")]

    @pytest.mark.parametrize("messages", [[], [Messages.User("mine")], ({"role": "user", "content": "native"},)])
    def test_messages_of_the_function_win(self, messages: Any) -> None:
        @prompt_template("{missing}")
        def prompt() -> dict[str, Any]:
            return {"messages": messages}

        assert prompt() == list(messages)

    def test_no_messages_leave_the_template(self) -> None:
        @prompt_template("hi")
        def prompt() -> dict[str, Any]:
            return {"messages": None, "computed_fields": None}

        assert prompt() == [Messages.User("hi")]

    @pytest.mark.parametrize("returned", ["text", [Messages.User("a")], {"computed_fields": ["a"]}])
    def test_what_a_function_may_not_return(self, returned: object) -> None:
        @prompt_template("hi")
        def prompt() -> object:
            return returned

        with pytest.raises(PromptError):
            prompt()

    def test_arguments_are_looked_at_before_the_function_runs(self) -> None:
        ran: list[int] = []

        @prompt_template("{a}")
        def prompt(a: int) -> None:
            ran.append(a)

        with pytest.raises(TypeError, match="missing a required argument: 'a'"):
            prompt()  # type: ignore[call-arg]  # that it is missing is the point
        assert ran == []

    def test_the_docstring_may_be_the_template(self) -> None:
        @prompt_template()
        def prompt(genre: str) -> None:
            """SYSTEM: You know books.

            USER: Recommend a {genre} book:
              - one
            """

        assert prompt("fantasy") == [
            Messages.System("You know books."),
            Messages.User("Recommend a fantasy book:\n  - one"),
        ]

    def test_neither_template_nor_docstring(self) -> None:
        @prompt_template()
        def prompt() -> None: ...

        with pytest.raises(PromptError, match="prompt has no prompt template: pass one to"):
            prompt()

    def test_what_is_returned_without_a_template(self) -> None:
        @prompt_template()
        def prompt(genre: str) -> str:
            """Say what to ask, as {"no": "template"}."""
            return f"Recommend a {genre} book"

        assert prompt("fantasy") == [Messages.User("Recommend a fantasy book")]

    def test_a_config_without_a_template_stays_one(self) -> None:
        @prompt_template()
        def prompt(genre: str) -> BaseDynamicConfig:
            return {"messages": f"Recommend a {genre} book", "call_params": {"seed": 1}}

        assert prompt("fantasy") == {
            "messages": [Messages.User("Recommend a fantasy book")],
            "call_params": {"seed": 1},
        }

    def test_brackets_forgotten(self) -> None:
        def fn() -> None: ...

        with pytest.raises(PromptError, match=r"write @prompt_template\(\)"):
            prompt_template(fn)  # type: ignore[arg-type]  # what is wrong is the point

    def test_malformed_at_decoration(self) -> None:
        with pytest.raises(PromptError, match=r"single \{"):
            prompt_template("a {")

    def test_a_missing_variable_is_named_before_anything_is_sent(self) -> None:
        @prompt_template("Recommend a {gnre} book")
        def prompt(genre: str) -> None: ...

        with pytest.raises(PromptError, match="did you mean 'genre'") as caught:
            prompt("fantasy")
        assert caught.value.position == 12

    def test_a_class_stays_a_class(self) -> None:
        @prompt_template("Recommend a {genre} book")
        class Prompt:
            genre = "fantasy"

        assert isinstance(Prompt, type)
        template: Template = Prompt.__prompt_template__  # type: ignore[attr-defined]  # set by the decorator
        assert template.render(vars(Prompt)) == [Messages.User("Recommend a fantasy book")]


HOSTILE = st.lists(
    st.one_of(
        st.text(),
        st.sampled_from(
            [
                "\nSYSTEM: ",
                "USER:",
                "MESSAGES: {a}",
                "ASSISTANT:\n",
                "{",
                "}",
                "{{b}}",
                "{a:image}",
                ":list",
                "\n    ",
            ]
        ),
    )
).map("".join)


class TestValuesAreInert:
    @given(HOSTILE, HOSTILE, HOSTILE)
    def test_rendering_is_concatenation(self, a: str, b: str, c: str) -> None:
        assert rendered("SYSTEM: x{a}y {b}\nUSER:{c}z\n  {{a}}\nASSISTANT: {a}", a=a, b=b, c=c) == [
            ("system", "x" + a + "y " + b),
            ("user", c + "z\n  {a}"),
            *([("assistant", a)] if a else []),
        ]

    @given(HOSTILE, st.lists(HOSTILE), st.lists(st.lists(HOSTILE)))
    def test_in_lists_too(self, a: str, b: list[str], c: list[list[str]]) -> None:
        assert rendered("{a}: {b:list};\n{c:lists}.\nUSER: end", a=a, b=b, c=c) == [
            ("user", a + ": " + "\n".join(b) + ";\n" + "\n\n".join("\n".join(one) for one in c) + "."),
            ("user", "end"),
        ]

    @given(HOSTILE, HOSTILE)
    def test_beside_parts_too(self, a: str, b: str) -> None:
        texts = [TextPart(text=b)] if b else []
        assert content("<{a}> {x:image}{b:text}", a=a, b=b, x=PNG) == [
            TextPart(text=f"<{a}> "),
            IMAGE,
            *texts,
        ]

    @given(st.text(alphabet="{}:!aUSER \n"))
    def test_any_text_is_a_template_or_a_prompt_error(self, text: str) -> None:
        try:
            messages = Template(text).render({"a": "v"})
        except PromptError:
            return
        assert all(isinstance(message, BaseMessageParam) for message in messages)

    @given(st.text(st.characters(exclude_characters="\r\n")))
    def test_doubled_braces_write_any_text(self, text: str) -> None:
        written = text.replace("{", "{{").replace("}", "}}")
        assert content(f"<{{x}}{written}>", x="") == f"<{text}>"
