"""HL7 v2 messages as a ward's system writes them, made from their fields, for tests."""

from collections.abc import Mapping

PERSONNUMMER = "195704289999"
"""A number that the tax agency has published for tests."""
SENT = "20260302090000"
PERSON = {3: f"{PERSONNUMMER}^^^&1.2.752.129.2.1.3.1&ISO^PI"}
INPATIENT = {2: "I", 3: "AVD1", 19: "E1"}
Fields = Mapping[int, str]


def segment(name: str, fields: Fields) -> str:
    """``PV1||I|...``: the fields by number, from 1."""
    last = max(fields, default=0)
    return "|".join([name, *(fields.get(number, "") for number in range(1, last + 1))])


def header(type: str, control: str = "M1", sent: str = SENT, version: str = "2.5", **more: str) -> str:
    """MSH of the ward's system; ``charset`` is MSH-18, ``sequence`` MSH-13."""
    fields = {
        1: "^~\\&",
        2: "PAS",
        3: "GH",
        4: "CARECHAIN",
        5: "R21",
        6: sent,
        8: type,
        9: control,
        10: "P",
        11: version,
    }
    if "sequence" in more:
        fields[12] = more["sequence"]
    if "charset" in more:
        fields[17] = more["charset"]
    return segment("MSH", fields)


def adt(
    event: str,
    *more: str,
    control: str = "M1",
    sent: str = SENT,
    evn: Fields | None = None,
    pid: Fields | None = None,
    pv1: Fields | None = None,
    pv2: Fields | None = None,
    **head: str,
) -> bytes:
    """An ADT message about an inpatient of ward AVD1, episode E1; ``None`` as it usually is, ``{}`` left out."""
    lines = [
        header(f"ADT^{event}", control, sent, **head),
        segment("EVN", {1: event, 2: sent} if evn is None else {1: event, **evn}),
    ]
    for name, fields, usual in (("PID", pid, PERSON), ("PV1", pv1, INPATIENT), ("PV2", pv2, {})):
        chosen = usual if fields is None else fields
        if chosen:
            lines.append(segment(name, chosen))
    return "".join(f"{line}\r" for line in (*lines, *more)).encode()
