-- Of a copy or a move, as its target tells it: the messages of the other mailbox that these are, in the same order.
alter table activity
  add column other_mailbox bigint,
  add column other_uids int8multirange;

-- A letter at `place`, from 0, that is the copy of one that somebody sent as the addresses of a mailbox.
create type sent_copy as (place bigint, sends_as bigint, window_seconds bigint);

-- The copies of sent mail that the sender's own program may still file itself, by the number of their Message-ID.
create table sent_copy_mark (
  mailbox    bigint      not null references mailbox on delete cascade,
  message_id bigint      not null,
  uid        bigint      not null,
  until      timestamptz not null,
  primary key (mailbox, message_id)
);
