-- Mailboxes: one hot row of counters each, and cold tables for all that seldom changes.

-- A UIDVALIDITY is never given twice. Beginning with the clock keeps that so when a database is made anew.
create sequence uid_validity as bigint minvalue 1 maxvalue 4294967295 no cycle;

select setval('uid_validity', extract(epoch from now())::bigint);

-- Every write to a mailbox updates its row. Nothing but the key is indexed and most of the page is
-- left free, so that every update stays on its page (HOT).
create table mailbox (
  id             bigint generated always as identity (maxvalue 281474976710655) primary key,
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
  mailbox        bigint primary key references mailbox,
  -- The account in whose tree it is; 0 for the tree that nobody owns.
  owner          bigint not null,
  path           text   collate "C" not null,
  special_use    text,
  -- Flags that each user has for himself, the owner excepted (ADR 0015). Any may be private but \Deleted, for
  -- expunging is for all, and \Recent.
  private_flags  bigint not null default 8,
  -- The domain that `anyone` and `authenticated` mean on this mailbox; '' for everybody of the site.
  domain         text   collate "C" not null default '',
  -- The version of the rights with which the policy came: who decided by an older one decides again.
  policy_version bigint not null default 0,
  -- Whether the entries in acl_entry are its own; else it has the list of the mailbox above it. No mailbox is without
  -- a list of its own yet.
  has_own_list   boolean not null default true,
  constraint mailbox_name_private_flags_check check (private_flags & 36 = 0 and private_flags >= 0),
  unique (owner, path)
);

create table subscription (
  account   bigint  not null references account on delete cascade,
  -- 0 for the tree that nobody owns; a subscription may name what does not exist.
  owner     bigint  not null,
  path      text    collate "C" not null,
  -- That somebody does not want to be shown a mailbox is remembered too, where it would be shown otherwise:
  -- mailboxes of others are subscribed to by whoever may read them.
  is_wanted boolean not null default true,
  primary key (account, owner, path)
);

-- Annotations on mailboxes and on the server (RFC 5464).
create table annotation (
  -- Null: the server itself.
  mailbox bigint references mailbox on delete cascade,
  -- Null: one value for all.
  account bigint references account on delete cascade,
  -- In lower case, beginning with /private or /shared.
  entry   text   collate "C" not null,
  value   bytea  not null
);

create unique index annotation_by_place
    on annotation (coalesce(mailbox, 0), coalesce(account, 0), entry);

-- For the cascades.
create index annotation_by_mailbox on annotation (mailbox);
create index annotation_by_account on annotation (account);

-- What identifiers of objects are made with (RFC 8474; crates/store/src/object_id.rs): one key for as long as the
-- database lives, so that they never change and tell nothing about our numbers.
create table object_key (
  is_only boolean primary key default true check (is_only),
  key     bytea   not null
);

insert into object_key (key)
values (uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()));
