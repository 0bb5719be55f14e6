"""`carechain run`: the relay, the projector and those who listen for messages, in the foreground."""

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from cli import run_doors
from cli.foreground import reach, work
from cli.output import say

if TYPE_CHECKING:
    from collections.abc import Callable
    from ssl import SSLContext

app = typer.Typer(rich_markup_mode=None, invoke_without_command=True)

LOOPBACK = ("127.0.0.1", "::1", "localhost")
SLOT = typer.Option(1, "--slot", min=1, max=999, help="This projector's number in the group, its own.")


@app.callback(invoke_without_command=True)
def run(context: typer.Context) -> None:
    """Move facts to Kafka and on into the answers, until Ctrl-C.

    \b
    carechain run                      everything, in one process
    carechain run relay                only what is stored -> Kafka
    carechain run projector --slot 2   only Kafka -> answers; several share the work
    carechain run mllp                 takes in HL7 v2 messages over the network
    carechain run fhir                 takes in FHIR resources over HTTP
    carechain run intake               takes in messages on Kafka, and files dropped into a folder
    carechain run watch                only looks for sources that have fallen silent
    carechain run notary               only signs, once an hour, how much is on record
    carechain run figures              only publishes figures, once an hour, for those who see no patients

    Stopped by Ctrl-C or SIGTERM it ends its transaction and exits 0.
    """
    if context.invoked_subcommand is None:
        from consumers import doors, workers
        from infra.keys import master_key

        settings, connections = reach()
        key = master_key(settings)
        started = [*workers.relays(settings, connections), workers.projector(settings, connections, key)]
        started.append(workers.watch(settings, connections))
        started.append(workers.notary(settings, connections))
        started.append(workers.figures(settings, connections))
        if doors.has_inbound(settings, connections):
            started.append(doors.inbound(settings, connections, key))
        work(started)


@app.command()
def relay() -> None:
    """Publish what is stored, in the order it was committed, each once."""
    from consumers import workers

    work(workers.relays(*reach()))


@app.command()
def projector(slot: int = SLOT) -> None:
    """Read facts from Kafka and keep the answers."""
    from consumers import workers
    from infra.keys import master_key

    settings, connections = reach()
    work([workers.projector(settings, connections, master_key(settings), slot)])


@app.command()
def watch() -> None:
    """Look for sources that have fallen silent, and raise an alarm for each, once.

    \b
    carechain run watch
    carechain quality sources     which sources are silent, and when the others are expected

    The alarms stand on the topic of alarms, and are resolved there when the source is heard again. What fell due
    before the setting alarms_from, or before a watch first ran, raises none.
    """
    from consumers import workers

    work([workers.watch(*reach())])


@app.command()
def notary() -> None:
    """Sign from time to time how much is on record, where anything is new.

    \b
    carechain run notary
    carechain audit checkpoints     those that were made

    How often is the setting checkpoint_interval_s. Several may run: each checkpoint is made once.
    """
    from consumers import workers

    work([workers.notary(*reach())])


@app.command()
def figures() -> None:
    """Publish figures from time to time for leaders and dashboards, who see no patients.

    \b
    carechain run figures
    carechain summary --published     those that were published last

    How often is the setting figures_interval_s. Small groups are hidden, and places of protected identities.
    """
    from consumers import workers

    work([workers.figures(*reach())])


HOST = typer.Option("127.0.0.1", "--host", help="The address to listen on; 0.0.0.0 is every one.")
PORT = typer.Option(2575, "--port", min=0, max=65535, help="The port to listen on; 0 is any free one.")
PROFILE = typer.Option([], "--profile", metavar="FILE", help="A sender's profile; may be given again.")
CERTIFICATE = typer.Option(None, "--tls-cert", metavar="FILE", help="Speak TLS, with this certificate.")
KEY = typer.Option(None, "--tls-key", metavar="FILE", help="The certificate's key.")
CLIENTS = typer.Option(
    None, "--tls-ca", metavar="FILE", help="Let in only senders whose certificates this authority signed."
)


@app.command()
def mllp(
    host: str = HOST,
    port: int = PORT,
    profile: list[Path] = PROFILE,
    tls_cert: Path | None = CERTIFICATE,
    tls_key: Path | None = KEY,
    tls_ca: Path | None = CLIENTS,
) -> None:
    """Take in HL7 v2 messages over MLLP, and answer each when it is on disk.

    \b
    carechain run mllp
    carechain run mllp --host 10.0.0.5 --tls-cert server.pem --tls-key server.key --tls-ca senders.pem

    Answered is AA for a message that is stored, as a fact or a dead letter; AE where it could not be stored, to be
    sent again; AR for wrong framing, more than 1 MiB, or a type that is not taken in. A sender's profile may ask for
    AE on dead letters. Profiles in the folder `sources` (see `carechain config`) are used, too.
    """
    from consumers import doors
    from consumers.intake.mllp.server import Listen, tls_context
    from infra.keys import master_key

    tls = _tls(tls_cert, tls_key, tls_ca, tls_context)
    settings, _ = reach()
    key = master_key(settings)
    if tls is None and host not in LOOPBACK:
        say("Without TLS, whoever is on the network can read the messages.")
    work([doors.mllp(settings, key, Listen(host, port, tls), profile)])


def _tls(
    certificate: Path | None,
    key: Path | None,
    clients: Path | None,
    context: "Callable[[Path, Path, Path | None], SSLContext]",
) -> "SSLContext | None":
    if certificate is not None and key is not None:
        return context(certificate, key, clients)
    if certificate is not None or key is not None or clients is not None:
        raise typer.BadParameter("--tls-cert and --tls-key belong together, and --tls-ca to both.")
    return None


app.command()(run_doors.fhir)
app.command()(run_doors.intake)
