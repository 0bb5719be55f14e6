"""The doors that stay open while the programs run: inbound on Kafka, a folder, FHIR over HTTP, HL7 v2 over MLLP."""

from collections.abc import Sequence
from pathlib import Path

from consumers.intake.door import Door
from consumers.intake.folder import Folder
from consumers.intake.http.server import FhirServer, Listen
from consumers.intake.inbound import Inbound
from consumers.intake.mllp import server as mllp_server
from consumers.intake.site import load_site
from consumers.workers import Worker
from infra import kafka
from infra.keys import MasterKey
from infra.settings import Connections, Settings, connections
from infra.topics import topic_name


def door(settings: Settings, master_key: MasterKey, profiles: Sequence[Path] = ()) -> Door:
    """An intake with the profiles and mappings of this installation. Raises ``Refused`` for one that is wrong."""
    return Door(lambda: connections(settings), master_key, load_site(settings.sources, profiles))


def inbound(settings: Settings, reached: Connections, master_key: MasterKey, slot: int = 0) -> Worker:
    """One member of the group that takes in what others put on the inbound topic; each has its own slot.

    Slot 0 is that of the process that runs everything: one that takes in alone does not push it out.
    """
    name = f"intake-{slot}"
    made = Inbound(
        reached.kafka, door(settings, master_key), topic=topic_name(settings, "inbound"), slot=name
    )
    return Worker(name, made.run)


def has_inbound(settings: Settings, reached: Connections) -> bool:
    """Whether the inbound topic is there. Raises ``OperatingError`` where Kafka is not."""
    name = topic_name(settings, "inbound")
    with kafka.admin(reached.kafka) as admin:
        return name in admin.describe([name])


def folder(settings: Settings, master_key: MasterKey, path: Path) -> Worker:
    """Takes in the files that are dropped into a folder."""
    return Worker("folder", Folder(path.absolute(), door(settings, master_key)).run)


def mllp(
    settings: Settings, master_key: MasterKey, listen: mllp_server.Listen, profiles: Sequence[Path] = ()
) -> Worker:
    """HL7 v2 over MLLP."""
    return Worker("mllp", mllp_server.MllpServer(listen, door(settings, master_key, profiles)).run)


def fhir(settings: Settings, master_key: MasterKey, listen: Listen) -> Worker:
    """FHIR over HTTP. Raises ``OperatingError`` (exit code 2) for an address that would be open to all."""
    return Worker("fhir", FhirServer(listen, door(settings, master_key)).run)
