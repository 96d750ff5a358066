-- For RENAME: who does not want to be shown what stands at a place. Few rows say so, and finding them takes one look at
-- a small table, during which SUBSCRIBE waits. Not built concurrently: whoever waits to migrate holds a snapshot, and
-- both would wait for each other.
create index subscription_unwanted on subscription (owner, path) where not is_wanted;
