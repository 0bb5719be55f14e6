"""Membership of a consumer group, joined again where kafka-python forgets to hand out partitions."""

import time
from collections.abc import Sequence

import structlog

from infra.kafka import Consumer, RebalanceListener

FORGOTTEN_S = 5.0
"""After how long without any partition to ask for some again."""

log = structlog.get_logger("group")


class Membership:
    """One member's subscription to one topic."""

    def __init__(self, consumer: Consumer, topic: str, listener: RebalanceListener, slot: str) -> None:
        self._consumer = consumer
        self._topics: Sequence[str] = [topic]
        self._listener = listener
        self._slot = slot
        self._patience = FORGOTTEN_S
        self._joined = 0.0

    def join(self) -> None:
        """Join the group, knowing the topic's partitions: a leader that does not, assigns nothing to anybody.

        Subscribed first, so that what is known then counts for the assignment. Otherwise the leader would join once
        more when it learns of them, and kafka-python 3.0 never ends such a join that a poll's timeout falls into: no
        heartbeat is sent and nothing committed any more, and nobody told.
        """
        self._consumer.subscribe(self._topics, listener=self._listener)
        self._consumer.partitions_for_topic(self._topics[0])
        self._joined = time.monotonic()

    def join_again_when_forgotten(self) -> None:
        """kafka-python's leader may assign on metadata that was not there yet, and not notice when it comes."""
        if self._consumer.assignment():
            self._patience = FORGOTTEN_S
        elif time.monotonic() - self._joined > self._patience:
            log.warning("no_partitions_assigned", slot=self._slot)
            # Ever less often: where there are more slots than partitions, having none is right.
            self._patience *= 2
            self._consumer.unsubscribe()
            self.join()
