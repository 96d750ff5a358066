-- Of a copy or a move, as its target tells it: the messages of the other mailbox that these are, in the same order.
alter table activity
  add column other_mailbox bigint,
  add column other_uids int8multirange;
