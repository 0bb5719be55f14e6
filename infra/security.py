"""What is open: the connections, the logins and their rights, the files; each as one sentence with what to do."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from infra.doctor import Finding
from infra.errors import OperatingError
from infra.security_files import files
from infra.security_kafka import broker
from infra.security_postgres import postgres
from infra.settings import Settings, connections

BY_DESIGN = (
    "The local servers are made so: they listen on this machine only. Use servers of your own for more."
)
OUR_OWN = ("Kafka", "Kafka's rights", "PostgreSQL", "logins")
"""What of the local servers is as we made it."""


def examine(settings: Settings, *, administrator: bool = False) -> list[Finding]:
    """Everything that may be open. `administrator`: the settings are one's on purpose, so look at everybody else."""
    try:
        reached = connections(settings)
    except OperatingError as error:
        return [*files(settings, None), Finding("servers", "wrong", error.message, error.hint)]
    servers = [
        *postgres(reached, administrator=administrator),
        *broker(settings, reached.kafka, administrator=administrator),
    ]
    return [*files(settings, reached), *(by_design(servers) if reached.kafka.embedded else servers)]


def by_design(findings: Iterable[Finding]) -> Iterator[Finding]:
    """The same, where the servers are our own: told, and no fault. What others did to the schemas stays one."""
    for finding in findings:
        if finding.state == "wrong" and finding.check in OUR_OWN:
            yield replace(finding, state="note", hint=BY_DESIGN)
        else:
            yield finding
