"""Answers to HL7 v2 messages: in the sender's version, signs and character set, however little can be read."""

from datetime import UTC, datetime

import pytest
from hl7v2_messages import adt
from hypothesis import given
from hypothesis import strategies as st

from consumers.intake.hl7v2.ack import acknowledgement, is_supported

NOW = datetime(2026, 3, 2, 8, 0, 5, tzinfo=UTC)


def lines(answer: bytes) -> list[list[str]]:
    return [line.split("|") for line in answer.decode().rstrip("\r").split("\r")]


def test_an_answer_goes_back_to_the_sender_with_the_control_id() -> None:
    head, answer = lines(acknowledgement(adt("A01", control="4711"), "AA", now=NOW))
    assert head[:9] == [
        "MSH",
        "^~\\&",
        "CARECHAIN",
        "R21",
        "PAS",
        "GH",
        "20260302080005+0000",
        "",
        "ACK^A01^ACK",
    ]
    assert (len(head[9]), head[10:]) == (20, ["P", "2.5"])
    assert answer == ["MSA", "AA", "4711"]


def test_the_reason_stands_in_msa_3_escaped() -> None:
    _, answer = lines(acknowledgement(adt("A01"), "AE", "Not now | later & again ^ or never."))
    assert answer == ["MSA", "AE", "M1", r"Not now \F\ later \T\ again \S\ or never."]
    _, answer = lines(acknowledgement(adt("A01"), "AR", "x" * 200 + "\r\n"))
    assert len(answer[3]) == 80


@pytest.mark.parametrize(
    ("version", "type", "said"),
    [
        ("2.1", "ACK", "2.1"),
        ("2.2", "ACK^A01", "2.2"),
        ("2.3.1", "ACK^A01^ACK", "2.3.1"),
        ("x", "ACK^A01", "2.3"),
    ],
)
def test_in_the_senders_version(version: str, type: str, said: str) -> None:
    head, _ = lines(acknowledgement(adt("A01", version=version), "AA"))
    assert (head[8], head[11]) == (type, said)


def test_in_the_senders_signs_and_character_set() -> None:
    raw = adt("A01", charset="8859/1").decode().replace("|GH|", "|Gävle|").replace("|", "#").encode("latin-1")
    answer = acknowledgement(raw, "AE", "Försök # igen")
    head, said = answer.decode("latin-1").rstrip("\r").split("\r")
    assert head.split("#")[5] == "Gävle"
    assert head.split("#")[17] == "8859/1"
    assert said == "MSA#AE#M1#Försök \\F\\ igen"
    wide = acknowledgement(b"\xff\xfe" + adt("A01").decode().encode("utf-16-le"), "AA")
    assert wide.decode("utf-16").endswith("MSA|AA|M1\r")


def test_an_answer_to_what_has_no_header() -> None:
    head, answer = lines(acknowledgement(b"hello", "AR", "no header"))
    assert (head[:9], head[11]) == (["MSH", "^~\\&", "", "", "", "", "", "", "ACK"], "2.3")
    assert answer == ["MSA", "AR", "", "no header"]


def test_the_same_message_has_the_same_answer() -> None:
    assert acknowledgement(adt("A01"), "AA") == acknowledgement(adt("A01"), "AA")
    assert acknowledgement(adt("A01"), "AA") != acknowledgement(adt("A01"), "AE")


@given(
    st.one_of(st.binary(max_size=200), st.binary(max_size=100).map(lambda raw: b"MSH|^~\\&|" + raw)),
    st.text(),
)
def test_it_never_fails_and_is_always_two_lines(raw: bytes, text: str) -> None:
    answer = acknowledgement(raw, "AR", text)
    plain = answer.decode("utf-16") if answer[:2] in (b"\xff\xfe", b"\xfe\xff") else answer.decode("latin-1")
    assert plain.startswith("MSH")
    assert plain.count("\r") == 2
    assert plain.endswith("\r")


@pytest.mark.parametrize(
    ("raw", "supported"),
    [
        (adt("A01"), True),
        (b"\x0b" + adt("A55"), True),
        (adt("A01").replace(b"ADT^A01", b"ADT"), True),
        (adt("A60"), False),
        (adt("A01").replace(b"ADT^A01", b"ORU^R01"), False),
        (b"", False),
        (b"hello", False),
    ],
)
def test_what_is_supported(raw: bytes, supported: bool) -> None:
    assert is_supported(raw) is supported
