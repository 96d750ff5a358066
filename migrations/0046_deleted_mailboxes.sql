-- Mailboxes that were deleted and are not empty yet (docs/adr/0090-a-deleted-mailbox-is-emptied-afterwards.md): their messages
-- become removed ones part by part, and then goes what else was kept for them.
create table erased_mailbox (
  mailbox    bigint      primary key,
  -- What its messages are removed as of: when, by whom, and whose room they take.
  at         timestamptz not null default now(),
  account    bigint,
  session    bigint,
  quota_root bigint,
  -- There is no message below this any more, so that nobody walks through those that went.
  uid_first  bigint      not null default 1
);
