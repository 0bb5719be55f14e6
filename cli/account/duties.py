"""What somebody shall do for the patient, by the rule that says so: the words between *ska* and *senast*."""

from collections.abc import Mapping

ACTS: Mapping[str, str] = {
    "MH-01": "berätta för kommunen och andra som berörs om {din} inskrivning på sjukhus",
    "MH-02": "berätta för vårdcentralen om {din} inskrivning på sjukhus",
    "MH-03": "skicka ett fullständigt besked om {din} inskrivning på sjukhus",
    "MH-04": "ge besked om en ny beräknad dag då {du} kan lämna sjukhuset",
    "MH-05": "bekräfta beskedet om {din} inskrivning på sjukhus",
    "MH-06": "utse en fast vårdkontakt för {dig}",
    "MH-07": "utse en fast vårdkontakt för {dig} i god tid före utskrivningen",
    "MH-08": "lämna underlag till planeringen av {din} hemgång",
    "MH-09": "berätta för dem som tar över att {du} är klar att lämna sjukhuset",
    "MH-10": "kalla till ett möte om en samordnad individuell plan (SIP)",
    "MH-11": "göra klart {din} samordnade individuella plan (SIP)",
    "MH-12": "skicka information om {din} vård till dem som tar över",
    "MH-13": "ge {dig} information om vården på sjukhuset och om vad som händer sedan",
    "MH-14": "ta emot {dig} från sjukhuset",
    "MH-16": "ta tillbaka beskedet att {du} är klar att lämna sjukhuset",
    "MH-17": "berätta för dem som tar över, före utskrivningen från sjukhuset",
    "MH-18": "börja ge den vård eller hjälp som är planerad",
    "MH-19": "kontakta {dig} och följa upp hur det går efter tiden på sjukhus",
    "MH-20": "ge besked till rätt kommun",
    "MH-21": "skicka om ett meddelande som gick till fel mottagare",
    "MH-22": "göra klart en samordnad vårdplan",
    "MH-24": "svara på frågan om att ta över vård eller hjälp",
    "NS-ambulance": "kontakta {dig} efter ambulansens besök",
    "NS-answer-referral": "svara på remissen",
    "NS-assess": "bedöma om {du} behöver vård eller hjälp efter tiden på sjukhus",
    "NS-attend": "vara med och göra {din} samordnade individuella plan (SIP)",
    "NS-discharge": "skriva ut {dig}, när kommunen kan ta emot",
    "NS-escalate": "se till att frågan om vem som tar över blir löst",
    "NS-plan": "planera för tiden efter sjukhuset",
    "NS-receive": "göra sig redo att ta emot {dig}",
    "NS-review": "följa upp egenvården",
    "NS-tell": "berätta för den som har kommit till i planeringen om {din} inskrivning på sjukhus",
    "NS-treat": "ge {dig} fortsatt vård på sjukhuset",
}

NOT_TOLD: Mapping[str, str] = {
    "MH-15": "what payment waits for; each thing that is missing is a duty of its own",
    "MH-25": "whether the municipality contests a bill",
}
"""Duties that region and municipality owe each other about payment, and why the patient is not told of them."""
