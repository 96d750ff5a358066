-- Addresses of mail, where each leads, and what was delivered lately.

-- An address leads to a mailbox or, as an alias, to another address; one that leads to several has a row for each. Folded by
-- the store (mail::EmailAddress), so that equal means equal.
create table address (
  id             bigint generated always as identity (maxvalue 281474976710655) primary key,
  -- Null for whatever comes to the domain and has no address of its own.
  local          text   collate "C",
  -- '' for `postmaster` without a domain.
  domain         text   collate "C" not null,
  -- As it was written by whoever added it.
  spelling       text   not null,
  mailbox        bigint references mailbox on delete cascade,
  alias_local    text   collate "C",
  alias_domain   text   collate "C",
  alias_spelling text,
  constraint address_target_check check (
    num_nulls(alias_local, alias_domain, alias_spelling) = case when mailbox is null then 0 else 3 end)
);

create unique index address_by_target
    on address (domain, local, mailbox, alias_local, alias_domain) nulls not distinct;
create index address_by_mailbox on address (mailbox);
create index address_by_alias on address (alias_domain, alias_local);

-- What comes to `domain` and is not known there is looked up in `target`.
create table domain_alias (
  domain text collate "C" primary key,
  target text collate "C" not null check (target <> domain)
);

-- By what a letter that comes again is recognised. Written and looked up under the mailbox's lock.
create table delivery_mark (
  mailbox bigint      not null references mailbox on delete cascade,
  key     bytea       not null,
  at      timestamptz not null default clock_timestamp(),
  primary key (mailbox, key)
);

create index delivery_mark_by_age on delivery_mark using brin (at);

-- What a delivery has that an APPEND has not: the message is that at `place`, from 0. With a `mark` it is refused where the
-- same was delivered within so many seconds.
create type delivery as (place bigint, mark bytea, window_seconds bigint, detail text);
