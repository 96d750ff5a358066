-- Until when each frontend may rely on having been asked about every withdrawal of a right or a login (ADR 0044).
-- Logged, unlike `node`: after a crash of the database those leases still hold.
create table node_lease (
  -- As in `node`.
  node       bigint primary key,
  until      timestamptz not null,
  -- It did not answer in time: it may not prolong this lease, and begins another after a comparison.
  is_revoked boolean not null default false
);
