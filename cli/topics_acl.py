"""`carechain topics acl`: the rights that each service needs on Kafka, and making them."""

import typer

from cli.output import Output, print_rows, say

APPLY = typer.Option(False, "--apply", help="Make the rules that are missing; none is taken away.")
PRINCIPAL = typer.Option(
    [],
    "--principal",
    metavar="SERVICE=PRINCIPAL",
    help="Who a service is on Kafka, where it is not User:carechain-SERVICE; may be given again.",
)
JSON = typer.Option(False, "--json", help="The same as --output json.")
OUTPUT = typer.Option(Output.TABLE, "--output", help="How to print the answer.")
COLUMNS = ("service", "principal", "operation", "resource", "name", "prefixed", "there")


def acl(
    apply: bool = APPLY, principal: list[str] = PRINCIPAL, json: bool = JSON, output: Output = OUTPUT
) -> None:
    """List the rights that each service needs on Kafka, and with --apply make them.

    \b
    carechain topics acl
    carechain topics acl --apply
    carechain topics acl --principal relay=User:svc17 --principal sender=User:CN=ward-system

    Who runs it needs an administrator's settings to see or make rules. The setting kafka_principals names
    principals for good; `carechain doctor --security` reads it, too.
    """
    from infra import kafka
    from infra.errors import OperatingError
    from infra.kafka_acls import NOT_ALLOWED
    from infra.kafka_rights import principals, wanted
    from infra.settings import connections, load_settings

    settings = load_settings()
    granted = wanted(settings, principals(settings, principal))
    with kafka.admin(connections(settings).kafka) as client:
        try:
            rules = client.rights.rules()
        except OperatingError as error:
            if apply or error.exit_code != NOT_ALLOWED:
                raise
            say(f"{error.message} What is there is left open.")
            rules, known = [], False
        else:
            known = True
        missing = [one.rule for one in granted if one.rule not in (rules or ())]
        if apply:
            client.rights.add(missing)
            say(f"Made {len(missing)} rules." if missing else "All rules are there.")
    rows = [
        {
            "service": one.service,
            **one.rule._asdict(),
            "there": (apply or one.rule not in missing) if known else None,
        }
        for one in granted
    ]
    print_rows(rows, COLUMNS, output=Output.JSON if json else output)
