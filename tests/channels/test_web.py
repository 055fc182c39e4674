"""What an answer over HTTP means, or its lack: against real sockets."""

from __future__ import annotations

import asyncio
import ssl
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
import trustme
from hypothesis import given
from hypothesis import strategies as st

from uadispatch import (
    ConfigError,
    Rejected,
    Temporary,
    UadispatchError,
    Unavailable,
    Unknown,
    WebAnswer,
    WebService,
)
from uadispatch.channels import web
from uadispatch.channels.http import open_client
from uadispatch.testing import VirtualClock
from uadispatch.testing.far_ends.http import (
    CLOSE,
    GARBAGE,
    RESET,
    SILENCE,
    Act,
    Answer,
    HttpServer,
    Moment,
    Request,
    cut,
    in_json,
    raw,
)

NOW = datetime(2019, 8, 20, 9, 0, tzinfo=UTC)
SECRET = "s3cret-Key-0123456789"  # noqa: S105 - guards nothing
LARGE = bytes(400_000)
TIMES = {"connect": 5, "pool": 5, "read": 0.2, "write": 0.2}


def serve(request: Request) -> Answer:
    return in_json({"length": len(request.body)})


def tell(story: Any, *, begin: Any = None, narrow: bool = False, tls: Any = None) -> Any:
    import httpx

    async def told() -> Any:
        async with HttpServer(serve, narrow=narrow, tls=tls) as server:
            client = open_client(base_url=server.url, timeout=httpx.Timeout(**TIMES))
            service = WebService(
                "Service", client, clock=VirtualClock(NOW), begin=begin, mend="see ITS_KEY"
            )
            service.hide(SECRET)
            try:
                return await asyncio.wait_for(story(server, service), 20)
            finally:
                await service.aclose()
                await service.aclose()

    return asyncio.run(told())


async def deliver(service: WebService, content: bytes = b"abc") -> WebAnswer:
    headers = {"Authorization": f"Bearer {SECRET}"}
    return await service.deliver("POST", "/things", content=content, headers=headers)


async def ask(service: WebService) -> WebAnswer:
    return await service.ask("GET", "/things", headers={"Authorization": f"Bearer {SECRET}"})


def test_a_request_is_made_once_whole_and_on_a_connection_of_its_own() -> None:
    async def story(server: HttpServer, service: WebService) -> None:
        first, second = await deliver(service, LARGE), await ask(service)
        assert (first.status, first.is_good, first.fields) == (200, True, {"length": 400_000})
        assert second.fields == {"length": 0}
        assert server.requests[0].body == LARGE
        assert server.requests[0].headers["content-length"] == "400000"
        assert server.requests[1].body == b""
        assert server.connections == 2

    tell(story, narrow=True)


@pytest.mark.parametrize(
    ("moment", "act", "content", "error"),
    [
        # The last bytes never left: certain.
        ("head", SILENCE, LARGE, Temporary),
        ("head", RESET, LARGE, Temporary),
        # All of it left, or may have.
        ("connect", CLOSE, b"abc", Unknown),
        ("head", CLOSE, b"abc", Unknown),
        ("head", SILENCE, b"abc", Unknown),
        ("whole", SILENCE, b"abc", Unknown),
        ("whole", CLOSE, b"abc", Unknown),
        ("whole", RESET, LARGE, Unknown),
        ("served", CLOSE, b"", Unknown),
        ("served", GARBAGE, b"abc", Unknown),
        ("served", raw(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n"), b"abc", Unknown),
    ],
)
def test_a_lost_answer_to_a_delivery(
    moment: Moment, act: Act, content: bytes, error: type[UadispatchError]
) -> None:
    async def story(server: HttpServer, service: WebService) -> None:
        server.at(moment, act)
        with pytest.raises(error) as caught:
            await deliver(service, content)
        assert type(caught.value) is error
        assert server.connections == 1
        assert caught.value.__context__ is None

    tell(story, narrow=True)


@pytest.mark.parametrize("act", [SILENCE, CLOSE, RESET, GARBAGE])
def test_a_lost_answer_to_a_question_says_nothing_of_any_message(act: Act) -> None:
    async def story(server: HttpServer, service: WebService) -> None:
        server.at("whole", act)
        with pytest.raises(Unavailable, match="gives no answer"):
            await ask(service)

    tell(story)


def test_what_cannot_be_reached_has_got_nothing() -> None:
    async def story(server: HttpServer, service: WebService) -> None:
        server.close_port()
        for action in (deliver, ask):
            with pytest.raises(Unavailable, match="Connection refused"):
                await action(service)

    tell(story)


def error_of(answer: Answer, *, asking: bool = False) -> UadispatchError:
    async def story(server: HttpServer, service: WebService) -> UadispatchError:
        server.at("served", answer)
        got = await (ask(service) if asking else deliver(service))
        says = got.fields.get("detail", "")
        return service.trouble(got, says) if asking else service.error(got, says)

    found = tell(story)
    assert isinstance(found, UadispatchError)
    return found


@pytest.mark.parametrize(
    ("status", "delivering", "asking"),
    [
        (200, Unknown, Temporary),  # asked about because its text is no good
        (301, ConfigError, ConfigError),
        (302, Unknown, Temporary),  # it may have been done: "see there"
        (303, Unknown, Temporary),
        (307, ConfigError, ConfigError),
        (308, ConfigError, ConfigError),
        (400, Rejected, Temporary),
        (401, ConfigError, ConfigError),
        (402, ConfigError, ConfigError),
        (403, ConfigError, ConfigError),
        (404, ConfigError, ConfigError),
        (405, ConfigError, ConfigError),
        (408, Unknown, Temporary),  # though it had all of it
        (409, Rejected, Temporary),
        (413, Rejected, Temporary),
        (422, Rejected, Temporary),
        (429, Unavailable, Unavailable),
        (500, Unknown, Temporary),
        (502, Unknown, Temporary),
        (503, Unavailable, Unavailable),
        (504, Unknown, Temporary),
        (599, Unknown, Temporary),
    ],
)
def test_each_status(
    status: int, delivering: type[UadispatchError], asking: type[UadispatchError]
) -> None:
    answer = in_json({"detail": "words of its own"}, status)
    for expected, in_a_question in ((delivering, False), (asking, True)):
        found = error_of(answer, asking=in_a_question)
        assert type(found) is expected
        assert "words of its own" in str(found)
        assert str(status) in str(found)


def test_an_answer_before_the_whole_request() -> None:
    async def story(server: HttpServer, service: WebService) -> None:
        server.at("head", in_json({}, 408, connection="close"), times=1)
        server.at("head", in_json({}, 200, connection="close"))
        cases: tuple[tuple[int, type[UadispatchError]], ...] = ((408, Temporary), (200, Unknown))
        for status, error in cases:
            try:
                answer = await deliver(service, LARGE)
            except Temporary:
                continue  # the answer was lost with the connection: as certain
            assert (answer.status, answer.asked_whole, answer.is_good) == (status, False, False)
            assert type(service.error(answer)) is error

    tell(story, narrow=True)


def test_an_answer_that_breaks_off_or_does_not_end_is_not_whole() -> None:
    async def story(server: HttpServer, service: WebService) -> None:
        server.at("served", cut(in_json({"id": 1}), 3), times=1)
        short = await deliver(service)
        assert (short.status, short.whole, short.json, short.fields) == (200, False, None, {})
        server.at("served", Answer(body=b"[" * (web.LARGEST_ANSWER + 1)), times=1)
        assert (await deliver(service)).whole is False
        server.at("served", Answer(body=b"[" * 500_000))
        deep = await deliver(service)
        assert (deep.whole, deep.json) == (True, None)

    tell(story)


@pytest.mark.parametrize(
    ("given", "wait"),
    [
        ("120", timedelta(minutes=2)),
        ("0", timedelta(0)),
        ("999999999", timedelta(days=1)),
        (format_datetime(NOW + timedelta(hours=1), usegmt=True), timedelta(hours=1)),
        (format_datetime(NOW - timedelta(hours=1), usegmt=True), timedelta(0)),
        (format_datetime(NOW + timedelta(days=9), usegmt=True), timedelta(days=1)),
        ("soon", None),
        ("-5", None),
        ("", None),
    ],
)
def test_the_wait_that_a_service_asks_for(given: str, wait: timedelta | None) -> None:
    found = error_of(in_json({}, 429, retry_after=given))
    assert isinstance(found, Unavailable)
    assert found.retry_after == wait


@pytest.mark.parametrize(
    "given",
    [
        "Mon, 01 Jan 2020 00:00:00 +99999999999999999999",
        "Mon, 01 Jan 99999999999999999999 00:00:00 GMT",
        "Mon, 01 Jan 2020 99999999999999999999:00:00 GMT",
        "1" + "0" * 5_000,
    ],
    ids=["zone", "year", "hour", "seconds"],
)
def test_a_retry_after_without_sense_leaves_no_doubt(given: str) -> None:
    found = error_of(in_json({}, 503, retry_after=given))
    assert isinstance(found, Unavailable)
    assert found.retry_after is None


# A header that is nearly a date gets further into the reading of one than any text does.
NUMBERS = st.one_of(
    st.integers(-1, 99).map(str),
    st.integers().map(str),
    st.sampled_from(["", "\u00b2", "9" * 5_000]),
)
DATES = st.builds(
    "{}{} {} {} {}:{}:{} {}".format,
    st.sampled_from(["", "Mon, ", "Monday, ", ","]),
    NUMBERS,
    st.sampled_from(["Jan", "Feb", "December", ""]),
    NUMBERS | st.integers(1, 9999).map(str),
    *[NUMBERS] * 3,
    st.sampled_from(["GMT", "EST", "+2400", "-0000", ""]) | st.integers().map("{:+}".format),
)


@given(st.one_of(st.text(max_size=40), NUMBERS, DATES))
def test_any_retry_after_is_read_or_left(text: str) -> None:
    wait = WebAnswer(status=429, headers={"retry-after": text}).retry_after(NOW)
    assert wait is None or timedelta(0) <= wait <= timedelta(days=1)


def test_words_are_one_short_line_without_our_secret() -> None:
    hostile = f"bad key {SECRET}\r\n\x1b[2J\u202e" + "x" * 900
    says = str(error_of(in_json({"detail": hostile}, 401)))
    assert SECRET not in says
    assert "bad key ***" in says
    assert says.isprintable()
    assert len(says) < 450
    assert "see ITS_KEY" in says


class Turn:
    """A `begin` that does something of the test's."""

    def __init__(self, does: Any = None) -> None:
        self.asked: list[bool] = []
        self.does = does

    async def __call__(self, *, anew: bool = False) -> None:
        self.asked.append(anew)
        if self.does is not None:
            await self.does()


def test_a_message_begins_once_its_connection_stands() -> None:
    turn = Turn()

    async def story(server: HttpServer, service: WebService) -> None:
        async def look() -> None:
            await asyncio.sleep(0.01)
            assert (server.connections, server.requests) == (1, [])

        turn.does = look
        await deliver(service)
        assert turn.asked == [False]
        await ask(service)
        assert turn.asked == [False]
        server.close_port()
        with pytest.raises(Unavailable):
            await deliver(service)
        assert turn.asked == [False]

    tell(story, begin=turn)


def test_a_message_that_may_not_begin_leaves_nothing() -> None:
    async def no() -> None:
        raise Temporary("the case was closed")

    async def story(server: HttpServer, service: WebService) -> None:
        with pytest.raises(Temporary, match="the case was closed"):
            await deliver(service)
        assert server.begun == {}

    tell(story, begin=Turn(no))


def test_a_connection_that_ended_while_a_message_waited_is_replaced_once() -> None:
    turn = Turn()

    async def story(server: HttpServer, service: WebService) -> None:
        async def wait_too_long() -> None:
            if len(turn.asked) < limit:
                server.hang_up()
                await asyncio.sleep(0.05)

        turn.does = wait_too_long
        limit = 2
        assert (await deliver(service)).is_good
        assert turn.asked == [False, True]
        assert len(server.requests) == 1
        turn.asked.clear()
        limit = 9
        with pytest.raises(Unavailable, match="hung up"):
            await deliver(service)
        assert turn.asked == [False, True]
        assert len(server.requests) == 1

    tell(story, begin=turn)


def test_a_certificate_that_is_not_trusted_is_for_a_person_to_mend() -> None:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)

    async def story(server: HttpServer, service: WebService) -> None:
        for action in (deliver, ask):
            with pytest.raises(ConfigError, match="certificate of Service is not trusted"):
                await action(service)
        assert server.begun == {}

    tell(story, tls=context)


@pytest.mark.parametrize(
    ("url", "headers"),
    [
        ("ftp://127.0.0.1/", {}),
        ("/things", {"Authorization": f"{SECRET}\r\nX: y"}),
        ("/things", {"Authorization": f"{SECRET}ä"}),
    ],
)
def test_what_http_cannot_carry_is_for_a_person_to_mend_and_not_shown(
    url: str, headers: dict[str, str]
) -> None:
    async def story(server: HttpServer, service: WebService) -> None:
        for method in (service.deliver, service.ask):
            with pytest.raises(ConfigError) as caught:
                await method("POST", url, headers=headers)
            shown = f"{caught.value!r}{caught.value.__context__!r}{caught.value.__cause__!r}"
            assert SECRET not in shown
        assert server.begun == {}

    tell(story)
