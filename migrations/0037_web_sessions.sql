-- Who is signed in at the web pages, on whichever frontend (ADR 0096).

create table web_session (
  -- SHA-256 of what the browser keeps.
  hash             bytea       primary key,
  -- By which the record of activity knows it.
  session          bigint      not null unique,
  account          bigint      not null references account on delete cascade,
  -- Of the login that let it in: with another password, or once the account is disabled, it holds no longer.
  password_version bigint      not null,
  begun_at         timestamptz not null default now(),
  -- To a minute.
  used_at          timestamptz not null default now(),
  expires_at       timestamptz not null
);

create index web_session_by_account on web_session (account, begun_at);
create index web_session_by_expiry on web_session (expires_at);
