-- Lets a frontend do what is done in the background for all, for so long from now on, unless another one does; returns
-- whether it is this one.
create or replace function lead_upkeep(_run bigint, _node text, _lease interval) returns boolean
language sql as $$
  -- Where it does not hold, nothing that the leader does can be committed.
  select set_config('synchronous_commit', 'local', true);
  insert into upkeep_leader as present (run, node, since, until)
  values (_run, _node, clock_timestamp(), clock_timestamp() + _lease)
  on conflict (is_only) do update
     set run = excluded.run,
         node = excluded.node,
         since = case when present.run = excluded.run then present.since else excluded.since end,
         until = excluded.until
   where present.run = excluded.run
      or present.until < clock_timestamp();
  select exists (select from upkeep_leader l where l.run = _run and l.until > clock_timestamp())
$$;
