-- Quota (RFC 9208).
--
-- A mailbox belongs to one quota root or to none, from its creation on and whatever it is called later. Usage
-- is the sum of the mailboxes' own counters, so that nothing is counted twice, and who makes room waits for
-- nobody. Whoever takes room where there is a limit holds the root's row until the end, and looks at the
-- sum then: limits hold exactly. Where there is no limit nothing is locked.

create table quota_root (
  id            bigint generated always as identity (maxvalue 281474976710655) primary key,
  -- As clients see it: 'user/ada', or 'shared/support'.
  name          text   collate "C" not null unique,
  -- Where it begins: new mailboxes at the top of this tree, or at this very path, belong to it.
  owner         bigint not null,
  path          text   collate "C" not null,
  -- Null: no limit. In units of 1,024 octets, as RFC 9208 counts.
  storage_limit bigint check (storage_limit >= 0),
  message_limit bigint check (message_limit >= 0),
  mailbox_limit bigint check (mailbox_limit >= 0),
  unique (owner, path)
);

alter table mailbox_name add column quota_root bigint references quota_root;

create index mailbox_name_by_quota_root on mailbox_name (quota_root) where quota_root is not null;
