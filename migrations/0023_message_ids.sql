-- By what a message is found that another one answers: the first 64 bits of the SHA-256 of its Message-ID
-- (store::Prepared). Null for what has none, and for what came before.
alter table content add column message_id bigint;

-- The message at `place`, from 0, answers those of this Message-ID.
create type answer as (place bigint, message_id bigint);
