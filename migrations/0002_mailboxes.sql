-- Mailboxes: one hot row of counters each, and cold tables for all that seldom changes.

-- A UIDVALIDITY is never given twice. Beginning with the clock keeps that so when a database is made anew.
create sequence uid_validity as bigint minvalue 1 maxvalue 4294967295 no cycle;

select setval('uid_validity', extract(epoch from now())::bigint);

-- Every write to a mailbox updates its row. Nothing but the key is indexed and most of the page is
-- left free, so that every update stays on its page (HOT).
create table mailbox (
  id             bigint generated always as identity primary key,
  uid_validity   bigint not null default nextval('uid_validity'),
  uid_next       bigint not null default 1,
  modseq         bigint not null default 1,
  rights_version bigint not null default 1,
  -- The log of changes is complete for everything after this mod-sequence.
  log_floor      bigint not null default 0,
  message_count  bigint not null default 0,
  byte_count     bigint not null default 0,
  -- By the flags that everybody sees.
  unseen_count   bigint not null default 0,
  deleted_count  bigint not null default 0
) with (fillfactor = 20, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500);

-- Where a mailbox is. The order of "C" makes a subtree one range: path >= 'a/' and path < 'a0'.
create table mailbox_name (
  mailbox       bigint primary key references mailbox,
  -- The account in whose tree it is; 0 for the tree that nobody owns.
  owner         bigint not null,
  path          text   collate "C" not null,
  special_use   text,
  -- Flags that each user has for himself, the owner excepted. Never \Deleted: expunging is for all.
  private_flags bigint not null default 8 check (private_flags & ~27 = 0),
  unique (owner, path)
);

create table subscription (
  account bigint not null references account on delete cascade,
  -- 0 for the tree that nobody owns; a subscription may name what does not exist.
  owner   bigint not null,
  path    text   collate "C" not null,
  primary key (account, owner, path)
);

-- The access control list (RFC 4314). Identifiers are written as `acl` prints them.
create table acl_entry (
  mailbox     bigint  not null references mailbox on delete cascade,
  identifier  text    collate "C" not null,
  is_negative boolean not null default false,
  -- acl::Rights::to_i16: from 1, in the order l r s w i p k x t e a n.
  rights      smallint not null check (rights between 0 and 4095),
  primary key (mailbox, identifier, is_negative)
);

create index acl_entry_by_identifier on acl_entry (identifier, mailbox);

-- The keywords that a mailbox ever saw; the number is the bit in entry.flags, less 6.
create table keyword (
  mailbox bigint   not null references mailbox on delete cascade,
  number  smallint not null check (number between 0 and 56),
  name    text     collate "C" not null,
  primary key (mailbox, number)
);

create unique index keyword_by_name on keyword (mailbox, lower(name));
