-- Copies of what other tables have, packed for reading. All of it may be deleted at any time.

-- A packed copy of a mailbox's entries as of one mod-sequence.
create table snapshot (
  mailbox  bigint   not null,
  segment  integer  not null,
  modseq   bigint   not null,
  uid_next bigint   not null,
  messages bytea    not null,
  primary key (mailbox, segment)
);

-- Digests: what SEARCH and SORT need of many messages of a mailbox, packed together (ADR 0028).
create table digest (
  id        bigint         generated always as identity (maxvalue 281474976710655) primary key,
  mailbox   bigint         not null,
  -- Its messages. A message's place is how many UIDs of these are lower.
  uids      int8multirange not null,
  contents  bigint[]       not null,
  -- For each gram (crates/store/src/digest/grams.rs), where its list begins in `lists`: 65,537
  -- numbers of four bytes, the highest byte first.
  bounds    bytea          not null,
  lists     bytea          not null,
  sort_keys bytea          not null
);

create table digest_text (
  digest bigint  not null references digest on delete cascade,
  -- The place of the first message in it.
  first  integer not null,
  texts  bytea   not null,
  primary key (digest, first)
);

-- Packed by us, or read in slices.
alter table snapshot alter column messages set storage external;
alter table digest
  alter column bounds    set storage external,
  alter column lists     set storage external,
  alter column sort_keys set storage external;
alter table digest_text alter column texts set storage external;

create index digest_by_mailbox on digest (mailbox);
create index digest_by_content on digest using gin (contents);
