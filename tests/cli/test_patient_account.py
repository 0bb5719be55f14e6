"""`carechain patient account`: what a patient reads, on the real servers; every expected line is written by hand."""

import io
import itertools
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from conftest import Place
from given import instant
from pipeline import Pipeline, submission
from pypdf import PdfReader

from cli import main
from consumers.adoption import adopt_organisations
from domain.organisation_file import read_organisations
from domain.submission import Patient, Submission
from infra.settings import Settings

pytestmark = pytest.mark.broker

WARD, HOSPITAL = "hsa:SE2321000198-WARD1", "hsa:SE2321000198-HOSP"
CENTRE, NURSING = "hsa:SE2321000198-HC1", "hsa:SE2120002338-NURSING"
REGISTER = f"""\
id;name;kind;part_of;municipality;roles;same_as;phone
{HOSPITAL};Gävle sjukhus;provider;;Gävle;;;08-465 004 00
{WARD};Avdelning 1;unit;{HOSPITAL};2180;inpatient;;08-465 004 01
{CENTRE};Hälsocentralen Söder;unit;;Gävle;;;08-465 004 10
{NURSING};Hemsjukvården Gävle;unit;;Gävle;;;
"""
GOAL = "Att kunna gå ut med hunden & <b>träffa</b> barnbarnen"
HIDDEN = '<script>alert(1)</script> #read("x") \x1b[31mröd\u202e'
BOTH = [{"role": "municipal-health", "municipality": "2180"}, {"role": "open-care", "unit": CENTRE}]
AT_WARD, AT_CENTRE = {"unit": WARD, "role": "inpatient"}, {"unit": CENTRE, "role": "open-care"}
AT_NURSING = {"unit": NURSING, "role": "municipal-health", "principal": "2180"}
AT_NURSING["controller"] = "orgnr:2120002338"
ADMITTED = {"unit": WARD, "care_form": "somatic", "municipality": "2180"}


def said(patient: str, time: str, fact: str, by: dict[str, str], **data: Any) -> Submission:
    """What a unit says of a simulated patient; ``time`` is March 2026 in Sweden, before summer time."""
    return submission(fact, f"2026-03-{time}:00+01:00", f"SIM-{patient}", **by, data=data)


def at(time: str) -> str:
    return f"2026-03-{time}:00.000000+01:00"


HOME = [
    said("HOME", "02T08:00", "patient-admitted", AT_WARD, **ADMITTED),
    said("HOME", "02T10:00", "service-need-assessed", AT_WARD, outcome="yes", needs=["municipal-health"]),
    said("HOME", "02T11:00", "admission-notified", AT_WARD, recipients=BOTH, estimated_discharge_at=at("06T12:00")),
    said("HOME", "03T09:00", "care-contact-appointed", AT_CENTRE, unit=CENTRE),
    said("HOME", "03T10:00", "patient-goal-stated", AT_WARD, goal=GOAL),
    said("HOME", "05T09:00", "discharge-ready-declared", AT_WARD),
    said("HOME", "05T09:15", "discharge-ready-notified", AT_WARD, recipients=BOTH),
    said("HOME", "06T11:00", "patient-informed-at-discharge", AT_WARD, care_contact_named=True),
    said("HOME", "06T11:30", "follow-up-planned", AT_CENTRE, unit=CENTRE, due_at=at("11T10:00"), role="open-care"),
    said("HOME", "06T12:00", "patient-discharged", AT_WARD, destination="home"),
    said("HOME", "06T12:10", "discharge-information-transferred", AT_WARD, recipients=BOTH),
    said("HOME", "06T15:00", "municipal-care-started", AT_NURSING, municipality="2180", unit=NURSING,
         services=["home-nursing"]),
]  # fmt: skip
"""A patient who is home since Friday; the call that was promised for Wednesday has not come."""

EXPECTED = """\
DIN VÅRD OCH OMSORG JUST NU
===========================
Den här sidan är till dig som patient. Visa den gärna för en närstående.
Så här såg det ut torsdag 12 mars 2026 kl. 12.00.
Sidan gjordes <nu>.

VEM DU KAN RINGA
----------------
Ring i första hand din fasta vårdkontakt eller den enhet som vårdar dig.

- Hälsocentralen Söder. Här finns din fasta vårdkontakt.
  Telefon: 08-465 004 10
- Hemsjukvården Gävle.
  Telefonnumret finns på 1177.se.
- 1177: för råd om vård, dygnet runt.
- 112: om det är akut och livet är i fara.

VEM SOM ANSVARAR FÖR VAD JUST NU
--------------------------------
- Vårdcentralen eller mottagningen: läkarvård och annan vård utanför sjukhuset.
  Enhet: Hälsocentralen Söder.
  Ansvarig: Region Gävleborg.
  Sedan fredag 6 mars 2026 kl. 12.00.
- Kommunen: hemsjukvård.
  Enhet: Hemsjukvården Gävle.
  Ansvarig: Gävle kommun.
  Sedan fredag 6 mars 2026 kl. 15.00.

DIN FASTA VÅRDKONTAKT
---------------------
En fast vårdkontakt hjälper dig att få vården att hänga ihop.

- Hälsocentralen Söder. Sedan tisdag 3 mars 2026 kl. 09.00.

VAD SOM HÄNDER HÄRNÄST
----------------------
- Hälsocentralen Söder ska kontakta dig och följa upp hur det går efter tiden på sjukhus.
  Det är försenat. Det skulle ha varit klart senast onsdag 11 mars 2026 kl. 10.00.

DET SOM ÄR VIKTIGT FÖR DIG
--------------------------
- Dina ord tisdag 3 mars 2026 kl. 10.00: ”Att kunna gå ut med hunden & <b>träffa</b> barnbarnen”

DINA PLANER
-----------
- Det finns ingen samordnad individuell plan (SIP) antecknad. Du kan själv be om en.

SÅDANT SOM ÄR FÖRSENAT ELLER HAR BLIVIT FEL
-------------------------------------------
Så här står det i uppgifterna. Ibland är något gjort, men inte antecknat.

- Hälsocentralen Söder skulle kontakta dig och följa upp hur det går efter tiden på sjukhus, senast
  onsdag 11 mars 2026 kl. 10.00. Det är inte gjort än.

VAD SOM HAR HÄNT
----------------
Måndag 2 mars 2026
- Kl. 08.00 Du skrevs in på sjukhus.
  Antecknat av Avdelning 1, Gävle sjukhus.
- Kl. 10.00 Läkaren bedömde att du kan behöva vård eller hjälp efter tiden på sjukhus.
- Kl. 11.00 Sjukhuset berättade för andra som berörs, till exempel kommunen, att du var inskriven.
  Beräknad dag att lämna sjukhuset: fredag 6 mars 2026.

Tisdag 3 mars 2026
- Kl. 09.00 Du fick en fast vårdkontakt.
  Antecknat av Hälsocentralen Söder.
- Kl. 10.00 Du svarade på frågan ”Vad är viktigt för dig?”
  Antecknat av Avdelning 1, Gävle sjukhus.

Torsdag 5 mars 2026
- Kl. 09.00 Läkaren bedömde att du inte längre behövde vård på sjukhus.
  Antecknat av Avdelning 1, Gävle sjukhus.
- Kl. 09.15 Sjukhuset berättade för dem som skulle ta över att du var klar att lämna sjukhuset.

Fredag 6 mars 2026
- Kl. 11.00 Du fick information inför utskrivningen från sjukhuset.
  Antecknat av Avdelning 1, Gävle sjukhus.
- Kl. 11.30 En uppföljning efter tiden på sjukhus planerades.
  Senast: onsdag 11 mars 2026 kl. 10.00.
  Antecknat av Hälsocentralen Söder.
- Kl. 12.00 Du skrevs ut från sjukhuset och fick komma hem.
  Antecknat av Avdelning 1, Gävle sjukhus.
- Kl. 12.10 Sjukhuset skickade information om din vård till dem som tog över.
- Kl. 15.00 Kommunen började ge vård eller hjälp.
  Det gäller hemsjukvård.
  Antecknat av Hemsjukvården Gävle.

VILKA SOM HAR TITTAT PÅ DINA UPPGIFTER
--------------------------------------
<vilka>

SPÄRRAR I DIN JOURNAL
---------------------
Inga uppgifter är spärrade. Du har rätt att spärra uppgifter. Fråga den enhet som vårdar dig.

DINA RÄTTIGHETER
----------------
Du har rätt att läsa din journal och att få veta vilka enheter som har tittat i den. Tycker du att
något är fel? Då ska vården anteckna det i journalen, om du ber om det.
Är du inte nöjd med vården? Prata med enheten, eller vänd dig till patientnämnden i din region. Det
kostar ingenting.
"""

EXTRA = [
    # Nobody: a visit by an ambulance, and nothing since.
    said("NOBODY", "02T08:00", "emergency-visit-started", AT_WARD, unit=WARD),
    said("NOBODY", "02T09:00", "emergency-visit-ended", AT_WARD, destination="home"),
    # Died on the ward.
    said("DIED", "02T08:00", "patient-admitted", AT_WARD, **ADMITTED),
    said("DIED", "03T10:00", "patient-goal-stated", AT_WARD, goal="Att få somna in hemma"),
    said("DIED", "04T03:20", "patient-deceased", AT_WARD),
    # A protected identity.
    said("SECRET", "02T07:00", "protected-identity-set", AT_WARD, kind="protected-registration"),
    said("SECRET", "02T08:00", "patient-admitted", AT_WARD, **ADMITTED),
    said("SECRET", "02T11:00", "admission-notified", AT_WARD, recipients=BOTH),
    said("SECRET", "03T09:00", "care-contact-appointed", AT_CENTRE, unit=CENTRE),
    said("SECRET", "03T10:00", "patient-goal-stated", AT_WARD, goal="Att slippa visa mig i Gävle"),
    # Words that would be markup, or worse.
    said("HOSTILE", "02T08:00", "patient-admitted", AT_WARD, **ADMITTED),
    said("HOSTILE", "02T09:00", "patient-goal-stated", AT_WARD, goal=HIDDEN),
    # Two numbers of one person.
    said("RESERVE", "02T08:00", "patient-admitted", AT_WARD, **ADMITTED),
    said("RESERVE", "04T08:00", "patient-discharged", AT_WARD, destination="home"),
    said("PERSON", "05T08:00", "patient-goal-stated", AT_WARD, goal="Att få vara hemma"),
    said("PERSON", "05T09:00", "patient-identity-linked", AT_WARD, ground="reserve-number").model_copy(
        update={"other": Patient(system="simulated", value="SIM-RESERVE")}
    ),
    # Blocked for others.
    said("BLOCKED", "02T08:00", "patient-admitted", AT_WARD, **ADMITTED),
    said("BLOCKED", "02T09:00", "block-set", AT_WARD, kind="shared-documentation", closed_unit=WARD),
]


@pytest.fixture(scope="module")
def told(module_place: Place) -> Pipeline:
    pipeline = Pipeline(module_place)
    register = read_organisations(REGISTER, "units.csv")
    adopt_organisations(
        module_place.connections.store_dsn, register, REGISTER, "tester", instant("2026-03-01T08:00")
    )
    for one in (*HOME, *EXTRA):
        pipeline.submit([one], now=lambda time=one.time: time)  # type: ignore[misc]
    pipeline.project()
    return pipeline


class Desk:
    """Somebody at a terminal who asks for a patient's account."""

    def __init__(self, patch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self._patch, self._capsys = patch, capsys
        self.err = ""

    def __call__(
        self,
        patient: str,
        *words: str,
        code: int = 0,
        as_of: str = "2026-03-12T12:00",
        before: tuple[str, ...] = (),
    ) -> str:
        """What is printed; of what does not end well, what is said about it."""
        self._patch.setattr("sys.stdin", io.StringIO(f"simulated:SIM-{patient}\n"))
        self._capsys.readouterr()
        ended = main.run([*before, "patient", "account", "--patient", "-", "--as-of", as_of, *words])
        out, self.err = self._capsys.readouterr()
        assert ended == code, self.err
        return out if code == 0 else self.err


@pytest.fixture
def tell(told: Pipeline, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Desk:
    monkeypatch.setattr(Settings, "flags", {})
    for name, value in {**told.place.env, "NO_COLOR": "1", "COLUMNS": "200"}.items():
        monkeypatch.setenv(name, value)
    return Desk(monkeypatch, capsys)


def section(text: str, heading: str) -> str:
    """What stands under a heading."""
    found = re.search(rf"(?m)^{re.escape(heading)}\n-+\n(.*?)(?=\n\n[A-ZÅÄÖ ]+\n-+\n|\Z)", text, re.DOTALL)
    assert found, text
    return found[1].strip()


LOOKS = "VILKA SOM HAR TITTAT PÅ DINA UPPGIFTER"


def test_the_whole_account_reads_so(tell: Desk) -> None:
    text = tell("HOME")
    looks = section(text, LOOKS)
    masked = re.sub(r"Sidan gjordes \S+ \d+ \S+ \d{4} kl\. \d\d\.\d\d\.", "Sidan gjordes <nu>.", text)
    assert masked.replace(looks, "<vilka>") == EXPECTED
    assert max(map(len, text.splitlines())) <= 100


def test_a_narrow_screen_folds_and_says_the_same(tell: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    wide = tell("HOME", "--output", "text")
    monkeypatch.setenv("COLUMNS", "50")
    narrow = tell("HOME")
    assert max(map(len, narrow.splitlines())) <= 50
    # Headings and their lines are no wider than the screen; the rest is the same words.
    assert without_lines(narrow) == without_lines(wide)


def without_lines(text: str) -> list[str]:
    return [word for word in re.sub(r"kl\. \d\d\.\d\d\.|[-=]{3,}", "", text).split() if word != "-"]


# -- the page ----------------------------------------------------------------------------------------------------------


class Reader(HTMLParser):
    """A page as a reader aloud has it: tags, attributes, headings, and the words."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.headings: list[tuple[str, str]] = []
        self.inside: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in ("meta", "br"):
            self.inside.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.inside.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.inside and self.inside[-1] not in ("style", "title"):
            self.words += data.split()
        if self.inside and self.inside[-1] in ("h1", "h2", "h3"):
            self.headings.append((self.inside[-1], " ".join(data.split())))


def spoken(text: str) -> str:
    """Words with one space between."""
    return " ".join(text.split())


def all_texts(document: Any) -> Iterator[str]:
    """Every sentence of the account as JSON has it, but for keys of sections."""
    if isinstance(document, dict):
        for name, value in document.items():
            if name != "key":
                yield from all_texts(value)
    elif isinstance(document, list):
        for value in document:
            yield from all_texts(value)
    elif isinstance(document, str):
        yield document


def told_as_json(tell: Desk, patient: str) -> dict[str, Any]:
    (account,) = json.loads(tell(patient, "--output", "json"))["data"]
    return dict(account)


def unclocked(text: str) -> str:
    """Without when it was made, and who has looked, which every look changes."""
    return re.sub(r"Sidan gjordes [^.]*\.\d\d\.", "", spoken(text))


def test_the_page_says_what_the_text_says_and_is_whole_by_itself(tell: Desk) -> None:
    page = Reader(tell("HOME", "--output", "html"))
    said = spoken(" ".join(page.words))
    for text in all_texts(told_as_json(tell, "HOME")):
        if "Sidan gjordes" not in text:
            assert spoken(text) in said, text
    assert [
        tag for tag, _ in page.tags if tag in ("script", "link", "img", "iframe", "form", "a", "base")
    ] == []
    assert not [attrs for _, attrs in page.tags if {"src", "href", "action"} & set(attrs)]
    assert ("html", {"lang": "sv"}) in page.tags
    assert [tag for tag, _ in page.headings].count("h1") == 1
    levels = [int(tag[1]) for tag, _ in page.headings]
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))
    assert {"header", "main", "section"} <= {tag for tag, _ in page.tags}
    assert page.inside == []


def test_colours_of_the_page_can_be_told_apart_in_light_and_dark() -> None:
    """At least 4.5 to 1 for words, 3 to 1 for lines (WCAG 2.2, 1.4.3 and 1.4.11)."""
    style = (Path(main.__file__).parent / "account" / "page.html").read_text(encoding="utf-8")
    schemes = [
        dict(re.findall(r"--(\w+): (#[0-9a-f]{6})", block))
        for block in re.findall(r":root \{([^}]*)\}", style)
    ]
    assert len(schemes) == 3
    for colours in schemes:
        for ground in ("paper", "lift", "warn"):
            assert contrast(colours["ink"], colours[ground]) >= 7
        for ground in ("paper", "lift"):
            assert contrast(colours["soft"], colours[ground]) >= 4.5
            assert contrast(colours["mark"], colours[ground]) >= 4.5
        assert contrast(colours["line"], colours["paper"]) >= 3


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    """Relative luminance as WCAG defines it."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


# -- the PDF -----------------------------------------------------------------------------------------------------------


def test_the_pdf_says_what_the_text_says_and_can_be_read_aloud(tell: Desk, tmp_path: Path) -> None:
    file = tmp_path / "account.pdf"
    tell("HOME", "--to", str(file))
    pdf = PdfReader(file)
    said = squeezed("".join(page.extract_text() for page in pdf.pages))
    for text in all_texts(told_as_json(tell, "HOME")):
        if "Sidan gjordes" not in text:
            assert squeezed(text) in said, text
    root = pdf.trailer["/Root"]
    assert (root["/Lang"], root["/MarkInfo"]["/Marked"]) == ("sv", True)
    assert "/StructTreeRoot" in root
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert pdf.metadata is not None
    assert pdf.metadata.title == "Din vård och omsorg just nu"
    assert pdf.metadata.creation_date is None
    headings = [entry.title for entry in pdf.outline if not isinstance(entry, list)]
    assert headings[:2] == ["Vem du kan ringa", "Vem som ansvarar för vad just nu"]
    assert headings[-1] == "Dina rättigheter"


def squeezed(text: str) -> str:
    """Without spaces and the feet of pages: a PDF knows lines, not words."""
    return "".join(re.sub(r"Sida \d+ av \d+", "", text).split()).replace("\N{LATIN SMALL LIGATURE FI}", "fi")


# -- free text ---------------------------------------------------------------------------------------------------------


def test_words_that_would_be_markup_are_words_in_every_form(tell: Desk, tmp_path: Path) -> None:
    shown = '<script>alert(1)</script> #read("x") [31mröd'
    assert f"”{shown}”" in tell("HOSTILE")
    page = tell("HOSTILE", "--output", "html")
    assert "<script" not in page
    assert shown in spoken(" ".join(Reader(page).words))
    tell("HOSTILE", "--to", str(tmp_path / "account.pdf"))
    pdf = PdfReader(tmp_path / "account.pdf")
    assert squeezed(shown) in squeezed("".join(one.extract_text() for one in pdf.pages))
    (section,) = [one for one in told_as_json(tell, "HOSTILE")["sections"] if one["key"] == "goals"]
    assert section["items"][0]["text"] == shown


# -- whose account ------------------------------------------------------------------------------------------------------


def test_nothing_in_it_says_who_the_patient_is_or_names_a_code(told: Pipeline, tell: Desk) -> None:
    journey = str(told.journey("simulated", "SIM-HOME"))
    for form in ("text", "html", "json"):
        said = tell("HOME", "--output", form)
        if form == "json":
            said = json.dumps(json.loads(said)["data"])
        for code in (
            "SIM-",
            "simulated",
            journey[:8],
            "hsa:",
            "SE23",
            "orgnr",
            "2180",
            "region:",
            "MH-",
            "W-1",
        ):
            assert code not in said
    assert main.run(["patient", "account", journey[:13], "--as-of", "2026-03-12T12:00"]) == 0


def test_that_an_account_was_read_is_in_the_log_it_tells_of(tell: Desk) -> None:
    """By the patient's own wish, the looks of one minute in one line; none before there was any."""
    heading = "VILKA SOM HAR TITTAT PÅ DINA UPPGIFTER"

    def told_looks(account: str) -> list[str]:
        return [line for line in section(account, heading).splitlines() if line.startswith("- ")]

    tell("HOME")
    after = told_looks(tell("HOME", as_of=(datetime.now(UTC) + timedelta(seconds=1)).isoformat()))
    assert after
    assert all(line.endswith("Samordnare, på din begäran.") for line in after)
    assert told_looks(tell("HOME", as_of="2026-03-12T12:00")) == []


def test_a_patient_that_nobody_answers_for_is_told_so(tell: Desk) -> None:
    assert section(tell("NOBODY"), "VEM SOM ANSVARAR FÖR VAD JUST NU") == (
        "Just nu står ingen som ansvarig för din vård i de uppgifter som finns här.\n"
        "Det kan bero på att du inte behöver vård just nu. Är du osäker, eller behöver du vård? Ring din\n"
        "vårdcentral eller 1177."
    )
    assert section(tell("NOBODY"), "VEM DU KAN RINGA").splitlines()[0] == "Ring din vårdcentral eller 1177."


def test_the_family_of_a_patient_who_died_is_spoken_to(tell: Desk) -> None:
    text = tell("DIED")
    assert text.startswith(
        "OM VÅRDEN AV DIN NÄRSTÅENDE\n===========================\n"
        "Vi beklagar sorgen. Den här sidan är till dig som är närstående.\n"
    )
    assert "- Kl. 03.20 Din närstående avled." in text
    assert "Din närståendes ord tisdag 3 mars 2026 kl. 10.00: ”Att få somna in hemma”" in text
    assert "JUST NU" not in text
    assert "HÄRNÄST" not in text
    assert section(text, "VILKA SOM HAR TITTAT PÅ DIN NÄRSTÅENDES UPPGIFTER") == (
        "Vilka som har tittat på uppgifterna står inte här. Det lämnas bara ut till patienten själv."
    )
    assert not re.search(r"\b(dina?|ditt) (vård|fasta|planer|ord)\b", text)
    # Whoever hands it over is reminded of what must be judged first; those words are not for the family.
    assert "judge what relatives may be told before you hand this over" in tell.err
    assert "judge" not in text
    tell("HOME")
    assert "judge" not in tell.err


def test_of_a_protected_identity_no_place_is_told_in_any_form(tell: Desk, tmp_path: Path) -> None:
    forms = [tell("SECRET"), tell("SECRET", "--output", "html"), json.dumps(told_as_json(tell, "SECRET"))]
    tell("SECRET", "--to", str(tmp_path / "account.pdf"))
    forms.append("".join(page.extract_text() for page in PdfReader(tmp_path / "account.pdf").pages))
    for said in forms:
        assert not re.search(r"Gävle|Avdelning 1|Söder|08-465|\bslippa\b", said)
    assert "OBS! Du har skyddade personuppgifter. Därför står inga namn på orter" in forms[0]
    assert section(forms[0], "DET SOM ÄR VIKTIGT FÖR DIG") == (
        "Du har berättat vad som är viktigt för dig. Orden står inte här, för de kan röja en plats."
    )
    assert "- Sjukhuset: vården på avdelningen.\n  Sedan måndag 2 mars 2026 kl. 08.00." in forms[0]


def test_not_even_where_the_reader_may_see_the_places(tell: Desk) -> None:
    text = tell("SECRET", before=("--lift-protection",))
    # Nor as of a moment before it was protected.
    assert "Du har skyddade personuppgifter." in tell("SECRET", as_of="2026-03-02T06:30")
    assert not re.search(r"Gävle|Avdelning 1|Söder|08-465|\bslippa\b", text)
    assert "Du skrevs in på sjukhus." in text


def test_linked_numbers_are_one_account(tell: Desk) -> None:
    by_one, by_other = (LOOK_LINES.sub("", unclocked(tell(number))) for number in ("PERSON", "RESERVE"))
    assert by_one == by_other
    assert "”Att få vara hemma”" in by_one
    assert "Du skrevs in på sjukhus." in by_one
    assert by_one.count("Uppgifter om dig som fanns på två ställen fördes ihop.") == 1


LOOK_LINES = re.compile(r"VILKA SOM HAR TITTAT.*?(?=SPÄRRAR)")


def test_blocked_data_are_not_told_and_that_they_are_is(tell: Desk) -> None:
    text = tell("BLOCKED")
    assert "OBS! Uppgifter är spärrade och syns inte här." in text
    assert "Avdelning 1" not in text
    assert section(text, "SPÄRRAR I DIN JOURNAL") == (
        "Uppgifter är spärrade. Vilka det är syns inte här. Fråga den enhet där spärren gjordes."
    )
    assert "Alla uppgifter syns inte här." in section(text, "VEM SOM ANSVARAR FÖR VAD JUST NU")


# -- as of when, where to ------------------------------------------------------------------------------------------------


def test_an_earlier_moment_is_told_as_it_was_then(tell: Desk) -> None:
    text = tell("HOME", as_of="2026-03-04T12:00")
    assert section(text, "VAD SOM HÄNDER HÄRNÄST").splitlines()[0] == (
        "- Fredag 6 mars 2026 kl. 12.00 beräknas du kunna lämna sjukhuset."
    )
    assert section(text, "VEM SOM ANSVARAR FÖR VAD JUST NU") == (
        "- Sjukhuset: vården på avdelningen.\n  Enhet: Avdelning 1, Gävle sjukhus.\n"
        "  Ansvarig: Region Gävleborg.\n  Sedan måndag 2 mars 2026 kl. 08.00."
    )
    assert "Torsdag 5 mars" not in text
    assert "Det finns inte antecknat vad som är viktigt" in tell("HOME", as_of="2026-03-03T09:30")


def test_a_file_is_new_and_for_its_maker_alone(tell: Desk, tmp_path: Path) -> None:
    for name, begin in (
        ("a.html", b"<!DOCTYPE html>"),
        ("a.pdf", b"%PDF-"),
        ("a.json", b"{"),
        ("a.txt", b"DIN V"),
    ):
        file = tmp_path / name
        tell("HOME", "--to", str(file))
        assert file.read_bytes().startswith(begin)
        assert file.stat().st_mode & 0o777 == 0o600
        assert "There is a file of that name already." in tell("HOME", "--to", str(file), code=1)
    assert "The file cannot be made" in tell("HOME", "--to", str(tmp_path / "no" / "a.txt"), code=1)
    assert "a PDF needs a file" in tell("HOME", "--output", "pdf", code=2)


def test_somebody_must_be_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert main.run(["patient", "account"]) == 2
    assert "say which journey" in capsys.readouterr().err
