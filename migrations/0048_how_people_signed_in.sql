-- How somebody signed in at the web pages (ADR 0121): whoever came by an identity provider has no password that could be asked for once more.

alter table web_session
  add column by_provider  boolean not null default false,
  -- When the provider last had whoever signed in show who he is, because that was asked of it.
  add column confirmed_at timestamptz;
