"""The rules of each number that patients are known by: check it, and bring it to its one normal form."""

from __future__ import annotations

import re
from datetime import date
from typing import Final

from personnummer.personnummer import Personnummer, PersonnummerException

from domain.errors import Refused

PERSONNUMMER: Final = "personnummer"
SAMORDNINGSNUMMER: Final = "samordningsnummer"

_SWEDISH = re.compile(r"(1[89]|20)?(\d\d)(\d\d)(\d\d)([-+]?)(\d{3})(\d)", re.ASCII)
_INTERIM = re.compile(r"(?:\d\d)?\d{6}[-+]?[TRSUWXJKLMN]\d{3}", re.ASCII | re.IGNORECASE)
_NATIONAL_RESERVE = re.compile(r"(?=.*[A-Z])[0-9A-Z]{12}")
_LOCAL_RESERVE = re.compile(r"[0-9A-Z-]{4,32}")
_LMA = re.compile(r"[0-9A-Z]{4,20}")
_CPR = re.compile(r"(\d\d)(\d\d)(\d\d)-?(\d)\d{3}", re.ASCII)
_SIMULATED = re.compile(r"SIM-[0-9A-Z]{4,32}")
_DOUBLED: Final = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)


def swedish(text: str, on: date | None) -> tuple[str, str]:
    """Which kind of Swedish number it is, and its 12 digits; raises Refused.

    10 or 12 digits, with or without `-` or `+`. The form and the check digit are set by folkbokföringslagen
    (1991:481) 18 §; a samordningsnummer has 60 added to the day. Without a century, `on` (the Swedish local
    date it was written) tells it.
    """
    match = _SWEDISH.fullmatch(text)
    if match is None:
        raise _not_a_swedish_number(text)
    century, year, month, day, sign, serial, check = match.groups()
    century = century or _century(int(year), (int(month), int(day) % 60), sign, on)
    number = f"{century}{year}{month}{day}{serial}{check}"
    if int(day) < 60:
        return PERSONNUMMER, _personnummer(number)
    # The library knows no month 00 and no day 60, which stand for a birth date that is not known, and no
    # serial number 000, which published samordningsnummer have. Nor is one turned down for its date alone.
    if int(month) > 12 or int(day) > 91 or not luhn_holds(number[2:]):
        raise _wrong_digit()
    return SAMORDNINGSNUMMER, number


def _personnummer(number: str) -> str:
    try:
        # With the century given, the library's look at today's date decides nothing that we use.
        Personnummer(number)
    except PersonnummerException:
        raise _wrong_digit() from None
    return number


def _century(year: int, birthday: tuple[int, int], sign: str, on: date | None) -> str:
    """The century of a short number: `+` from the year the person turns 100, else under a hundred years."""
    if on is None:
        raise Refused(
            "The number does not say which century.", "Write it with 12 digits, year first: YYYYMMDDNNNN."
        )
    latest = on.year - 100 if sign == "+" else on.year
    born = latest - (latest - year) % 100
    # A newborn or somebody who turns 100 this year: to guess would be to mix two people up.
    if born == on.year and birthday > (on.month, on.day):
        raise Refused(
            "The number's birth date lies after the day it was written, so its century is in doubt.",
            "Write it with 12 digits, year first: YYYYMMDDNNNN.",
        )
    return f"{born // 100:02d}"


def _not_a_swedish_number(text: str) -> Refused:
    if _INTERIM.fullmatch(text):
        return Refused(
            "An interim number (T-nummer) is known only where it was given out.",
            "Record it as reservnummer:<organisation number of who issued it>.",
        )
    return Refused("This is not a personnummer or samordningsnummer.", "It has 12 digits: YYYYMMDDNNNN.")


def _wrong_digit() -> Refused:
    return Refused(
        "No personnummer or samordningsnummer has these digits: the date or the check digit is wrong.",
        "Compare it digit by digit with the patient's identity document.",
    )


def national_reserve(text: str) -> str:
    """12 digits and capital letters, as in the published examples; its check rule is not known to us."""
    number = text.replace("-", "").upper()
    if not _NATIONAL_RESERVE.fullmatch(number):
        raise Refused(
            "This is not a national reserve number.", "It has 12 digits and letters, at least one a letter."
        )
    return number


def local_reserve(text: str) -> str:
    """What a region or provider gave out: 4 to 32 digits, capital letters and hyphens."""
    number = text.upper()
    if not _LOCAL_RESERVE.fullmatch(number):
        raise Refused("This is not a local reserve number.", "It has 4 to 32 digits, letters and hyphens.")
    return number


def lma(text: str) -> str:
    """The number on an asylum seeker's card, without separators; its format is not published."""
    number = re.sub(r"[-/ ]", "", text).upper()
    if not _LMA.fullmatch(number):
        raise Refused("This is not an LMA number.", "Write the number on the asylum seeker's card.")
    return number


def cpr(text: str) -> str:
    """The Danish number: ten digits whose date exists. No modulus check: new numbers need not keep to it."""
    match = _CPR.fullmatch(text)
    if match is None or not _danish_date(int(match[1]), int(match[2]), int(match[3]), int(match[4])):
        raise Refused(
            "This is not a Danish CPR number.",
            "It has ten digits that begin with the birth date: DDMMYYNNNN.",
        )
    return text.replace("-", "")


def _danish_date(day: int, month: int, year: int, seventh: int) -> bool:
    """Whether the date exists in the century that the seventh digit tells.

    60 may be added to the day, which marks an administrative number.
    """
    if seventh <= 3 or (seventh in (4, 9) and year > 36):
        century = 1900
    elif seventh in (4, 9) or year <= 57:
        century = 2000
    else:
        century = 1800
    try:
        date(century + year, month, day - 60 if day > 60 else day)
    except ValueError:
        return False
    return True


def simulated(text: str) -> str:
    """An invented patient's: `SIM-` and 4 to 32 digits or capital letters."""
    if not _SIMULATED.fullmatch(text):
        raise Refused(
            "This is not a simulated patient's identifier.",
            "It is SIM- and 4 to 32 digits or capital letters.",
        )
    return text


def luhn_holds(digits: str) -> bool:
    """Whether the last digit is the Luhn check digit (mod 10) of those before it."""
    total = sum(map(int, digits[-1::-2])) + sum(_DOUBLED[int(digit)] for digit in digits[-2::-2])
    return total % 10 == 0
