"""`carechain agreement`: what regions and municipalities have agreed on, adopted as data, and which one holds when."""

from typing import TYPE_CHECKING, Annotated

import typer

from cli.asking import JsonOption, KnownAtOption, OutputOption, RegionOption, form, understood
from cli.output import Output, print_rows, say

if TYPE_CHECKING:
    from cli.agreement_reads import Doubts, Which
    from domain.agreement import Agreement
    from domain.shipped_agreements import Shipped

app = typer.Typer(
    rich_markup_mode=None,
    no_args_is_help=True,
    help="Show, check or adopt agreements, or say which one holds.",
)

MeantArgument = Annotated[
    str, typer.Argument(metavar="ID|FILE", help="An id, id@version, or a TOML file.", show_default=False)
]
DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and do nothing.")]
LIST_COLUMNS = (
    "agreement",
    "state",
    "parties",
    "valid_from",
    "valid_to",
    "care_forms",
    "model",
    "unconfirmed",
    "adopted_at",
    "adopted_by",
)
VALUE_COLUMNS = ("key", "value", "origin", "by", "because", "source", "candidate", "unused")
CHECK_COLUMNS = (
    *("file", "agreement", "kind", "line", "key", "message", "hint"),
    *("candidate", "source", "holds", "by"),
)


@app.command("list", short_help="List the agreements, shipped and adopted.")
def list_agreements(
    known_at: KnownAtOption = None, json: JsonOption = False, output: OutputOption = Output.TABLE
) -> None:
    """List the agreements: those that come with the programs, and those that were adopted.

    \b
    carechain agreement list
    carechain agreement list --known-at 2026-03-01T08:00 --json

    None holds before it is adopted. `in force` is one that holds today; `later` and `ended` are adopted, and hold on
    other days; `withdrawn` is as if it had never been adopted.
    """
    from cli.adopting import reference, tell_waiting
    from cli.agreement_reads import states
    from cli.asking import read_clocks
    from domain.calendar import local_date

    clocks = read_clocks(None, known_at)
    found = reference()
    rows = states(found, clocks.known_at, local_date(clocks.now))
    chosen = form(output, json=json)
    if chosen is not Output.TABLE:
        print_rows(rows, LIST_COLUMNS, output=chosen, meta={"known_at": clocks.known_at})
        return
    from cli.agreement_page import print_states

    print_states(rows)
    tell_waiting(found)


@app.command(short_help="Show every value of an agreement, and from where it is.")
def show(meant: MeantArgument, json: JsonOption = False, output: OutputOption = Output.TABLE) -> None:
    """Show every value of an agreement as it is used, and from where it is.

    \b
    carechain agreement show jonkoping
    carechain agreement show vastra-gotaland@1
    carechain agreement show our-agreement.toml --json
    carechain agreement show statute

    A value is the agreement's own, of the overall one that it supplements, or the statute's: because the agreement is
    silent, or because its own is unconfirmed. Of several versions the newest is shown.
    """
    from cli.adopting import adopted_named
    from cli.agreement_reads import named, value_row
    from domain.agreed_values import agreed_values

    agreement = named(meant)[-1]
    overalls = adopted_named(agreement.supplements) if agreement.supplements else []
    overall = overalls[-1] if overalls else None
    values = agreed_values(agreement, overall)
    chosen = form(output, json=json)
    if chosen is not Output.TABLE:
        about = agreement.model_dump(mode="json", include=set(_HEAD))
        print_rows(
            [value_row(value) for value in values], VALUE_COLUMNS, output=chosen, meta={"agreement": about}
        )
        return
    from cli.agreement_page import print_agreement

    print_agreement(agreement, values)
    if agreement.supplements and overall is None:
        say(
            f"{agreement.supplements}, which it supplements, is not adopted: what it says does not stand here."
        )


_HEAD = (
    *("id", "version", "title", "regions", "municipalities", "valid_from", "valid_to"),
    *("care_forms", "excluded_care_forms", "supplements"),
)


@app.command(short_help="Check agreement files, and list what is unconfirmed.")
def check(
    meant: Annotated[
        list[str] | None,
        typer.Argument(metavar="[ID|FILE]...", help="Ids or files; without any, all that are shipped."),
    ] = None,
    json: JsonOption = False,
    output: OutputOption = Output.TABLE,
) -> None:
    """Check agreement files: everything that is wrong by file, line and key, and each value that is unconfirmed.

    \b
    carechain agreement check our-agreement.toml
    carechain agreement check
    carechain agreement check gavleborg stockholm --json

    An unconfirmed value is not used: what holds instead stands beside it. Exits 1 when anything is wrong or
    unconfirmed.
    """
    from cli.agreement_reads import check_shipped, to_check
    from domain.shipped_agreements import shipped

    doubts = [d for one in meant for d in to_check(one)] if meant else [check_shipped(s) for s in shipped()]
    rows = [row for one in doubts for row in one.rows()]
    chosen = form(output, json=json)
    if chosen is Output.TABLE:
        _tell_checked(doubts)
    else:
        print_rows(rows, CHECK_COLUMNS, output=chosen)
    if rows:
        raise typer.Exit(1)


def _tell_checked(doubts: "list[Doubts]") -> None:
    from cli.agreement_page import print_doubts

    for one in doubts:
        print_doubts(one)
    wrong = sum(len(one.checked.problems) for one in doubts)
    open_values = sum(
        len(one.checked.agreement.unconfirmed) for one in doubts if one.checked.agreement is not None
    )
    files = "1 file" if len(doubts) == 1 else f"{len(doubts)} files"
    said = "nothing is wrong" if not wrong else "1 is wrong" if wrong == 1 else f"{wrong} things are wrong"
    say(
        f"{files}: {said}; {open_values or 'no'} {'value is' if open_values == 1 else 'values are'} unconfirmed."
    )


@app.command(short_help="Show where two agreements differ.")
def diff(
    a: Annotated[str, typer.Argument(metavar="A", help="An id, id@version, or a TOML file.")],
    b: Annotated[str, typer.Argument(metavar="B", help="The other.")],
    json: JsonOption = False,
    output: OutputOption = Output.TABLE,
) -> None:
    """Show where two agreements do not say the same, by key.

    \b
    carechain agreement diff vastra-gotaland@1 vastra-gotaland@2
    carechain agreement diff statute our-agreement.toml
    carechain agreement diff demo our-draft.toml --json

    A key that an agreement says nothing about is shown as -. What two agreements mean for patients already in the
    journal, `carechain whatif` tells.
    """
    from cli.agreement_reads import differences, named

    one, other = named(a)[-1], named(b)[-1]
    rows = differences(one, other)
    chosen = form(output, json=json)
    if chosen is not Output.TABLE:
        print_rows(rows, ("key", "a", "b"), output=chosen, meta={"a": one.name, "b": other.name})
        return
    from cli.agreement_page import print_differences

    print_differences(one, other, rows)
    if not rows:
        say("They say the same.")


@app.command(short_help="Adopt an agreement: it holds from then on.")
def adopt(meant: MeantArgument, dry_run: DryRunOption = False) -> None:
    """Adopt an agreement: the file is put on record, whole, with by whom and when, and holds from then on.

    \b
    carechain agreement adopt our-agreement.toml --dry-run
    carechain agreement adopt our-agreement.toml
    carechain agreement adopt vastra-gotaland

    Of a shipped agreement, an id means all its versions and id@version one. What was adopted stays readable: another
    content needs a higher version, and the same a second time changes nothing. All journeys are then concluded anew;
    `carechain projection status` says until when.
    """
    new = False
    for text, agreement in _to_adopt(meant):
        if dry_run:
            say(f"{_described(agreement)} Nothing was adopted.")
            continue
        put = _put(agreement, text)
        new = new or put
        say(f"{'Adopted' if put else 'Adopted already:'} {_described(agreement)}")
    if new:
        say(
            "All journeys are concluded anew once `carechain run` has passed it on; `carechain projection status`"
            " says until when."
        )


def _to_adopt(meant: str) -> "list[tuple[str, Agreement]]":
    from pathlib import Path

    from cli.adopting import text_of
    from cli.agreement_reads import is_file, unknown
    from domain.agreement_file import read_agreement
    from domain.errors import Refused
    from domain.shipped_agreements import shipped_as

    if is_file(meant):
        if not Path(meant).is_file():
            raise Refused(f"There is no file {meant}.", hint="Check the path.")
        text = text_of(Path(meant))
        return [(text, read_agreement(text, Path(meant).name))]
    found: tuple[Shipped, ...] = shipped_as(meant)
    if not found:
        raise unknown(meant)
    return [(one.text, one.agreement) for one in found]


def _put(agreement: "Agreement", text: str) -> bool:
    from cli.adopting import on_record
    from consumers.adoption import adopt as put

    return on_record(lambda store, actor, now: put(store, agreement, text, actor, now))


def _described(agreement: "Agreement") -> str:
    from cli import agreement_words as words

    forms = words.care_forms(agreement)
    about = f"{agreement.name}: {words.parties(agreement)}, {words.validity(agreement)}"
    told = f"{about}, {forms}." if forms else f"{about}."
    open_values = len(agreement.unconfirmed)
    if open_values == 1:
        told += " 1 of its values is unconfirmed and falls back (`carechain agreement check` lists it)."
    elif open_values:
        told += f" {open_values} of its values are unconfirmed and fall back (`carechain agreement check` lists them)."
    if not agreement.payment.usable:
        told += " Its payment model cannot be reckoned yet, so the statute's holds."
    return told


@app.command(short_help="Withdraw an adopted agreement, as if it had never been.")
def withdraw(
    meant: Annotated[str, typer.Argument(metavar="ID", help="An id, or id@version where several stand.")],
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why; no word about a person.")],
    dry_run: DryRunOption = False,
) -> None:
    """Withdraw an adopted agreement: what was concluded by it is concluded anew, as if it had never been adopted.

    \b
    carechain agreement withdraw demo@1 --reason "adopted by mistake" --dry-run
    carechain agreement withdraw demo@1 --reason "adopted by mistake"

    An agreement that has come to its end is not withdrawn: adopt a version with a last day. The adoption and the
    withdrawal stay on record, and --known-at shows what held in between.
    """
    from cli.adopting import on_record, reference
    from consumers.adoption import withdraw as put
    from consumers.adoption import withdrawable

    name = withdrawable(list(reference().every), meant).agreement.name
    if dry_run:
        say(f"{name} would be withdrawn. Nothing was withdrawn.")
        return
    on_record(lambda store, actor, now: put(store, name, reason, actor, now))
    say(
        f"Withdrew {name}. All journeys are concluded anew once `carechain run` has passed it on; `carechain"
        " projection status` says until when."
    )


@app.command(short_help="Say which agreement and values hold, and why.")
def which(
    municipality: Annotated[str, typer.Option("--municipality", metavar="NAME", help="Its name or code.")],
    region: RegionOption = None,
    care_form: Annotated[
        str | None,
        typer.Option("--care-form", metavar="FORM", help="somatic, psychiatric or compulsory-open-care."),
    ] = None,
    date: Annotated[
        str | None, typer.Option("--date", metavar="DATE", help="As 2026-03-01; without it today.")
    ] = None,
    known_at: KnownAtOption = None,
    json: JsonOption = False,
    output: OutputOption = Output.TABLE,
) -> None:
    """Say which agreement and which values hold for a municipality's patients in a region's care, and why.

    \b
    carechain agreement which --municipality Gävle
    carechain agreement which --municipality Gävle --care-form psychiatric --date 2026-03-01
    carechain agreement which --municipality Härjedalen --region Dalarna --json

    Of those adopted that bind the two on that day, the one that names the municipality goes before one that names
    care forms, and that before one that names the region; then the one valid since latest; then the last adopted.
    Where there is none, the statute. Without --region it is the municipality's own.
    """
    from cli.adopting import reference, tell_waiting
    from cli.agreement_reads import value_row, which_holds
    from cli.asking import read_clocks
    from domain import reference as places
    from domain.calendar import local_date

    own = understood(places.find_municipality, municipality, "--municipality")
    its_region = (
        own.region_code if region is None else understood(places.find_region, region, "--region").code
    )
    form_of_care = None if care_form is None else understood(_care_form, care_form, "--care-form")
    day = None if date is None else understood(_day, date, "--date")
    clocks = read_clocks(None, known_at)
    day = day or local_date(clocks.now)
    found = reference()
    answer = which_holds(found.basis(clocks.known_at), its_region, own.code, day, form_of_care)
    chosen = form(output, json=json)
    asked = {
        "municipality": own.code,
        "region": its_region,
        "care_form": form_of_care,
        "date": day,
        "known_at": clocks.known_at,
    }
    if chosen is not Output.TABLE:
        meta = _which_meta(answer) | {"asked": asked}
        print_rows([value_row(value) for value in answer.values], VALUE_COLUMNS, output=chosen, meta=meta)
        return
    from cli.agreement_page import print_which

    about = f"{own.name} in {places.region(its_region).name}'s care, {form_of_care or 'any form'}, on {day}"
    print_which(about, answer)
    tell_waiting(found)


def _which_meta(answer: "Which") -> dict[str, object]:
    return {
        "agreement": answer.agreement.name,
        "title": answer.agreement.title,
        "why": answer.why,
        "overall": None if answer.overall is None else answer.overall.name,
        "passed_over": [{"agreement": one.name, "why": why} for one, why in answer.passed_over],
        "not_adopted": [one.name for one in answer.not_adopted],
    }


def _care_form(text: str) -> str:
    from typing import get_args

    from domain.agreement import CareForm
    from domain.errors import Refused

    forms: tuple[str, ...] = get_args(CareForm)
    if text not in forms:
        raise Refused("There is no such care form.", hint=f"They are {', '.join(forms)}.")
    return text


def _day(text: str) -> "date_type":
    from datetime import date as a_date

    from domain.errors import Refused

    try:
        return a_date.fromisoformat(text)
    except ValueError:
        raise Refused("That is not a day.", hint="Write it as 2026-03-01.") from None


if TYPE_CHECKING:
    from datetime import date as date_type
