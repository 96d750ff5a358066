-- What is done in the background, by one frontend for all (docs/adr/0092-one-frontend-keeps-house.md).

-- garbage_by_root_and_age (0034) serves whoever used it. By age alone removed messages are found without an index: whoever
-- expunges pays for the one by content (0035) instead.
drop index garbage_by_quota_root, garbage_by_age;

-- The frontend that does it.
create table upkeep_leader (
  is_only boolean     primary key default true check (is_only),
  -- As `id` in `node`.
  run     bigint      not null,
  node    text        not null,
  since   timestamptz not null,
  -- From then on another may.
  until   timestamptz not null
) with (fillfactor = 50);

-- How each job went, whoever did it.
create table upkeep_job (
  name         text        collate "C" primary key,
  -- Since when it is being done; null when it is not.
  begun_at     timestamptz,
  -- Who did it last with success.
  node         text,
  succeeded_at timestamptz,
  took_ms      bigint,
  -- How many rows went then.
  removed      bigint,
  failures     bigint      not null default 0,
  failed_at    timestamptz,
  -- Why it failed last.
  cause        text
) with (fillfactor = 50);

-- What the leader has seen of the disk and of quota roots: looked at by one, told by all.
create table site_survey (
  is_only             boolean     primary key default true check (is_only),
  seen_at             timestamptz not null,
  contents            bigint      not null,
  messages            bigint      not null,
  digests             bigint      not null,
  snapshots           bigint      not null,
  changes             bigint      not null,
  activity            bigint      not null,
  garbage             bigint      not null,
  others              bigint      not null,
  removed             bigint      not null,
  roots_limited       bigint      not null,
  roots_nearly_full   bigint      not null,
  roots_full          bigint      not null
);

-- What comes at one end and goes at the other is vacuumed when a fiftieth is dead, not a fifth: so much room it then takes more
-- than it needs. Measured over thirty days of which each replaces a twentieth of `garbage` and a thirty-third of `content`:
-- 36 and 22 % more at the end than at the beginning with a fifth, 9 and 5 % with a fiftieth.
alter table content set (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000);
alter table garbage set (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000);
alter table delivery_mark set (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000);
do $$
begin
  for part in 0..15 loop
    execute format('alter table %I set (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000)',
                   'change_' || part);
  end loop;
end
$$;
