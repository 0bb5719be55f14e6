-- Months frozen for settlement between region and municipality are a stream beside the facts.

ALTER TABLE store.outbox DROP CONSTRAINT outbox_stream_check;
ALTER TABLE store.outbox ADD CONSTRAINT outbox_stream_check
    CHECK (stream IN ('reference', 'dead-letters', 'settlements'));
