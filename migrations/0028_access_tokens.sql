-- Passwords that were made for one program each, and can be taken away one by one (ADR 0081).

create table access_token (
  id           bigint   generated always as identity (maxvalue 281474976710655) primary key,
  account      bigint   not null references account on delete cascade,
  -- As its owner calls it: `Ada's iPhone`.
  name         text     collate "C" not null,
  -- SHA-256 of what was shown once.
  hash         bytea    not null unique,
  -- Rises when the account is disabled or enabled, and when the mailbox gets another name: whoever logged in before has to
  -- do it again.
  version      bigint   not null default 1,
  -- The tree that it opens as an account of its own; none: the whole account.
  mailbox      bigint   references mailbox on delete cascade,
  -- 1 IMAP, 2 submission.
  services     smallint not null,
  is_read_only boolean  not null,
  expires_at   timestamptz,
  created_at   timestamptz not null default now(),
  -- To a minute.
  used_at      timestamptz,
  used_address text,
  used_client  text,
  unique (account, name)
);

create index access_token_by_mailbox on access_token (mailbox) where mailbox is not null;

-- By which token somebody logged in, and how it was called then.
alter table origin
  add column token bigint,
  add column token_name text collate "C";
